/** Rules across fields. */

import { grouped } from '../errors.js'
import { isAnyAddress, isLoopback } from '../addresses.js'
import { leafAt } from './leaves.js'
import type { Problems } from './problems.js'
import type { Settings } from './settings.js'

/** Most points of one node. */
const POINTS_MAX = 16_000_000

/** Values of fields by their paths. A field that was given a value that will not do is missing. */
export type GoodValues = ReadonlyMap<string, unknown>

/** Checks what one field asks of another. Says nothing of fields that are wrong by themselves. */
export function checkRules(values: GoodValues, settings: Settings, problems: Problems): void {
  for (const { paths, isBroken, message, bound, rivals } of RULES) {
    const given = paths.map((path) => values.get(path))
    if (given.includes(undefined) || !isBroken(given)) continue
    // To blame is the first that somebody wrote.
    const path = paths.find((one) => settings.has(one)) ?? paths[0]!
    const { origin = 'default', place, path: spelled = path } = settings.get(path) ?? {}
    const rival = rivals.find((one) => one !== path)
    const note = rival === undefined ? '' : `; ${rival} is ${sourceOf(rival, values, settings)}`
    const isSecret = leafAt(path)!.field.isSecret === true
    problems.add({
      path: spelled,
      message: `${spelled}${isSecret ? ':' : ` is ${String(values.get(path))};`} ${message(given)}${note}`,
      value: isSecret ? undefined : values.get(path),
      bound,
      origin,
      place,
    })
  }
}

/** Where a value that one did not write, or wrote elsewhere, comes from: it follows "is". */
function sourceOf(path: string, values: GoodValues, settings: Settings): string {
  const setting = settings.get(path)
  if (setting === undefined) {
    const preset = values.get('cluster.preset') as string | undefined
    const isPreset = preset !== undefined && leafAt(path)!.field.byPreset !== undefined
    return isPreset ? `that of preset ${preset}` : 'the default'
  }
  const { origin, place } = setting
  if (place !== undefined) return `set in line ${place.line}`
  if (origin === 'value') return 'set too'
  return `set by ${origin === 'flag' ? 'a flag' : origin}`
}

interface Rule {
  /** The fields it is about, the one that most likely has to change first. */
  readonly paths: readonly string[]
  readonly isBroken: (values: readonly unknown[]) => boolean
  readonly message: (values: readonly unknown[]) => string
  readonly bound: string
  /** The two that disagree: where the other one comes from is told. None where there are no two. */
  readonly rivals: readonly string[]
}

/** A rule about fields whose types are known by their own checks. */
function rule<Values extends readonly unknown[]>(
  paths: { [At in keyof Values]: string },
  isBroken: (...values: Values) => boolean,
  message: (...values: Values) => string,
  bound: string,
  rivals: readonly string[] = [],
): Rule {
  return {
    paths,
    isBroken: (values) => isBroken(...(values as Values)),
    message: (values) => message(...(values as Values)),
    bound,
    rivals,
  }
}

