/** What a member says of itself, in the tags of its Serf agent. */

import type { Member } from '../../cluster-types.js'
import type { HashRingConfig } from '../../config/cluster-config.js'
import { hostPort, isPeer } from '../../addresses.js'
import { HyperCacheError } from '../../errors.js'
import { seedTrace } from '../seed-trace.js'
import type { Placement } from '../distributed-membership.js'
import { asRingKeepsIt, type LocalNode } from '../local-node.js'

/** Most bytes that all tags of an agent have together, in Serf's own form. */
const TAGS_BYTES_MAX = 512

/** Tags by name, as Serf has them. */
export type Tags = Readonly<Record<string, string>>

/** The names of our tags. All begin with `hc`, so that they are told from those of others. */
const TAG = {
  /** The name of the cluster. A member without it is none of ours. */
  cluster: 'hc',
  /** Version of these tags, when the process joined, and its incarnation: `1/1700000000000/7`. */
  version: 'hc.v',
  /** `host:port`. */
  address: 'hc.at',
  /** The options that have to be equal on all, and a fingerprint: `xxhash64/0/256/zones/0123456789ab`. */
  hash: 'hc.hash',
  /** The checksum of its ring. */
  ring: 'hc.ring',
  /** Of a process that has left: nothing else is said then. Who says nothing has an agent that forgot it. */
  left: 'hc.left',
  /** Absent for 1. */
  weight: 'hc.w',
  zone: 'hc.z',
  /** A JSON list. Absent where empty, as the next one. */
  capabilities: 'hc.c',
  /** A JSON object. */
  metadata: 'hc.m',
} as const

/** The names of our tags. */
export const TAG_NAMES: readonly string[] = Object.values(TAG)

/**
 * The version of the tags that this release writes. Later ones may add tags; another number is another form.
 */
const TAGS_VERSION = '1'

/** What a member says of itself. */
export type Said = Pick<
  Member,
  'address' | 'port' | 'weight' | 'zone' | 'capabilities' | 'metadata' | 'incarnation' | 'startedAtMs'
>

/** Tags that are read: of a member, or why it is none. */
export type ReadTags =
  | { said: Said; ringChecksum: string | undefined; reason?: undefined }
  | { said?: undefined; reason: ForeignReason; detail?: string }

/** Why a Serf member is not in the view. */
export type ForeignReason =
  'left' | 'no_tags' | 'other_cluster' | 'other_version' | 'other_hash_options' | 'bad_tags'

/**
 * The options of the ring that all members have to have alike, as one text. The seed is a secret: its digest.
 */
export function hashOptionsText(ring: HashRingConfig, { hashFunction, fingerprint }: Placement): string {
  const { hashSeed, virtualNodeCount, zoneAware } = ring
  // Shorter than it could be: tags have little room.
  const seed = hashSeed === 0n ? '0' : seedTrace(hashSeed).slice(0, 12)
  const zones = zoneAware ? 'zones' : 'no-zones'
  return [hashFunction, seed, virtualNodeCount, zones, fingerprint.slice(0, 12)].join('/')
}

const HASH_OPTION_NAMES = ['hash_function', 'hash_seed', 'virtual_node_count', 'zone_aware']
/** Where only the fingerprint differs. */
const PLACEMENT_NAME = 'hash_function, as a fingerprint of where it places probe texts'

/** The names of the options that differ between two such texts. */
function differingOptions(ours: string, theirs: string): string {
  const [a, b] = [ours.split('/'), theirs.split('/')]
  return HASH_OPTION_NAMES.filter((_, index) => a[index] !== b[index]).join(', ') || PLACEMENT_NAME
}

/** What all members of a cluster say alike. */
export interface Common {
  readonly clusterName: string
  readonly hashOptions: string
}

/** The tags that say something. */
export function tagsOf(said: Said, common: Common, ringChecksum: string | undefined): Tags {
  const { address, port, weight, zone, capabilities, metadata, incarnation, startedAtMs } = said
  return {
    [TAG.cluster]: common.clusterName,
    [TAG.version]: `${TAGS_VERSION}/${startedAtMs}/${incarnation}`,
    [TAG.address]: hostPort(address, port),
    [TAG.hash]: common.hashOptions,
    ...(ringChecksum === undefined ? {} : { [TAG.ring]: ringChecksum }),
    ...(weight === 1 ? {} : { [TAG.weight]: String(weight) }),
    ...(zone === undefined ? {} : { [TAG.zone]: zone }),
    ...(capabilities.length === 0 ? {} : { [TAG.capabilities]: JSON.stringify(capabilities) }),
    ...(Object.keys(metadata).length === 0 ? {} : { [TAG.metadata]: JSON.stringify(metadata) }),
  }
}

