/**
 * Types that several parts of the package share. Over 400 lines, because most of it is what users read of
 * them.
 */

/** A key: text, hashed as its UTF-8 (a lone surrogate as U+FFFD), or bytes. The empty key is a key. */
export type Key = string | Uint8Array

/**
 * What is known of a node's health.
 *
 * `suspected` is a doubt, not a verdict; `leaving` goes away on purpose; `updating` is being upgraded and
 * still answers.
 */
export type NodeStatus = 'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'

/** The hash functions that place keys and virtual nodes. */
export type HashFunctionName = 'xxhash64' | 'sha256'

/**
 * A hash function of your own: the token, 0n to 2^64 − 1, of the bytes of a key, or of the text `node:number`
 * of a virtual node. Equal bytes must always give equal tokens. The bytes are the function's own to keep or
 * change.
 */
export type HashFunction = (bytes: Uint8Array) => bigint

/** A node as a caller describes it. */
export interface NodeSpec {
  /** 1 to 255 bytes of UTF-8, no control characters, unique in the ring. */
  id: string
  /** Where to reach it, 1 to 255 bytes; the ring does not interpret it. */
  address?: string | undefined
  /**
   * Its share of points relative to the others, finite and above 0. Points = round(weight ×
   * virtualNodeCount), at least 1.
   * @defaultValue 1
   */
  weight?: number | undefined
  /** Its failure domain, 1 to 255 bytes. A node without one is a zone of its own. */
  zone?: string | undefined
  /** @defaultValue 'alive' */
  status?: NodeStatus | undefined
  /** Words for what it can do, at most 256 of 1 to 255 bytes; the ring does not interpret them. */
  capabilities?: readonly string[] | undefined
  /**
   * Names (1 to 255 bytes) and values (at most 4,096 bytes), at most 256; the ring does not interpret them.
   */
  metadata?: Readonly<Record<string, string>> | undefined
}

/** A change of one node. What is absent stays; `null` clears a field that can be absent. */
export interface NodeChange {
  address?: string | null | undefined
  weight?: number | undefined
  zone?: string | null | undefined
  status?: NodeStatus | undefined
  /** The whole list; `null` empties it. */
  capabilities?: readonly string[] | null | undefined
  /** All entries; `null` empties them. */
  metadata?: Readonly<Record<string, string>> | null | undefined
}

/** A node of a ring: a copy, the caller's own. */
export interface RingNode {
  id: string
  address?: string
  weight: number
  /** Points it has: round(weight × virtualNodeCount), at least 1. */
  pointCount: number
  zone?: string
  status: NodeStatus
  /** When it took this status, in milliseconds since 1970. */
  statusSinceMs: number
  capabilities: string[]
  metadata: Record<string, string>
  /** The load it reported last, 0 to 1; 0 until it does. */
  load: number
  /** Requests in flight to it: acquired and not released, by any thread. */
  inFlightCount: number
}

/** Options of a ring, all optional. They never change. */
export interface HashRingOptions {
  /** Ids, or descriptions. @defaultValue none */
  nodes?: Iterable<string | NodeSpec> | undefined
  /**
   * Points of a node of weight 1, a whole number from 1 to 65,536. More spread keys more evenly and take more
   * memory (12 to 16 bytes a point).
   * @defaultValue 256
   */
  virtualNodeCount?: number | undefined
  /**
   * Replicas that `getReplicas` answers unless told otherwise, a whole number from 1 to 65,535.
   * @defaultValue 3
   */
  replicationFactor?: number | undefined
  /**
   * Every process that shares keys must use the same. A function of your own is called for each key and each
   * virtual node, which takes microseconds; a ring with one can be neither shared with other threads nor
   * serialized.
   * @defaultValue 'xxhash64'
   */
  hashFunction?: HashFunctionName | HashFunction | undefined
  /**
   * Seed of `xxhash64`, 0n to 2^64 − 1. Another seed is another placement: `0n` is the one that other
   * implementations share. A secret seed keeps strangers who choose keys from aiming them at one node
   * blindly, and no more: one published token gives it back. @defaultValue 0n
   */
  hashSeed?: bigint | undefined
  /** Statuses that may answer, at least one. @defaultValue ['alive', 'suspected', 'updating'] */
  routableStatuses?: Iterable<NodeStatus> | undefined
  /** Whether replicas are spread over zones. The owner is never changed by zones. @defaultValue false */
  zoneAware?: boolean | undefined
  /**
   * Whether each thread remembers the tokens of keys it has looked up. With `xxhash64` hashing is cheaper
   * than remembering, so `auto` is on with every other hash function only. It never changes an answer.
   * @defaultValue 'auto'
   */
  lookupCache?: 'auto' | 'on' | 'off' | undefined
  /**
   * Keys that are remembered at the most, a whole number from 0 (none) to 16,000,000; the least recently used
   * one makes room. Takes about 100 bytes a key. The keys' bytes together are at most 128 for each.
   * @defaultValue 10_000
   */
  lookupCacheSize?: number | undefined
}

