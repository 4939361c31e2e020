/** What a metric of a node is: its name, what it means, and where its values are. */

import type { NodeOwnership } from '../types.js'
import type { ClusterMetrics } from './cluster-metrics.js'

/** One value of a family: its labels, and the number. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** A metric with all of its labels. */
export interface MetricFamily {
  /** `hypercache_…`, in base units; those of counters end in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly labels: readonly string[]
  /** Its values now; `undefined` where there is none yet. */
  readonly read: Read
}

/** Finds the values of a family. */
export type Read = (
  metrics: ClusterMetrics,
  ownership: readonly NodeOwnership[],
) => number | readonly Sample[] | undefined

/** Milliseconds in base units. */
export const seconds = (ms: number): number => ms / 1000

/** What is so or not, as a number. */
export const flag = (value: boolean): number => (value ? 1 : 0)

/** When something was; without a value before the first time, so that no age is worked out from it. */
export const moment = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : seconds(ms)

/** A sample for each field of an object. */
export function byName(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value])
}

/** A value that rises and falls. */
export function gauge(name: string, help: string, read: Read, ...labels: string[]): MetricFamily {
  return { name, help, type: 'gauge', read, labels }
}

/** A value that rises while the node lives. */
export function counter(name: string, help: string, read: Read, ...labels: string[]): MetricFamily {
  return { name, help, type: 'counter', read, labels }
}