/** The tags of a node that has left. */
export function tagsOfLeft({ startedAtMs, incarnation }: Said, common: Common): Tags {
  return {
    [TAG.cluster]: common.clusterName,
    [TAG.version]: `${TAGS_VERSION}/${startedAtMs}/${incarnation}`,
    [TAG.left]: 'yes',
  }
}

/** When the process behind tags joined, by its own clock; 0 where they do not say. */
export function startOf(tags: Tags): number {
  return Number((tags[TAG.version] ?? '').split('/')[1] ?? 0) || 0
}

/** Reads tags, of this release or of one that says more. */
export function readTags(id: string, tags: Tags, common: Common): ReadTags {
  const tag = (name: string) => (Object.hasOwn(tags, name) ? tags[name] : undefined)
  const cluster = tag(TAG.cluster)
  if (cluster === undefined) return { reason: 'no_tags' }
  if (cluster !== common.clusterName) return { reason: 'other_cluster' }
  if (tag(TAG.left) !== undefined) return { reason: 'left' }
  const [version, startedAt, incarnation] = (tag(TAG.version) ?? '').split('/')
  if (version !== TAGS_VERSION) {
    const detail = `it says things of itself in version ${version}, and here is version ${TAGS_VERSION}`
    return { reason: 'other_version', detail }
  }
  const hash = tag(TAG.hash) ?? ''
  if (hash !== common.hashOptions) {
    const names = differingOptions(common.hashOptions, hash)
    const detail = `its hash_ring has another ${names}: ${hash} there, ${common.hashOptions} here`
    return { reason: 'other_hash_options', detail }
  }
  try {
    const startedAtMs = wholeNumber(startedAt, 0)
    const said = { ...saidOf(id, tag), startedAtMs, incarnation: wholeNumber(incarnation, 1) }
    const checksum = tag(TAG.ring)
    const ringChecksum = checksum !== undefined && /^[0-9a-f]{16}$/.test(checksum) ? checksum : undefined
    return { said, ringChecksum }
  } catch (error) {
    return { reason: 'bad_tags', detail: `its tags cannot be read: ${(error as Error).message}` }
  }
}

function saidOf(
  id: string,
  tag: (name: string) => string | undefined,
): Omit<Said, 'startedAtMs' | 'incarnation'> {
  const at = tag(TAG.address) ?? ''
  if (!isPeer(at)) throw new TypeError(`${JSON.stringify(at)} is no host:port`)
  const colon = at.lastIndexOf(':')
  const address = at.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const port = Number(at.slice(colon + 1))
  const zone = tag(TAG.zone)
  const weight = Number(tag(TAG.weight) ?? 1)
  const capabilities = JSON.parse(tag(TAG.capabilities) ?? '[]') as string[]
  const metadata = JSON.parse(tag(TAG.metadata) ?? '{}') as Record<string, string>
  return keptSaid({
    id,
    address,
    port,
    weight,
    capabilities,
    metadata,
    ...(zone === undefined ? {} : { zone }),
  })
}

/** What a node says of itself, as a ring would keep it, frozen. @throws As `HashRing.addNode`. */
export function keptSaid(node: LocalNode): Omit<Said, 'startedAtMs' | 'incarnation'> {
  const { weight, zone, capabilities, metadata } = asRingKeepsIt(node)
  return {
    address: node.address,
    port: node.port,
    weight,
    ...(zone === undefined ? {} : { zone }),
    capabilities: Object.freeze([...capabilities]),
    metadata: Object.freeze({ ...metadata }),
  }
}

function wholeNumber(text: string | undefined, min: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text ?? '') && Number.isSafeInteger(value) && value >= min) return value
  throw new TypeError(`${JSON.stringify(text)} is no whole number from ${min}`)
}

/** Refuses tags that Serf would have no room for. @throws ERR_HYPERCACHE_TAGS_TOO_LARGE. */
export function checkTagsFit(ours: Tags, others: Tags): void {
  const tags = Object.entries({ ...others, ...ours })
  // A byte that says what it is, then a map of texts, those of 32 bytes and more with a head of three.
  const head = 1 + (tags.length < 16 ? 1 : 3)
  const size = tags.flat().reduce((sum, text) => sum + textBytes(text), head)
  if (size <= TAGS_BYTES_MAX) return
  const foreign = Object.keys(others).length
  const beside = foreign === 0 ? '' : `, with the ${foreign} that the agent has beside`
  throw new HyperCacheError(
    'ERR_HYPERCACHE_TAGS_TOO_LARGE',
    `the tags of this node have ${size} bytes${beside}; Serf allows ${TAGS_BYTES_MAX}. ` +
      `Metadata takes ${Buffer.byteLength(ours[TAG.metadata] ?? '')} of them`,
  )
}

function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text)
  return bytes + (bytes < 32 ? 1 : 3)
}
