/** The view of a membership provider: its members, and who is told of each change. */

import { inByteOrder } from '../byte-order.js'
import type { Member, MembershipChange, MembershipChangeType } from '../cluster-types.js'
import { checkedFields, checkedFunction, checkedSignal } from '../checks.js'
import type { Clock } from '../clock.js'
import { HyperCacheError } from '../errors.js'
import { frozen } from '../frozen.js'
import { callListener, stopWatching } from '../listeners.js'
import type { NodeStatus } from '../types.js'
import type { MembershipMetrics, MembershipSubscription } from './membership-provider.js'

const SUBSCRIBE_OPTIONS: ReadonlySet<string> = new Set(['signal'])

/** Changes that are told together. */
type Batch = readonly MembershipChange[]

/** Types of changes after which the member is not in the view any more. */
const GONE: ReadonlySet<MembershipChangeType> = new Set(['left', 'reaped'])

interface Subscriber {
  tell: (batch: Batch, isSubscribed: () => boolean) => void
  /** Version of the view at which it began: changes up to there are none of its. */
  since: number
}

/**
 * Members by id, with a version that rises by one with each change. A change that a subscriber makes while it
 * is told of another goes out after that one, so that all see the same order.
 */
export class MemberView {
  readonly #clock: Clock
  readonly #members = new Map<string, Member>()
  readonly #subscribers = new Set<Subscriber>()
  readonly #counts: Record<MembershipChangeType, number> = {
    joined: 0,
    left: 0,
    failed: 0,
    suspected: 0,
    recovered: 0,
    updated: 0,
    reaped: 0,
  }
  readonly #untold: Batch[] = []
  readonly #stops = new Set<() => void>()
  #version = 0
  #lastChangeAtMs: number | undefined
  #isTelling = false
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  member(id: string): Member | undefined {
    return this.#members.get(id)
  }

  /** All members in byte order of the ids, frozen. */
  members(): readonly Member[] {
    const members = [...this.#members.values()]
    return Object.freeze(members.sort((a, b) => inByteOrder(a.id, b.id)))
  }

  /** Makes a change and tells it. A member that left or was reaped is taken out of the view. */
  change(type: MembershipChangeType, member: Member): void {
    this.changeAll([{ type, member }])
  }

  /** Makes changes, in order, and tells them as one batch. */
  changeAll(changes: readonly Pick<MembershipChange, 'type' | 'member'>[]): void {
    if (changes.length === 0) return
    const timestampMs = this.#clock.nowMs()
    this.#lastChangeAtMs = timestampMs
    this.#untold.push(frozen(changes.map(({ type, member }) => this.#made(type, member, timestampMs))))
    this.#tell()
  }

  /** See `MembershipProvider.subscribe`. */
  subscribe(listener: (change: MembershipChange) => void, options?: unknown): MembershipSubscription {
    const checked = checkedFunction('listener', listener)
    const tell: Subscriber['tell'] = (batch, isSubscribed) => {
      for (const change of batch) {
        if (isSubscribed()) void callListener('MembershipProvider.subscribe()', checked, change)
      }
    }
    return this.#subscribe(tell, options)
  }

  /** See `MembershipProvider.subscribeBatch`. */
  subscribeBatch(listener: (changes: Batch) => void, options?: unknown): MembershipSubscription {
    const checked = checkedFunction('listener', listener)
    const tell = (batch: Batch) => callListener('MembershipProvider.subscribeBatch()', checked, batch)
    return this.#subscribe((batch) => void tell(batch), options)
  }

  /** See `MembershipProvider.metrics`. */
  metrics(isJoined: boolean): MembershipMetrics {
    const byStatus: Record<NodeStatus, number> = { alive: 0, suspected: 0, dead: 0, leaving: 0, updating: 0 }
    for (const { status } of this.#members.values()) byStatus[status] += 1
    const { joined, left, failed, suspected, recovered, updated, reaped } = this.#counts
    return {
      isJoined,
      memberCount: this.#members.size,
      membersByStatus: byStatus,
      version: this.#version,
      joinedCount: joined,
      leftCount: left,
      failedCount: failed,
      suspectedCount: suspected,
      recoveredCount: recovered,
      updatedCount: updated,
      reapedCount: reaped,
      subscriberCount: this.#subscribers.size,
      ...(this.#lastChangeAtMs === undefined ? {} : { lastChangeAtMs: this.#lastChangeAtMs }),
    }
  }

  throwIfClosed(): void {
    if (!this.#isClosed) return
    throw new HyperCacheError('ERR_HYPERCACHE_MEMBERSHIP_CLOSED', 'the membership provider is closed')
  }

  /** Ends every subscription, and drops the members and what was not told. */
  close(): void {
    this.#isClosed = true
    this.#members.clear()
    this.#untold.length = 0
    this.#stops.forEach((stop) => stop())
  }

  #subscribe(tell: Subscriber['tell'], options: unknown = {}): MembershipSubscription {
    this.throwIfClosed()
    const fields = checkedFields('options', options, SUBSCRIBE_OPTIONS)
    const signal = checkedSignal('options.signal', fields.signal)
    const subscriber: Subscriber = { tell, since: this.#version }
    const stop = () => {
      signal?.removeEventListener('abort', stop)
      this.#subscribers.delete(subscriber)
      this.#stops.delete(stop)
    }
    if (signal?.aborted !== true) {
      signal?.addEventListener('abort', stop)
      this.#subscribers.add(subscriber)
      this.#stops.add(stop)
    }
    const begun = { members: this.members(), version: this.#version }
    return Object.assign(stopWatching(stop), begun)
  }

  #made(type: MembershipChangeType, member: Member, timestampMs: number): MembershipChange {
    const previous = this.#members.get(member.id)
    const kept = Object.freeze(member)
    if (GONE.has(type)) this.#members.delete(member.id)
    else this.#members.set(member.id, kept)
    this.#version += 1
    this.#counts[type] += 1
    const change = { type, member: kept, timestampMs, version: this.#version }
    return previous === undefined ? change : { ...change, previous }
  }

  #tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    for (let batch = this.#untold.shift(); batch !== undefined; batch = this.#untold.shift()) {
      const firstVersion = batch[0]!.version
      for (const subscriber of [...this.#subscribers]) {
        const isSubscribed = () => this.#subscribers.has(subscriber)
        if (isSubscribed() && subscriber.since < firstVersion) subscriber.tell(batch, isSubscribed)
      }
    }
    this.#isTelling = false
  }
}

/** The error for a call that only a node can make which takes part. `what` follows "takes no part: ". */
export function notJoined(localNodeId: string, what: string): HyperCacheError {
  const message = `${localNodeId} takes no part in the membership: ${what}`
  return new HyperCacheError('ERR_HYPERCACHE_NOT_JOINED', message)
}