/** Options of `getNodeBounded`. */
export interface BoundedOptions {
  /**
   * How much more than its fair share of the requests in flight a node may have, at least 1. Smaller is more
   * even, and sends more keys away from their owners.
   * @defaultValue 1.25
   */
  maxLoadFactor?: number | undefined
}

/** What `setNodes` found to do: ids, in byte order. */
export interface SetNodesResult {
  added: string[]
  removed: string[]
  /** Nodes of which something changed. */
  updated: string[]
}

/** One virtual node's place on the ring. */
export interface RingPoint {
  /** 0 to 2^64 − 1. */
  token: bigint
  /** Id of its node. */
  node: string
  /** Its number within the node, from 0: the token is the hash of `node:virtualNode`. */
  virtualNode: number
}

/** Keys of one node. */
export interface NodeKeys {
  id: string
  keyCount: number
  /** Part of all keys, 0 to 1. */
  keyShare: number
}

/** How keys spread over the nodes. */
export interface Distribution {
  keyCount: number
  /** keyCount ÷ number of nodes; 0 without nodes. */
  mean: number
  /** Population standard deviation of the nodes' key counts. */
  standardDeviation: number
  /** Largest key count ÷ mean; 0 without keys. */
  loadFactor: number
  /** Every node in byte order of the ids, those without keys and those that may not answer too. */
  nodes: NodeKeys[]
}

/** A node on the way clockwise from a key, with its first point there. */
export interface ExplainedNode {
  id: string
  status: NodeStatus
  zone?: string
  token: bigint
  virtualNode: number
}

/** A node that was passed over, and why: its `status` may not answer, or its `zone` had a replica already. */
export interface SkippedNode extends ExplainedNode {
  reason: 'status' | 'zone'
}

/** Why a key is where it is. */
export interface Explanation {
  /** The key's token. */
  token: bigint
  /** The point that decides: the first at or above the token, of a node that may answer. */
  point: RingPoint
  /** Id of the node that answers. */
  owner: string
  /** Id of the node that would answer, were all well. */
  home: string
  /** The replicas in order, the owner first. */
  replicas: ExplainedNode[]
  /** Nodes passed over before the last replica was found, in ring order. */
  skipped: SkippedNode[]
}

/** Keys in one buffer: key `i` is `bytes[offsets[i] .. offsets[i + 1]]`. */
export interface PackedKeys {
  bytes: Uint8Array
  /** One more than there are keys; never falling, the last at most `bytes.length`. */
  offsets: Int32Array | Uint32Array
}

/** Owners of packed keys: key `i` is owned by `names[slots[i]]`. */
export interface PackedOwners {
  slots: Int32Array
  /** Names of slots, for this answer only. Slots that own no key may hold an old name. */
  names: string[]
}

/** The part of the ring that a node has. */
export interface NodeOwnership {
  id: string
  /** Number of tokens it owns, of 2^64. */
  arc: bigint
  /** The same as a number from 0 to 1. */
  share: number
  /** The share its weight asks for: weight ÷ weights of the nodes that may answer; 0 where it may not. */
  fairShare: number
  /** Number of tokens it would own, were all nodes well. */
  homeArc: bigint
}

/** Who owns what at one version. */
export interface RingOwnership {
  readonly version: number
  readonly checksum: string
  /**
   * Largest share × number of nodes: what `analyzeDistribution` tells of ever more keys. 0 where no node may
   * answer.
   */
  readonly loadFactor: number
  /** Every node in byte order of the ids. */
  readonly ownership: readonly Readonly<NodeOwnership>[]
}

/** A change of several parts, which are made as one. An id may be in one part only, once. */
export interface PlannedChange {
  /** Nodes that come. */
  add?: Iterable<string | NodeSpec> | undefined
  /** Ids of nodes that go. */
  remove?: Iterable<string> | undefined
  /** Nodes that change. */
  update?: Iterable<PlannedUpdate> | undefined
  /** The whole list, as for `setNodes`; it stands alone. */
  set?: Iterable<string | NodeSpec> | undefined
}

/** A node that changes: at least one of the fields besides the id. */
export interface PlannedUpdate {
  id: string
  weight?: number | undefined
  /** `null` clears it. */
  zone?: string | null | undefined
  status?: NodeStatus | undefined
}

/** Options of `plan` and `diff`. */
export interface PlanOptions {
  /** Work out `copies` for this many replicas, 1 to 65,535. */
  replicas?: number | undefined
}

/** All that moves from one node to another. `null` is nobody: no node could, or will be able to, answer. */
export interface Transfer {
  from: string | null
  to: string | null
  /** Number of tokens, of 2^64. */
  arc: bigint
  /** The same as a number from 0 to 1. */
  share: number
  /** In how many ranges they lie. */
  rangeCount: number
}

/** One range of tokens that moves. */
export interface MovedRange {
  /** Exclusive. Equal to `end` it is the whole ring; above `end` the range passes 2^64 and goes on at 0. */
  start: bigint
  /** Inclusive. */
  end: bigint
  from: string | null
  to: string | null
}

/** Keys that move from one node to another. */
export interface KeyTransfer {
  from: string | null
  to: string | null
  keyCount: number
}

