/** What coordinators have in common, whatever membership they are given. */

import type { CoordinatorState, HealthReport, MembershipChange } from '../cluster-types.js'
import { checkedFunction } from '../checks.js'
import { type Clock, LONG_MS, endsWithin, keepAlive, systemClock } from '../clock.js'
import type { ClusterConfig, HashRingConfig } from '../config/cluster-config.js'
import { HyperCacheError, shown } from '../errors.js'
import type { BroadcastCarrier } from '../events/broadcast.js'
import type { EventMap, EventType } from '../events/event-map.js'
import { LamportClock } from '../events/lamport-clock.js'
import { SimpleEventBus } from '../events/simple-event-bus.js'
import type { HealthCheck, HealthCheckOptions } from '../health/health-check.js'
import { HealthMonitor } from '../health/health-monitor.js'
import { callListener, describedError, stopWatching, warn } from '../listeners.js'
import type { MembershipProvider } from '../membership/membership-provider.js'
import type { ClusterMetrics } from '../metrics/cluster-metrics.js'
import { HashRing } from '../ring/hash-ring.js'
import { largestTransfers } from '../ring/transfers.js'
import { RingRouting } from '../routing/ring-routing.js'
import type { HashFunction, MovementPlan, PlanOptions, PlannedChange, StopWatching } from '../types.js'
import type { CoordinatorOptions } from './coordinator-options.js'
import type { CoordinatorService } from './coordinator-service.js'
import { Heartbeat } from './heartbeat.js'
import { Lifecycle } from './lifecycle.js'
import { MemberFollower, refusalText } from './member-follower.js'
import type { NetworkParts, NodeNetwork } from './node-network.js'

/** What makes the node of one kind of cluster another than that of another kind. */
export interface NodeParts<M extends MembershipProvider> {
  membership: M
  /** How long a stop waits for the leave. @defaultValue as long as it takes */
  leaveTimeoutMs?: number
  /** How long the rings of members may differ until that is told. @defaultValue as long as they like */
  divergenceMs?: number
  /** Takes broadcasts to the other members. */
  carrier?: BroadcastCarrier
  /** Makes what only a node in a network has. */
  networkOf?: (parts: NetworkParts) => NodeNetwork
}

/**
 * Holds a membership, a ring that follows it, a bus and the checks of health together. It opens no socket.
 */
export class ClusterNode<M extends MembershipProvider> implements CoordinatorService {
  readonly config: ClusterConfig
  readonly localNodeId: string
  readonly clock = new LamportClock()
  readonly events: SimpleEventBus
  readonly membership: M
  readonly routing: RingRouting
  readonly #clock: Clock
  readonly #lifecycle = new Lifecycle()
  readonly #follower: MemberFollower
  readonly #health: HealthMonitor
  readonly #heartbeat: Heartbeat
  readonly #network: NodeNetwork | undefined
  readonly #leaveTimeoutMs: number
  readonly #drains = new Set<() => Promise<void> | void>()
  readonly #keepsProcessAlive: boolean
  #hasDrained = false
  /** Whether some node may answer, at a version. */
  #routable: { version: number; isSome: boolean } | undefined
  /** Lets the process end. */
  #letGo: (() => void) | undefined
  #startedMs: number | undefined
  /** A leave that has not come to its end in time. */
  #lateLeave: Promise<unknown> | undefined
  #start: Promise<void> | undefined
  #stop: Promise<void> | undefined
  #close: Promise<void> | undefined

