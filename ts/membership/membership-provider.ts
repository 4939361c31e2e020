/** The contract of membership providers. */

import type { Member, MembershipChange } from '../cluster-types.js'
import type { NodeStatus, StopWatching } from '../types.js'

/** A subscription to a view: where it began. What follows is told to the listener. */
export interface MembershipSubscription extends StopWatching {
  /** The members when it began: the changes that follow, applied to them in order, give `members()`. */
  readonly members: readonly Member[]
  /** The version of the view when it began: the first change has the next one. */
  readonly version: number
}

/** What a provider tells of itself. Counts are of changes since it was made. */
export interface MembershipMetrics {
  /** Whether this node takes part. */
  readonly isJoined: boolean
  readonly memberCount: number
  readonly membersByStatus: Readonly<Record<NodeStatus, number>>
  /** Version of the view. */
  readonly version: number
  readonly joinedCount: number
  readonly leftCount: number
  readonly failedCount: number
  readonly suspectedCount: number
  readonly recoveredCount: number
  readonly updatedCount: number
  /** Dead members that were forgotten. */
  readonly reapedCount: number
  readonly subscriberCount: number
  /** When the view changed last, in milliseconds since 1970; absent before the first change. */
  readonly lastChangeAtMs?: number
}

/**
 * Knows which nodes take part and how they are. The view of a provider is a list of members with a version
 * that rises by one with each change; every change is told to every subscriber, in order and once. What is
 * learned at one moment, such as the members of a cluster that this node joins, is a batch of changes: the
 * view is as after all of them when the first is told.
 */
export interface MembershipProvider extends Disposable {
  readonly localNodeId: string

  /**
   * Takes part, beginning with the addresses of other nodes (`host:port`). The local member is in the view,
   * and alive, when the promise resolves. Where this node takes part already, nothing happens.
   *
   * @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_MEMBERSHIP_CLOSED.
   */
  join(seeds: readonly string[]): Promise<void>

  /**
   * Goes away on purpose: the others learn that it is no failure. Every member leaves the view with a change
   * `left`, the local one last, for who has left knows of nobody; the view is empty when the promise
   * resolves. Where this node takes no part, nothing happens. It may join again.
   */
  leave(): Promise<void>

  /** All members in byte order of the ids, whatever their status; a frozen list. */
  members(): readonly Member[]

  /** A member, or `undefined`. @throws ERR_HYPERCACHE_INVALID_TYPE. */
  member(id: string): Member | undefined

  /**
   * Replaces the metadata of the local member: at most 256 names (1 to 255 bytes) and values (at most 4,096
   * bytes). Its incarnation rises, and a change `updated` is told, before the call returns; equal metadata is
   * no change.
   *
   * @throws ERR_HYPERCACHE_NOT_JOINED, ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_INVALID_TEXT,
   * ERR_HYPERCACHE_TOO_MANY_ITEMS; then nothing has changed.
   */
  updateMetadata(metadata: Readonly<Record<string, string>>): void

  /**
   * Calls a listener with every change of the view from now on. What it throws, or rejects with, becomes a
   * process warning with the code ERR_HYPERCACHE_LISTENER_FAILED, and harms no other listener. Begins at a
   * view without a gap: see {@link MembershipSubscription}.
   *
   * @param options.signal Ends the subscription; one that is aborted already lets none begin: the answer is a
   * subscription that has ended. Nothing is left on the signal when the subscription ends otherwise.
   * @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_MEMBERSHIP_CLOSED; ERR_HYPERCACHE_UNKNOWN_FIELD for
   * an option that there is not.
   */
  subscribe(
    listener: (change: MembershipChange) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription

  /**
   * The same with each batch of changes in one call: a frozen list of at least one, in order. For who has
   * work to do that is the same for one change and for many.
   */
  subscribeBatch(
    listener: (changes: readonly MembershipChange[]) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription

  /** Counters. Can be read after `close()`. */
  metrics(): MembershipMetrics

  /** Ends every subscription and holds nothing any more, without a word to others. May be called again. */
  close(): void
}
