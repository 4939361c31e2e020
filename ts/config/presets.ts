/** The kinds of network for which there are timers. */

/** The names of the presets. */
export const PRESETS = ['local', 'lan', 'wan'] as const

export type PresetName = (typeof PRESETS)[number]

/** What each preset makes of a field. */
export type ByPreset = Readonly<Record<PresetName, number>>

/** What is said of the default of a field that presets set: `by preset: local 1, lan 5, wan 10`. */
export function presetWords(values: ByPreset): string {
  return `by preset: ${PRESETS.map((name) => `${name} ${values[name]}`).join(', ')}`
}
