/** Timers by the kind of network. */

/** The names of the presets. */
export const PRESETS = ['local', 'lan', 'wan'] as const

/** The fields that a preset sets, by their paths; a value that is given wins. */
export const PRESET_VALUES: Readonly<Record<(typeof PRESETS)[number], Readonly<Record<string, number>>>> = {
  local: timers(1, 3),
  lan: timers(5, 30),
  wan: timers(10, 60),
}

function timers(heartbeatSeconds: number, failureDetectionSeconds: number): Record<string, number> {
  return {
    'cluster.heartbeat_interval_seconds': heartbeatSeconds,
    'cluster.failure_detection_timeout_seconds': failureDetectionSeconds,
  }
}

/** What the presets make of a field, in words: `local 1, lan 5, wan 10`. */
export function presetWords(path: string): string {
  return PRESETS.map((name) => `${name} ${PRESET_VALUES[name][path]}`).join(', ')
}
