/** The contract of membership providers that reach other processes. */

import type { BroadcastMessage, ReceivedBroadcast } from '../events/broadcast.js'
import type { StopWatching } from '../types.js'
import type { MembershipProvider } from './membership-provider.js'

export { BROADCAST_BYTES_MAX } from '../events/broadcast.js'
export type { BroadcastMessage, ReceivedBroadcast } from '../events/broadcast.js'

/**
 * What a provider counts of its traffic. Counts are since it was made; a provider whose engine runs in
 * another process knows less, and leaves out what it does not know.
 */
export interface NetworkMetrics {
  readonly probesSentCount?: number
  readonly probesFailedCount?: number
  /** Suspicions that began here, whoever raised them. */
  readonly suspicionsStartedCount?: number
  /** Suspicions that were taken back. */
  readonly suspicionsRefutedCount?: number
  readonly datagramsReceivedCount?: number
  readonly datagramsSentCount?: number
  readonly bytesReceivedCount?: number
  readonly bytesSentCount?: number
  /** Datagrams and stream frames that were not heeded, by the reason. */
  readonly droppedByReason: Readonly<Record<string, number>>
  /** Exchanges of whole states over streams. */
  readonly syncsCompletedCount?: number
  readonly syncsFailedCount?: number
  readonly broadcastsSentCount: number
  readonly broadcastsReceivedCount: number
  /** How long the last change of the view took until all live members told the same ring checksum. */
  readonly convergenceMs?: number
}

/** What places keys at a node. Where it is another one, so is the owner of most keys. */
export interface Placement {
  /** `hash_function` of the configuration, or `custom` for a function of the program's own. */
  readonly hashFunction: string
  /** 16 hexadecimal digits: of the tokens that fixed probe texts have, as keys and as virtual nodes. */
  readonly fingerprint: string
}

/** Knows members in other processes, and carries what they tell each other. */
export interface DistributedMembership extends MembershipProvider {
  /**
   * Sends a message to every other live member, which each get it once. This node is told nothing.
   *
   * @throws ERR_HYPERCACHE_BROADCAST_TOO_LARGE where name and data have more than 512 bytes;
   * ERR_HYPERCACHE_TOO_MANY_BROADCASTS where too many wait to be sent; ERR_HYPERCACHE_NOT_JOINED;
   * ERR_HYPERCACHE_MEMBERSHIP_CLOSED. Then nothing is sent.
   */
  broadcast(message: BroadcastMessage): void

  /** Calls a listener with each message of another member, from now on. */
  onBroadcast(listener: (message: ReceivedBroadcast) => void): StopWatching

  /**
   * Tells the others a port of another server of this node, such as `http`: they find it in `Member.ports`.
   * `undefined` takes it back. May be called before the join. A provider that has no room for it has no such
   * method.
   *
   * @throws ERR_HYPERCACHE_OUT_OF_RANGE unless it is 1 to 65,535; ERR_HYPERCACHE_INVALID_TYPE.
   */
  announcePort?(name: string, port: number | undefined): void

  /**
   * Takes note of what places keys at this node, before the join: members with another placement are refused.
   * Without a call it is what the options of the membership say. A provider whose members cannot compare it
   * has no such method.
   */
  usePlacement?(placement: Placement): void

  /**
   * Tells the others the checksum of this node's ring: 16 hexadecimal digits. Does nothing while not joined.
   */
  announceRing(checksum: string): void

  /** The checksums that live members, this one included, have told of their rings, by id. */
  ringChecksums(): ReadonlyMap<string, string>

  /** What stands against its being well, a line each: no seed answers, a key that others do not have. */
  problems(): readonly string[]

  /** Counters of the traffic. Can be read after `close()`. */
  networkMetrics(): NetworkMetrics
}