/** Keys counted by where they move. */
export interface MovedKeys {
  keyCount: number
  movedKeyCount: number
  /** The transfers that have keys, in the order of {@link Movement.transfers}. */
  transfers: KeyTransfer[]
}

/**
 * What moves between two versions of a ring, or between two rings: exactly, whatever keys there are. All that
 * it answers is frozen, but for `ranges()` and `analyze()`.
 */
export interface Movement extends Disposable {
  /** Number of tokens whose owner changes, of 2^64. */
  readonly movedArc: bigint
  /** The same as a number from 0 to 1: the part of all keys that moves, were there very many. */
  readonly movedShare: number
  /** The least share that any placement would have to move, by the nodes' weights. */
  readonly idealShare: number
  /** What moves between each pair of nodes, in byte order of the ids; nobody is last. */
  readonly transfers: readonly Readonly<Transfer>[]
  /** Who owns what before. */
  readonly before: RingOwnership
  /** Who will own what after. */
  readonly after: RingOwnership
  /**
   * With the option `replicas`: which node must receive which range, so that every key is where its replicas
   * will be. `from` is the first replica before that the change does not make `dead`; `null` where there is
   * none. In ring order.
   */
  readonly copies?: readonly Readonly<MovedRange>[]
  /**
   * The ranges that move, in ring order, neighbours that go the same way joined; made as they are asked for.
   */
  ranges(): IterableIterator<MovedRange>
  /**
   * The owners of a key before and after; `undefined` where they are the same. @throws
   * ERR_HYPERCACHE_INVALID_KEY.
   */
  ownerChange(key: Key): { from: string | null; to: string | null } | undefined
  /**
   * Counts keys by where they move. @throws ERR_HYPERCACHE_INVALID_KEY; the message names the index of the
   * key.
   */
  analyze(keys: Iterable<Key>): MovedKeys
  /** The same for keys that come one after another. */
  analyze(keys: AsyncIterable<Key>): Promise<MovedKeys>
  /**
   * Lets go of the native memory at once, which the garbage collector does later. What was asked for before
   * can still be read; every other call then throws ERR_HYPERCACHE_PLAN_CLOSED.
   */
  close(): void
}

/** A change that is worked out and not made. */
export interface MovementPlan extends Movement {
  /**
   * Makes the change, once, and only if it still does what was shown.
   *
   * @throws ERR_HYPERCACHE_PLAN_OUTDATED where the ring has changed since, ERR_HYPERCACHE_PLAN_APPLIED,
   * ERR_HYPERCACHE_RING_CLOSED.
   */
  apply(): void
}

/** A change of placement that was made. Frozen: all listeners get the same object. */
export interface RingChange {
  /** The version it made. */
  readonly version: number
  /** The version before; that of the change before, unless changes were lost. */
  readonly previousVersion: number
  /** The checksum it made. */
  readonly checksum: string
  /** Number of tokens whose owner changed, of 2^64. */
  readonly movedArc: bigint
  /** The same as a number from 0 to 1. */
  readonly movedShare: number
  /** What moved between which nodes: all transfers, or the 256 largest. */
  readonly transfers: readonly Readonly<Transfer>[]
  /** How many transfers there are in all. */
  readonly transferCount: number
  /** What the transfers that are not listed moved, summed. */
  readonly otherArc: bigint
}

/** Options of `watch`. */
export interface WatchOptions {
  /** Ends the watch. */
  signal?: AbortSignal | undefined
  /**
   * Of an iterator: changes that may wait to be taken, 1 to 65,536. One more ends it with
   * ERR_HYPERCACHE_WATCH_OVERFLOW.
   * @defaultValue 1_024
   */
  queueLimit?: number | undefined
}

/** Ends a watch; calling it, `close()` and `using` do the same, and may be repeated. */
export interface StopWatching extends Disposable {
  (): void
  close(): void
}

/** What a ring tells of itself. Counts are sums over all threads that have it, since it was made. */
export interface RingMetrics {
  nodeCount: number
  nodesByStatus: Record<NodeStatus, number>
  /** Points of all nodes, whatever their status. */
  pointCount: number
  version: number
  /** Changes of placement. */
  rebuildCount: number
  /** Time that they took, all together. */
  rebuildTimeMs: number
  /** Lookups of one owner. */
  lookupCount: number
  /** Lookups of replicas. */
  replicaLookupCount: number
  /** Keys looked up in batches. */
  batchKeyCount: number
  cache: CacheMetrics
  /**
   * Memory that the current version holds outside of the heap of JavaScript, but for the texts of the nodes.
   */
  snapshotBytes: number
  /** Requests in flight, to all nodes. */
  inFlightCount: number
  /** Largest share × number of nodes, as in {@link RingOwnership}. */
  loadFactor: number
}

/** What the lookup caches tell of themselves, all together. */
export interface CacheMetrics {
  hitCount: number
  missCount: number
  /** hits ÷ (hits + misses); 0 before the first. */
  hitRate: number
  /** Keys that made room for others. */
  evictionCount: number
  /** Keys remembered now. */
  keyCount: number
  /** Memory held now. */
  memoryBytes: number
}
