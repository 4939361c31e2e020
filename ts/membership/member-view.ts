/** The view of a membership provider: its members, and who is told of each change. */

import { inByteOrder } from '../byte-order.js'
import type { Member, MembershipChange, MembershipChangeType } from '../cluster-types.js'
import { checkedFields, checkedFunction, checkedSignal } from '../checks.js'
import type { Clock } from '../clock.js'
import { HyperCacheError } from '../errors.js'
import { callListener, stopWatching } from '../listeners.js'
import type { NodeStatus } from '../types.js'
import type { MembershipMetrics, MembershipSubscription } from './membership-provider.js'

const SUBSCRIBE_OPTIONS: ReadonlySet<string> = new Set(['signal'])

interface Subscriber {
  listener: (change: MembershipChange) => void
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
  }
  readonly #untold: MembershipChange[] = []
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

  /** Makes a change and tells it. A member that left is taken out of the view. */
  change(type: MembershipChangeType, member: Member): void {
    const previous = this.#members.get(member.id)
    const kept = Object.freeze(member)
    if (type === 'left') this.#members.delete(member.id)
    else this.#members.set(member.id, kept)
    this.#version += 1
    this.#counts[type] += 1
    const timestampMs = this.#clock.nowMs()
    this.#lastChangeAtMs = timestampMs
    const change = { type, member: kept, timestampMs, version: this.#version }
    this.#untold.push(Object.freeze(previous === undefined ? change : { ...change, previous }))
    this.#tell()
  }

  /** See `MembershipProvider.subscribe`. */
  subscribe(listener: (change: MembershipChange) => void, options: unknown = {}): MembershipSubscription {
    this.throwIfClosed()
    const checked = checkedFunction('listener', listener)
    const fields = checkedFields('options', options, SUBSCRIBE_OPTIONS)
    const signal = checkedSignal('options.signal', fields.signal)
    const subscriber: Subscriber = { listener: checked, since: this.#version }
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

  /** See `MembershipProvider.metrics`. */
  metrics(isJoined: boolean): MembershipMetrics {
    const byStatus: Record<NodeStatus, number> = { alive: 0, suspected: 0, dead: 0, leaving: 0, updating: 0 }
    for (const { status } of this.#members.values()) byStatus[status] += 1
    const { joined, left, failed, suspected, recovered, updated } = this.#counts
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

  #tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    for (let change = this.#untold.shift(); change !== undefined; change = this.#untold.shift()) {
      for (const subscriber of [...this.#subscribers]) {
        if (!this.#subscribers.has(subscriber) || subscriber.since >= change.version) continue
        void callListener('MembershipProvider.subscribe()', subscriber.listener, change)
      }
    }
    this.#isTelling = false
  }
}
