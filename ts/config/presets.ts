/** Timers by the kind of network. */

import type { About } from './field.js'

/** The names of the presets. */
export const PRESETS = ['local', 'lan', 'wan'] as const

type PresetName = (typeof PRESETS)[number]

/** What `local`, `lan` and `wan` make of each field that a preset sets, by its path. */
const TIMERS: Readonly<Record<string, readonly [local: number, lan: number, wan: number]>> = {
  'cluster.heartbeat_interval_seconds': [1, 5, 10],
  'cluster.failure_detection_timeout_seconds': [3, 30, 60],
  'cluster.gossip.probe_interval_seconds': [0.5, 1, 5],
  'cluster.gossip.probe_timeout_seconds': [0.2, 0.5, 3],
  'cluster.gossip.suspicion_multiplier': [4, 4, 6],
  'cluster.gossip.gossip_interval_seconds': [0.1, 0.2, 0.5],
  'cluster.gossip.gossip_fanout': [3, 3, 4],
  'cluster.gossip.sync_interval_seconds': [2, 5, 15],
  'cluster.gossip.sync_timeout_seconds': [2, 5, 10],
  'cluster.gossip.seed_retry_max_seconds': [5, 30, 60],
  'cluster.gossip.leave_timeout_seconds': [2, 5, 10],
  'cluster.gossip.divergence_seconds': [10, 30, 60],
}

/** The fields that a preset sets, by their paths; a value that is given wins. */
export const PRESET_VALUES: Readonly<Record<PresetName, Readonly<Record<string, number>>>> = {
  local: timersOf(0),
  lan: timersOf(1),
  wan: timersOf(2),
}

function timersOf(column: 0 | 1 | 2): Record<string, number> {
  return Object.fromEntries(Object.entries(TIMERS).map(([path, values]) => [path, values[column]]))
}

/** What is said of the default of a field that presets set: `by preset: local 1, lan 5, wan 10`. */
export function byPreset(path: string): Pick<About, 'defaultWords' | 'example'> {
  const words = PRESETS.map((name) => `${name} ${PRESET_VALUES[name][path]}`)
  return { defaultWords: `by preset: ${words.join(', ')}`, example: PRESET_VALUES.lan[path] }
}
