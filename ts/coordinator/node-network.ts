/** What a node in a cluster of processes has besides what every node has. */

import { shown } from '../errors.js'
import type { SimpleEventBus } from '../events/simple-event-bus.js'
import type { InstantCheck } from '../health/health-monitor.js'
import { describedError, warn } from '../listeners.js'
import type { DistributedMembership, ReceivedBroadcast } from '../membership/distributed-membership.js'
import type { ClusterMetrics } from '../metrics/cluster-metrics.js'
import type { StopWatching } from '../types.js'
import { type MemberFollower, othersOf } from './member-follower.js'

/** Members that a reason names. */
const NAMED_MAX = 5

/** The parts of the node that it works with. */
export interface NetworkParts {
  events: SimpleEventBus
  follower: MemberFollower
}

/** What the node is told of, and tells, over the network, but for its members. */
export class NodeNetwork {
  readonly #membership: DistributedMembership
  readonly #events: SimpleEventBus
  readonly #follower: MemberFollower
  readonly #stopReceiving: StopWatching
  /** Checks for the node's health. */
  readonly checks: Readonly<Record<'network' | 'ring', InstantCheck>>

  constructor(membership: DistributedMembership, { events, follower }: NetworkParts) {
    this.#membership = membership
    this.#events = events
    this.#follower = follower
    this.#stopReceiving = membership.onBroadcast((message) => this.#receive(message))
    this.checks = {
      network: () => {
        const problems = membership.problems()
        return problems.length === 0 ? undefined : problems.join('; ')
      },
      ring: () => this.#ringProblem(),
    }
  }

  metrics(): Required<Pick<ClusterMetrics, 'network' | 'ringAgreement'>> {
    const { divergedForMs, divergedCount, agreeingCount, convergenceMs, ...agreement } =
      this.#follower.agreement()
    const others = Object.freeze(othersOf(agreement.others))
    return {
      network: {
        ...this.#membership.networkMetrics(),
        ...(convergenceMs === undefined ? {} : { convergenceMs }),
      },
      ringAgreement: {
        isDiverged: divergedForMs !== undefined,
        agreeingCount,
        differingCount: others.length,
        others,
        divergedCount,
      },
    }
  }

  /** Listens to nothing any more. */
  close(): void {
    this.#stopReceiving()
  }

  /** What stands against the agreement of rings, if anything: who has had another one for too long. */
  #ringProblem(): string | undefined {
    const { checksum, divergedForMs, others } = this.#follower.agreement()
    if (divergedForMs === undefined) return undefined
    const all = othersOf(others).map((other) => `${other.nodeId} (${other.checksum})`)
    const named = all.slice(0, NAMED_MAX).join(', ')
    const more = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : ''
    const seconds = (divergedForMs / 1000).toFixed(0)
    return `for ${seconds} s the ring (${checksum}) differs from that of ${named}${more}`
  }

  #receive(message: ReceivedBroadcast): void {
    if (this.#events.isClosed) return
    try {
      this.#events.receive(message)
    } catch (error) {
      const { problem, detail } = describedError(error)
      const text = `a broadcast of ${shown(message.originNodeId)} was dropped: ${problem}`
      warn('ERR_HYPERCACHE_INVALID_EVENT', text, detail)
    }
  }
}
