/** Checks of what the ring is given: types here, ranges in the core. */

import {
  type Fields,
  checkedCount,
  checkedFields,
  checkedText,
  checkedTexts,
  listOf,
  optional,
  optionalText,
} from '../checks.js'
import { HyperCacheError, shown, wrongType } from '../errors.js'
import type {
  BoundedOptions,
  HashFunction,
  HashRingOptions,
  NodeChange,
  NodeSpec,
  PlanOptions,
  PlannedChange,
  PlannedUpdate,
} from '../types.js'
import type { NativeNodeChange, NativeNodeSpec, NativeOptions, NativePlannedChange } from '../native.js'

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof HashRingOptions>([
  'nodes',
  'virtualNodeCount',
  'replicationFactor',
  'hashFunction',
  'hashSeed',
  'routableStatuses',
  'zoneAware',
  'lookupCache',
  'lookupCacheSize',
])
const CHANGE_NAMES: ReadonlySet<string> = new Set<keyof NodeChange>([
  'address',
  'weight',
  'zone',
  'status',
  'capabilities',
  'metadata',
])
const SPEC_NAMES: ReadonlySet<string> = new Set<keyof NodeSpec>([
  'id',
  ...(CHANGE_NAMES as Set<keyof NodeChange>),
])

const UPDATE_NAMES: ReadonlySet<string> = new Set<keyof PlannedUpdate>(['id', 'weight', 'zone', 'status'])
const PLAN_NAMES: ReadonlySet<string> = new Set<keyof PlannedChange>(['add', 'remove', 'update', 'set'])

const REPLICAS_NAMES: ReadonlySet<string> = new Set<keyof PlanOptions>(['replicas'])
const BOUNDED_NAMES: ReadonlySet<string> = new Set<keyof BoundedOptions>(['maxLoadFactor'])

/** The factor of bounded loads where none is given. */
export const MAX_LOAD_FACTOR = 1.25

const HASH_SEED_MAX = 2n ** 64n - 1n
/** What the core calls a hash function that is not its own. */
const CUSTOM = 'custom'

/** Options with their defaults, for the core; and what it cannot be given. */
export interface CheckedOptions {
  native: NativeOptions
  nodes: NativeNodeSpec[]
  hashFunction: HashFunction | undefined
}

/** Options with their defaults. */
export function checkedOptions(options: unknown): CheckedOptions {
  const fields = options === undefined ? {} : checkedFields('options', options, OPTION_NAMES)
  const { hashFunction } = fields
  const isCustom = typeof hashFunction === 'function'
  return {
    native: {
      ...checkedRingOptions(fields),
      hashFunction: isCustom ? CUSTOM : (optional('hashFunction', hashFunction, 'string') ?? 'xxhash64'),
      hashSeed: checkedSeed(fields.hashSeed, isCustom),
      hasCustomHash: isCustom,
    },
    nodes: fields.nodes === undefined ? [] : checkedSpecs('nodes', fields.nodes),
    hashFunction: isCustom ? (hashFunction as HashFunction) : undefined,
  }
}

function checkedSeed(value: unknown, isCustom: boolean): bigint {
  const seed = optional('hashSeed', value, 'bigint') ?? 0n
  if (seed < 0n || seed > HASH_SEED_MAX) {
    const message = `hashSeed is ${shown(seed)}; it must be from 0n to ${HASH_SEED_MAX}n`
    throw new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
  }
  if (isCustom && seed !== 0n) {
    const message = 'hashSeed goes with "xxhash64" only; hashFunction is a function of your own'
    throw new HyperCacheError('ERR_HYPERCACHE_SEED_NOT_SUPPORTED', message)
  }
  return seed
}

function checkedRingOptions(
  fields: Fields,
): Omit<NativeOptions, 'hashFunction' | 'hashSeed' | 'hasCustomHash'> {
  const statuses = fields.routableStatuses
  return {
    virtualNodeCount: optional('virtualNodeCount', fields.virtualNodeCount, 'number') ?? 256,
    replicationFactor: optional('replicationFactor', fields.replicationFactor, 'number') ?? 3,
    zoneAware: optional('zoneAware', fields.zoneAware, 'boolean') ?? false,
    routableStatuses:
      statuses === undefined
        ? undefined
        : checkedTexts('routableStatuses', listOf('routableStatuses', statuses)),
    lookupCache: optional('lookupCache', fields.lookupCache, 'string') ?? 'auto',
    lookupCacheSize: optional('lookupCacheSize', fields.lookupCacheSize, 'number') ?? 10_000,
  }
}

