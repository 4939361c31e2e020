/** Who of a key's replicas is asked. */

import { HyperCacheError, shown } from '../errors.js'
import type { RingNode } from '../types.js'

/**
 * The built-in ways to choose: `first` is the owner; `leastLoaded` the one with the lowest load (see
 * `HashRing.updateNodeLoad`), of equals the one with the fewest requests in flight; `sameZoneFirst` the first
 * in the local node's zone, or else the owner.
 */
export type ReplicaSelectionName = 'first' | 'random' | 'leastLoaded' | 'sameZoneFirst'

/** What a selection knows besides the replicas. */
export interface SelectionContext {
  readonly localNodeId: string
  /** Zone of the local node, where it has one. */
  readonly localZone?: string
}

/**
 * Chooses one of a key's replicas, of which there is at least one; the first is the owner. Answers its id.
 *
 * @throws What it throws reaches the caller as the cause of ERR_HYPERCACHE_SELECTION_FAILED.
 */
export type ReplicaSelector = (replicas: readonly Readonly<RingNode>[], context: SelectionContext) => string

/** A built-in way, or one of the user's own. */
export type ReplicaSelection = ReplicaSelectionName | ReplicaSelector

/** The built-in ways. `first` has no entry: the owner needs no choosing. */
const SELECTORS: Readonly<Record<Exclude<ReplicaSelectionName, 'first'>, ReplicaSelector>> = {
  random: (replicas) => replicas[Math.floor(Math.random() * replicas.length)]!.id,
  leastLoaded: (replicas) => replicas.reduce((best, node) => (isLessLoaded(node, best) ? node : best)).id,
  sameZoneFirst: (replicas, { localZone }) =>
    (replicas.find(({ zone }) => zone !== undefined && zone === localZone) ?? replicas[0]!).id,
}

/** The function of a selection; `undefined` for `first`. @throws ERR_HYPERCACHE_UNKNOWN_SELECTION. */
export function selectorOf(selection: ReplicaSelection): ReplicaSelector | undefined {
  if (typeof selection === 'function') return selection
  if (selection === 'first') return undefined
  if (Object.hasOwn(SELECTORS, selection)) return SELECTORS[selection]
  const names = ['first', ...Object.keys(SELECTORS)].join(', ')
  const message = `the replica selection is ${shown(selection)}; it must be one of ${names}, or a function`
  throw new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_SELECTION', message)
}

/** By the load that nodes report, then by requests in flight; of equals the first in ring order stays. */
function isLessLoaded(a: Readonly<RingNode>, b: Readonly<RingNode>): boolean {
  return a.load === b.load ? a.inFlightCount < b.inFlightCount : a.load < b.load
}
