/** What a node in a cluster of processes has besides what every node has. */

import type { Clock } from '../clock.js'
import { shown } from '../errors.js'
import type { EventMap } from '../events/event-map.js'
import type { SimpleEventBus } from '../events/simple-event-bus.js'
import type { InstantCheck } from '../health/health-monitor.js'
import { describedError, warn } from '../listeners.js'
import type { DistributedMembership, ReceivedBroadcast } from '../membership/distributed-membership.js'
import type { ClusterMetrics } from '../metrics/cluster-metrics.js'
import type { HashRing } from '../ring/hash-ring.js'
import type { StopWatching } from '../types.js'
import { RingAgreement } from './ring-agreement.js'

/** The parts of the node that it works with. */
export interface NetworkParts {
  clock: Clock
  ring: HashRing
  events: SimpleEventBus
  /** Called when whether the rings agree is another matter than before. */
  onVerdict: () => void
}

/** What the node is told of, and tells, over the network, but for its members. */
export class NodeNetwork {
  readonly #membership: DistributedMembership
  readonly #events: SimpleEventBus
  readonly #agreement: RingAgreement
  readonly #stopReceiving: StopWatching
  /** Checks for the node's health. */
  readonly checks: Readonly<Record<'network' | 'ring', InstantCheck>>

  constructor(membership: DistributedMembership, divergenceMs: number, parts: NetworkParts) {
    const { clock, ring, events, onVerdict } = parts
    this.#membership = membership
    this.#events = events
    const publish = <T extends 'ring:diverged' | 'ring:agreed'>(type: T, payload: EventMap[T]) => {
      if (!events.isClosed) events.publish(type, payload)
      onVerdict()
    }
    this.#agreement = new RingAgreement({ membership, ring, clock, divergenceMs, publish })
    this.#stopReceiving = membership.onBroadcast((message) => this.#receive(message))
    this.checks = {
      network: () => {
        const problems = membership.problems()
        return problems.length === 0 ? undefined : problems.join('; ')
      },
      ring: () => this.#agreement.problem(),
    }
  }

  /** The node has joined. */
  start(): void {
    this.#agreement.start()
  }

  /** The node leaves. May be called again. */
  stop(): void {
    this.#agreement.stop()
  }

  /** The members have changed, and the ring has followed. */
  viewChanged(): void {
    this.#agreement.viewChanged()
  }

  metrics(): Required<Pick<ClusterMetrics, 'network' | 'ringAgreement'>> {
    const { convergenceMs } = this.#agreement
    const measured = convergenceMs === undefined ? {} : { convergenceMs }
    return {
      network: { ...this.#membership.networkMetrics(), ...measured },
      ringAgreement: this.#agreement.metrics(),
    }
  }

  /** Listens to nothing any more. */
  close(): void {
    this.stop()
    this.#stopReceiving()
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
