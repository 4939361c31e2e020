/** A configuration as it may be shown to anybody. */

import type { ClusterConfig } from './cluster-config.js'
import { LEAVES } from './leaves.js'

/** What stands in place of a secret. */
export const HIDDEN = '(hidden)'

/** The values of a configuration by the YAML paths of their fields, secrets hidden, absent ones left out. */
export function shownValues(config: ClusterConfig): Map<string, unknown> {
  const shown = new Map<string, unknown>()
  for (const { path, camelNames, field } of LEAVES) {
    let value: unknown = config
    for (const name of camelNames) value = (value as Record<string, unknown>)[name]
    if (value !== undefined) shown.set(path, field.isSecret === true ? HIDDEN : value)
  }
  return shown
}

/** The same as a file has it: blocks in blocks, with the names of YAML. */
export function shownTree(config: ClusterConfig): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [path, value] of shownValues(config)) {
    const names = path.split('.')
    let block = root
    for (const name of names.slice(0, -1)) block = (block[name] ??= {}) as typeof root
    block[names.at(-1)!] = value
  }
  return root
}