/** A change of several parts, for the core. */
export function checkedPlannedChange(change: unknown): NativePlannedChange {
  const fields = checkedFields('change', change, PLAN_NAMES)
  const list = (name: string) => (fields[name] === undefined ? [] : listOf(`change.${name}`, fields[name]))
  return {
    add: fields.add === undefined ? [] : checkedSpecs('change.add', fields.add),
    remove: checkedTexts('change.remove', list('remove')),
    update: list('update').map((update, index) => checkedUpdate(`change.update[${index}]`, update)),
    set: fields.set === undefined ? undefined : checkedSpecs('change.set', fields.set),
  }
}

function checkedUpdate(what: string, update: unknown): NativePlannedChange['update'][number] {
  const { id, ...change } = checkedFields(what, update, UPDATE_NAMES)
  const checked = { id: checkedText(`${what}.id`, id), change: checkedChange(change, what) }
  if (Object.values(change).some((value) => value !== undefined)) return checked
  const message = `${what} changes nothing of ${shown(id)}; it must have a weight, a zone or a status`
  throw new HyperCacheError('ERR_HYPERCACHE_INVALID_PLAN', message)
}

/** Options of `plan` and `diff`: the number of replicas, if any. */
export function checkedReplicas(options: unknown): number | undefined {
  const fields = checkedFields('options', options, REPLICAS_NAMES)
  return fields.replicas === undefined ? undefined : checkedCount(fields.replicas, 'replicas')
}

/** The factor of bounded loads. */
export function checkedLoadFactor(options: unknown): number {
  const fields = checkedFields('options', options, BOUNDED_NAMES)
  const factor = optional('maxLoadFactor', fields.maxLoadFactor, 'number') ?? MAX_LOAD_FACTOR
  if (factor >= 1 && factor < Infinity) return factor
  const message = `maxLoadFactor is ${factor}; it must be a finite number of at least 1`
  throw new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
}

/** Descriptions of nodes, for the core. */
export function checkedSpecs(what: string, nodes: unknown): NativeNodeSpec[] {
  return listOf(what, nodes).map((node, index) => checkedSpec(`${what}[${index}]`, node))
}

/** The description of one node, for the core. */
export function checkedSpec(what: string, node: unknown): NativeNodeSpec {
  if (typeof node === 'string') return { id: checkedText(what, node) }
  const fields = checkedFields(what, node, SPEC_NAMES, 'a string or an object')
  return {
    id: checkedText(`${what}.id`, fields.id),
    address: optionalText(`${what}.address`, fields.address),
    weight: optional(`${what}.weight`, fields.weight, 'number'),
    zone: optionalText(`${what}.zone`, fields.zone),
    status: optionalText(`${what}.status`, fields.status),
    capabilities:
      fields.capabilities === undefined ? undefined : checkedCapabilities(what, fields.capabilities),
    metadata: fields.metadata === undefined ? undefined : checkedMetadata(what, fields.metadata),
  }
}

/** The change of one node, for the core. */
export function checkedChange(change: unknown, what = 'change'): NativeNodeChange {
  const fields = checkedFields(what, change, CHANGE_NAMES)
  const { address, zone, capabilities, metadata } = fields
  return {
    address: address === null ? undefined : optionalText(`${what}.address`, address),
    clearsAddress: address === null,
    weight: optional(`${what}.weight`, fields.weight, 'number'),
    zone: zone === null ? undefined : optionalText(`${what}.zone`, zone),
    clearsZone: zone === null,
    status: optionalText(`${what}.status`, fields.status),
    capabilities: capabilities === undefined ? undefined : checkedCapabilities(what, capabilities ?? []),
    metadata: metadata === undefined ? undefined : checkedMetadata(what, metadata ?? {}),
  }
}

/** Ids in a list. */
export function checkedIds(what: string, ids: unknown): string[] {
  return checkedTexts(what, listOf(what, ids))
}

function checkedCapabilities(what: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw wrongType(`${what}.capabilities`, value, 'an array of strings')
  return checkedTexts(`${what}.capabilities`, Array.from(value as unknown[]))
}

/** Names and values in turn: an object would lose a name such as `__proto__`. */
function checkedMetadata(what: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(`${what}.metadata`, value, 'an object of strings')
  }
  return Object.entries(value as Fields).flatMap(([name, text]) => [
    checkedText(`${what}.metadata key`, name),
    checkedText(`${what}.metadata.${name}`, text),
  ])
}
