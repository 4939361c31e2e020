/** Counters of the traffic of gossip, over all the lives of a membership. */

import type { NativeGossip, NativeGossipCounts } from '../native.js'
import type { NetworkMetrics } from './distributed-membership.js'

type Counts = Omit<NativeGossipCounts, 'dropped'>

const NONE: NativeGossipCounts = {
  probesSent: 0,
  probesFailed: 0,
  suspicionsStarted: 0,
  suspicionsRefuted: 0,
  datagramsReceived: 0,
  datagramsSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
  syncsCompleted: 0,
  syncsFailed: 0,
  broadcastsSent: 0,
  broadcastsReceived: 0,
  dropped: {},
}

/** Adds what native code counts from one `join` to the next. */
export class GossipTraffic {
  #before = NONE
  #native: NativeGossip | undefined

  /** Counts what this one counts, from now on. */
  follow(native: NativeGossip): void {
    this.#native = native
  }

  /** Keeps what was counted. */
  unfollow(): void {
    this.#before = this.#counts()
    this.#native = undefined
  }

  metrics(): NetworkMetrics {
    const { dropped, ...counts } = this.#counts()
    return {
      probesSentCount: counts.probesSent,
      probesFailedCount: counts.probesFailed,
      suspicionsStartedCount: counts.suspicionsStarted,
      suspicionsRefutedCount: counts.suspicionsRefuted,
      datagramsReceivedCount: counts.datagramsReceived,
      datagramsSentCount: counts.datagramsSent,
      bytesReceivedCount: counts.bytesReceived,
      bytesSentCount: counts.bytesSent,
      syncsCompletedCount: counts.syncsCompleted,
      syncsFailedCount: counts.syncsFailed,
      broadcastsSentCount: counts.broadcastsSent,
      broadcastsReceivedCount: counts.broadcastsReceived,
      droppedByReason: dropped,
    }
  }

  #counts(): NativeGossipCounts {
    if (this.#native === undefined) return this.#before
    const now = this.#native.counts()
    const sum = { ...this.#before, dropped: { ...this.#before.dropped } }
    for (const name of Object.keys(NONE) as (keyof NativeGossipCounts)[]) {
      if (name !== 'dropped') sum[name satisfies keyof Counts] += now[name]
    }
    for (const [why, count] of Object.entries(now.dropped)) sum.dropped[why] = (sum.dropped[why] ?? 0) + count
    return sum
  }
}