  /**
   * @param config One that was validated.
   * @throws ERR_HYPERCACHE_UNKNOWN_SELECTION; as `HashRing`, for a hash function that does not go with the
   * configuration.
   */
  constructor(config: ClusterConfig, options: CoordinatorOptions, parts: NodeParts<M>) {
    const { clock = systemClock, keepsProcessAlive = false, hashFunction, replicaSelection } = options
    this.config = config
    const { nodeId, zone, hashRing, heartbeatIntervalSeconds, stallTimeoutSeconds } = config.cluster
    this.localNodeId = nodeId
    this.membership = parts.membership
    this.#clock = clock
    this.#keepsProcessAlive = keepsProcessAlive
    this.#leaveTimeoutMs = parts.leaveTimeoutMs ?? LONG_MS
    const { carrier } = parts
    this.events = new SimpleEventBus({ ...config.events, clock, lamportClock: this.clock, nodeId, carrier })
    const ring = ringOf(hashRing, hashFunction)
    const isSeeded = hashFunction !== undefined || hashRing.hashSeed !== 0n
    this.#follower = new MemberFollower({
      membership: this.membership,
      ring,
      clock,
      divergenceMs: parts.divergenceMs ?? LONG_MS,
      stallTimeoutMs: stallTimeoutSeconds * 1000,
      on: {
        members: (changes) => this.#tellOfMembers(changes),
        ring: (change) => this.#publish('ring:changed', change),
        refusal: (id, { code, message }) => warn(code, refusalText(id, message)),
        verdict: ({ type, payload }) => {
          this.#publish(type, payload)
          void this.#health.run()
        },
        evicted: () => this.#evict(),
      },
    })
    const { runtime } = this.#follower
    this.routing = new RingRouting({ localNodeId: nodeId, ring, isSeeded, replicaSelection, zone, runtime })
    this.#network = parts.networkOf?.({ events: this.events, follower: this.#follower })
    this.#heartbeat = new Heartbeat(clock, heartbeatIntervalSeconds * 1000, () => this.#beat())
    this.#health = new HealthMonitor({
      clock,
      instantChecks: {
        coordinator: () => (this.state === 'ready' ? undefined : `it is ${this.state}`),
        heartbeat: () => this.#heartbeat.problem(),
        membership: () => this.#membershipProblem(),
        routing: () => this.#routingProblem(),
        ...this.#network?.checks,
      },
      onChange: (report) => this.#publish('health:changed', report),
    })
  }

  get state(): CoordinatorState {
    return this.#lifecycle.state
  }

  async start(): Promise<void> {
    this.#throwIfClosed()
    this.#throwIfLeaving()
    this.#lifecycle.enter('starting')
    this.#hasDrained = false
    this.#start = this.#doStart().finally(() => (this.#start = undefined))
    await this.#start
  }

  stop(): Promise<void> {
    if (this.#stop !== undefined) return this.#stop
    // Kept before anything is done: who is told of the stop may ask for one too, and is to get this one.
    let settle: (stopped: Promise<void>) => void
    const stopped = new Promise<void>((resolve) => (settle = resolve))
    this.#stop = stopped.finally(() => (this.#stop = undefined))
    settle!(this.#stopOnce())
    return this.#stop
  }

  onDrain(drain: () => Promise<void> | void): StopWatching {
    const own = () => checked()
    const checked = checkedFunction('drain', drain)
    this.#drains.add(own)
    const remove = () => void this.#drains.delete(own)
    return stopWatching(remove)
  }

  async health(): Promise<HealthReport> {
    // Who asks waits for the answer: the process must not end before it, as it may between heartbeats.
    const letGo = keepAlive()
    try {
      return await this.#health.run()
    } finally {
      letGo()
    }
  }

  registerHealthCheck(name: string, check: HealthCheck, options?: HealthCheckOptions): StopWatching {
    return this.#health.register(name, check, options)
  }

  metrics(): ClusterMetrics {
    const { lastBeatAtMs } = this.#heartbeat
    return {
      nodeId: this.localNodeId,
      clusterName: this.config.cluster.clusterName,
      state: this.state,
      uptimeMs: this.#startedMs === undefined ? 0 : this.#clock.elapsedMs() - this.#startedMs,
      heartbeatCount: this.#heartbeat.beatCount,
      ...(lastBeatAtMs === undefined ? {} : { lastHeartbeatAtMs: lastBeatAtMs }),
      health: this.#health.latest(),
      ring: this.routing.metrics(),
      membership: this.membership.metrics(),
      events: this.events.metrics(),
      ...this.#network?.metrics(),
    }
  }

  planRebalance(change: PlannedChange, options?: PlanOptions): MovementPlan {
    const plan = this.routing.ring.plan(change, options)
    const { before, after, movedArc, movedShare, transfers } = plan
    this.#publish('rebalance:planned', {
      version: before.version,
      checksumAfter: after.checksum,
      movedArc,
      movedShare,
      transfers: largestTransfers(transfers),
      transferCount: transfers.length,
    })
    return plan
  }

  close(): Promise<void> {
    this.#close ??= this.#doClose()
    return this.#close
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #doStart(): Promise<void> {
    if (this.#keepsProcessAlive) this.#letGo = keepAlive()
    try {
      await this.membership.join(this.config.cluster.seeds)
      // In a later turn, whatever the membership: that it starts can be seen.
      await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      await this.#leave()
      throw error
    }
    this.#startedMs = this.#clock.elapsedMs()
    this.#heartbeat.start()
    this.#follower.start()
    this.#lifecycle.enter('ready')
    this.#publish('coordinator:started', { nodeId: this.localNodeId })
    void this.#health.run()
  }

  async #stopOnce(): Promise<void> {
    // How the start ends is for those who asked for it. Without one nothing is waited for: not ready from now
    // on.
    if (this.#start !== undefined) await this.#start.catch(() => undefined)
    if (this.state !== 'ready' && this.state !== 'evicted') return
    this.#lifecycle.enter('draining')
    this.#publish('coordinator:stopping', { nodeId: this.localNodeId })
    void this.#health.run()
    await this.#drain()
    await this.#leave()
    this.#publish('coordinator:stopped', { nodeId: this.localNodeId })
  }

  /** Lets what was given to `onDrain` finish. */
  async #drain(): Promise<void> {
    this.#hasDrained = true
    await Promise.all([...this.#drains].map(async (drain) => callListener('onDrain()', drain, undefined)))
  }

  /** Undoes what a start has done, whether or not it came to its end. */
  async #leave(): Promise<void> {
    this.#heartbeat.stop()
    this.#follower.stop()
    await this.#leaveInTime()
    this.#letGo?.()
    this.#startedMs = undefined
    this.#lifecycle.enter('stopped')
  }

  /** Leaves. One that fails, or that takes too long, keeps no node from stopping: it is warned of. */
  async #leaveInTime(): Promise<void> {
    try {
      const leave = this.membership.leave()
      if (await endsWithin(this.#clock, this.#leaveTimeoutMs, leave)) return
      const late = leave.catch(() => undefined).finally(() => (this.#lateLeave = undefined))
      this.#lateLeave = late
      this.#warnOfLeave(`it has taken more than ${this.#leaveTimeoutMs} ms`)
    } catch (error) {
      const { problem, detail } = describedError(error)
      this.#warnOfLeave(problem, detail)
    }
  }

  #warnOfLeave(problem: string, detail?: string): void {
    const message = `the leave of ${shown(this.localNodeId)} failed, others may take it for dead: ${problem}`
    warn('ERR_HYPERCACHE_LEAVE_FAILED', message, detail)
  }

  #tellOfMembers(changes: readonly MembershipChange[]): void {
    for (const { type, member, previous } of changes) {
      this.#publish(`member:${type}`, previous === undefined ? { member } : { member, previous })
    }
  }

  /** This process turns over. */
  #beat(): void {
    this.#follower.renewLease()
    void this.#health.run()
  }

  /** Another process has this node's id, and the older claim to it: this node takes no part any more. */
  #evict(): void {
    // One that starts fails, and one that stops is stopped.
    if (this.state !== 'ready') return
    this.#heartbeat.stop()
    this.#follower.stop()
    this.#lifecycle.enter('evicted')
    void this.#health.run()
  }

  /** Publishes, unless the user has closed the bus: that must not keep the node from stopping. */
  #publish<T extends EventType>(type: T, payload: EventMap[T]): void {
    if (!this.events.isClosed) this.events.publish(type, payload)
  }

  async #doClose(): Promise<void> {
    try {
      await this.stop()
      // Also where there was nothing to stop: a server that was opened ends with the coordinator.
      if (!this.#hasDrained) await this.#drain()
    } finally {
      this.#health.close()
      this.#follower.close()
      this.#network?.close()
      this.membership.close()
      this.events.close()
      this.routing.ring.close()
    }
  }

  #membershipProblem(): string | undefined {
    const status = this.membership.member(this.localNodeId)?.status
    if (status === undefined) return 'this node takes no part'
    return status === 'alive' ? undefined : `this node is ${status}`
  }

  #routingProblem(): string | undefined {
    const { ring } = this.routing
    const { version } = ring
    // Asked by every probe, and it changes with the version only: not every node is to be copied each time.
    if (this.#routable?.version !== version) {
      const { routableStatuses } = this.config.cluster.hashRing
      this.#routable = {
        version,
        isSome: ring.nodes().some(({ status }) => routableStatuses.includes(status)),
      }
    }
    if (!this.#routable.isSome) return 'no node may answer'
    const refusals = this.#follower.refusals()
    return refusals.length === 0 ? undefined : refusals.join('; ')
  }

  #throwIfLeaving(): void {
    if (this.#lateLeave === undefined) return
    const message = 'the leave of the stop before has not come to its end: the coordinator cannot start yet'
    throw new HyperCacheError('ERR_HYPERCACHE_LEAVE_FAILED', message)
  }

  #throwIfClosed(): void {
    if (this.#close === undefined) return
    throw new HyperCacheError('ERR_HYPERCACHE_COORDINATOR_CLOSED', 'the coordinator is closed')
  }
}

function ringOf(config: HashRingConfig, hashFunction: HashFunction | undefined): HashRing {
  const { hashFunction: name, ...options } = config
  return new HashRing({ ...options, hashFunction: hashFunction ?? name })
}