const RULES: readonly Rule[] = [
  rule<[number, number]>(
    ['cluster.failure_detection_timeout_seconds', 'cluster.heartbeat_interval_seconds'],
    (timeout, heartbeat) => timeout < 2 * heartbeat,
    (timeout, heartbeat) =>
      `cluster.failure_detection_timeout_seconds (${timeout}) must be at least 2 × ` +
      `cluster.heartbeat_interval_seconds (${heartbeat})`,
    'failure_detection_timeout_seconds at least 2 × heartbeat_interval_seconds',
    ['cluster.failure_detection_timeout_seconds', 'cluster.heartbeat_interval_seconds'],
  ),
  rule<[number | '', number]>(
    ['cluster.stall_timeout_seconds', 'cluster.heartbeat_interval_seconds'],
    (timeout, heartbeat) => timeout !== '' && timeout !== 0 && timeout < 2 * heartbeat,
    (timeout, heartbeat) =>
      `cluster.stall_timeout_seconds (${timeout}) must be 0, or at least 2 × ` +
      `cluster.heartbeat_interval_seconds (${heartbeat}), for a heartbeat is what shows that the loop turns`,
    'stall_timeout_seconds 0, or at least 2 × heartbeat_interval_seconds',
    ['cluster.stall_timeout_seconds', 'cluster.heartbeat_interval_seconds'],
  ),
  rule<[number, number, boolean]>(
    ['http.port', 'cluster.bind_port', 'http.enabled'],
    (httpPort, bindPort, isEnabled) => isEnabled && httpPort === bindPort,
    () => 'http.port and cluster.bind_port must differ, whatever the addresses',
    'http.port other than cluster.bind_port',
    ['http.port', 'cluster.bind_port'],
  ),
  rule<[string, boolean, string]>(
    ['http.bind_address', 'http.enabled', 'http.token'],
    (address, isEnabled, token) => isEnabled && token === '' && !isLoopback(address),
    () => 'an address that other machines can reach needs http.token (or HYPERCACHE_HTTP_TOKEN)',
    'a loopback address (127.0.0.0/8, ::1, localhost), or any other with http.token',
  ),
  rule<[number, number]>(
    ['cluster.weight', 'cluster.hash_ring.virtual_node_count'],
    (weight, count) => Math.round(weight * count) > POINTS_MAX,
    (weight, count) =>
      `the node would have round(${weight} × ${count}) points, and at most ` +
      `${grouped(POINTS_MAX)} are allowed`,
    'round(weight × virtual_node_count) at most 16,000,000',
    ['cluster.weight', 'cluster.hash_ring.virtual_node_count'],
  ),
  rule<[bigint, string]>(
    ['cluster.hash_ring.hash_seed', 'cluster.hash_ring.hash_function'],
    (seed, name) => seed !== 0n && name !== 'xxhash64',
    (_, name) => `${name} takes no seed: it must be 0, or hash_function xxhash64`,
    '0, or hash_function xxhash64',
    ['cluster.hash_ring.hash_seed', 'cluster.hash_ring.hash_function'],
  ),
  rule<[string]>(
    ['cluster.advertise_address'],
    isAnyAddress,
    () => 'it must be an address by which other nodes can reach this one, and this one stands for all',
    'the address of one machine',
  ),
  rule<[number, number]>(
    ['cluster.gossip.probe_timeout_seconds', 'cluster.gossip.probe_interval_seconds'],
    (timeout, interval) => timeout >= interval,
    (timeout, interval) =>
      `cluster.gossip.probe_timeout_seconds (${timeout}) must be less than ` +
      `cluster.gossip.probe_interval_seconds (${interval}), for other members are asked in between`,
    'probe_timeout_seconds less than probe_interval_seconds',
    ['cluster.gossip.probe_timeout_seconds', 'cluster.gossip.probe_interval_seconds'],
  ),
  rule<[string, string, readonly string[] | '', boolean]>(
    ['cluster.bind_address', 'cluster.membership', 'cluster.encryption_keys', 'cluster.allow_unencrypted'],
    (address, membership, keys, isAllowed) =>
      membership === 'gossip' && keys === '' && !isAllowed && !isLoopback(address),
    () =>
      'gossip on an address that other machines can reach needs cluster.encryption_keys (or ' +
      'HYPERCACHE_CLUSTER_ENCRYPTION_KEYS), the same on every node: npx hypercache keygen prints a key; ' +
      'cluster.allow_unencrypted: true goes without',
    'a loopback address (127.0.0.0/8, ::1, localhost), or any other with encryption_keys',
  ),
  rule<[boolean, readonly string[] | '']>(
    ['cluster.allow_unencrypted', 'cluster.encryption_keys'],
    (isAllowed, keys) => isAllowed && keys !== '',
    () => 'with cluster.encryption_keys nothing goes unencrypted: take one of the two away',
    'false, or true without encryption_keys',
    ['cluster.allow_unencrypted', 'cluster.encryption_keys'],
  ),
  rule<[readonly string[] | '']>(
    ['cluster.encryption_keys'],
    (keys) => new Set(keys).size < keys.length,
    (keys) => `${twins(keys)} are the same key`,
    'keys that differ',
  ),
]

/** The places of the first two that are equal: `[0] and [2]`. */
function twins(keys: readonly string[] | ''): string {
  const all = [...keys]
  const later = all.findIndex((key, index) => all.indexOf(key) < index)
  return `[${all.indexOf(all[later]!)}] and [${later}]`
}
