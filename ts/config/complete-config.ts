/** From settings to a configuration: presets and defaults in the gaps, rules across fields, frozen. */

import { adviceOn } from './advice.js'
import type { ClusterConfig } from './cluster-config.js'
import { type HostFacts, defaultNodeId, reachableAddress, thisHost } from './host.js'
import { LEAVES, type Leaf } from './leaves.js'
import type { PresetName } from './presets.js'
import type { Problems } from './problems.js'
import type { ResolvedClusterConfig } from './resolved-config.js'
import { type GoodValues, checkRules } from './rules.js'
import type { Setting, Settings } from './settings.js'

interface Value {
  readonly value: unknown
  readonly origin: string
}

/** Every configuration that was made here: frozen, so good for ever. */
const CHECKED = new WeakSet<object>()

/** Whether a value is a configuration that was checked and completed, and not a copy of one. */
export function isChecked(value: unknown): value is ClusterConfig {
  return typeof value === 'object' && value !== null && CHECKED.has(value)
}

/** Makes the configuration. @throws ERR_HYPERCACHE_CONFIG_INVALID with all that is wrong by now. */
export function completeConfig(
  settings: Settings,
  problems: Problems,
  warnings: readonly string[],
  host?: HostFacts,
): ResolvedClusterConfig {
  const preset = (settings.get('cluster.preset')?.value ?? 'lan') as PresetName
  const values = new Map<string, Value>()
  for (const leaf of LEAVES) values.set(leaf.path, valueOf(leaf, settings.get(leaf.path), preset))
  const good = goodValues(values, settings)
  checkRules(good, settings, problems)
  problems.throwIfAny()
  derive(values, host)
  const advertised = values.get('cluster.advertise_address')!.value
  const advice = adviceOn(new Map(good).set('cluster.advertise_address', advertised))
  return Object.freeze({
    config: treeOf(values),
    origins: Object.freeze(
      Object.fromEntries(
        [...values].flatMap(([path, { value, origin }]) => (value === undefined ? [] : [[path, origin]])),
      ),
    ),
    warnings: Object.freeze([...warnings, ...advice]),
  })
}

function valueOf(leaf: Leaf, setting: Setting | undefined, preset: PresetName): Value {
  if (setting !== undefined) return { value: setting.value, origin: originText(setting) }
  const { byPreset, default: value } = leaf.field
  return byPreset === undefined ? { value, origin: 'default' } : { value: byPreset[preset], origin: 'preset' }
}

function originText({ origin, place }: Setting): string {
  if (origin.startsWith('HYPERCACHE_')) return `env ${origin}`
  return place === undefined ? origin : `${origin}:${place.line}`
}

/** What rules look at: no field that is wrong by itself; a token and an address that are absent are empty. */
function goodValues(values: ReadonlyMap<string, Value>, settings: Settings): GoodValues {
  const entries = [...values].flatMap(([path, { value }]) => {
    if (settings.get(path)?.isBad === true) return []
    return [[path, value ?? ''] as const]
  })
  return new Map(entries)
}

/** Defaults that depend on other fields, and on the machine. */
function derive(values: Map<string, Value>, host: HostFacts | undefined): void {
  let facts = host
  const fill = (path: string, make: (facts: HostFacts) => unknown) => {
    if (values.get(path)!.value !== undefined) return
    facts ??= thisHost()
    values.set(path, { value: make(facts), origin: 'default' })
  }
  fill('cluster.node_id', defaultNodeId)
  fill('cluster.advertise_address', (found) => {
    return reachableAddress(values.get('cluster.bind_address')!.value as string, found)
  })
  fill('cluster.advertise_port', () => values.get('cluster.bind_port')!.value)
  fill('cluster.stall_timeout_seconds', () => values.get('cluster.failure_detection_timeout_seconds')!.value)
}

/** The values as an object with the names of TypeScript, frozen throughout. */
function treeOf(values: ReadonlyMap<string, Value>): ClusterConfig {
  const root: Record<string, unknown> = {}
  CHECKED.add(root)
  const blocks = new Set<object>([root])
  for (const { path, camelNames } of LEAVES) {
    let block = root
    for (const name of camelNames.slice(0, -1)) block = (block[name] ??= {}) as typeof root
    blocks.add(block)
    const { value } = values.get(path)!
    // Fields without a value are absent, not undefined.
    if (value !== undefined) block[camelNames.at(-1)!] = frozenValue(value)
  }
  for (const block of blocks) Object.freeze(block)
  return root as unknown as ClusterConfig
}

function frozenValue(value: unknown): unknown {
  return typeof value === 'object' ? Object.freeze(value) : value
}
