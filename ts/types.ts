/** Types that several parts of the package share. */

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
  /** Every process that shares keys must use the same. @defaultValue 'xxhash64' */
  hashFunction?: HashFunctionName | undefined
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
