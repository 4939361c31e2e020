/** The coordinator of one node. */

import type { HealthReport, MembershipChange } from '../cluster-types.js'
import { checkedFields, checkedFunction } from '../checks.js'
import { type Clock, systemClock } from '../clock.js'
import type { ClusterConfigInput } from '../config/cluster-config-input.js'
import type { ClusterConfig, HashRingConfig } from '../config/cluster-config.js'
import { validateClusterConfig } from '../config/load-config.js'
import { HyperCacheError } from '../errors.js'
import type { EventMap, EventType } from '../events/event-map.js'
import { LamportClock } from '../events/lamport-clock.js'
import { SimpleEventBus } from '../events/simple-event-bus.js'
import type { HealthCheck, HealthCheckOptions } from '../health/health-check.js'
import { HealthMonitor } from '../health/health-monitor.js'
import { callListener, stopWatching } from '../listeners.js'
import { SimpleMembership } from '../membership/simple-membership.js'
import type { ClusterMetrics, CoordinatorState } from '../metrics/cluster-metrics.js'
import { HashRing } from '../ring/hash-ring.js'
import { largestTransfers } from '../ring/transfers.js'
import type { ReplicaSelection } from '../routing/replica-selection.js'
import { RingRouting } from '../routing/ring-routing.js'
import type { HashFunction, MovementPlan, PlanOptions, PlannedChange, StopWatching } from '../types.js'
import type { CoordinatorService } from './coordinator-service.js'
import { Heartbeat } from './heartbeat.js'
import { Lifecycle } from './lifecycle.js'
import { RingAnnouncer } from './ring-announcer.js'

/** As long as a timer can be. Its end does nothing, and it is set again. */
const LONG_MS = 2 ** 31 - 1

/** What a coordinator can be given besides its configuration. */
export interface CoordinatorOptions {
  /** Where the time comes from. @defaultValue the machine's clock */
  clock?: Clock | undefined
  /** In place of `hash_ring.hash_function`: see `HashRingOptions.hashFunction`. */
  hashFunction?: HashFunction | undefined
  /** Who of a key's replicas `routing.selectReplica` answers. @defaultValue 'first' */
  replicaSelection?: ReplicaSelection | undefined
  /** Whether the process lives on while the coordinator is started. @defaultValue false */
  keepsProcessAlive?: boolean | undefined
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof CoordinatorOptions>([
  'clock',
  'hashFunction',
  'replicaSelection',
  'keepsProcessAlive',
])

/** Everything for a cluster of one node. It opens no socket. */
export class SimpleCoordinator implements CoordinatorService {
  readonly config: ClusterConfig
  readonly localNodeId: string
  readonly clock = new LamportClock()
  readonly events: SimpleEventBus
  readonly membership: SimpleMembership
  readonly routing: RingRouting
  readonly #clock: Clock
  readonly #lifecycle = new Lifecycle()
  readonly #announcer: RingAnnouncer
  readonly #health: HealthMonitor
  readonly #heartbeat: Heartbeat
  readonly #drains = new Set<() => Promise<void> | void>()
  readonly #keepsProcessAlive: boolean
  #hasDrained = false
  /** Whether some node may answer, at an epoch. */
  #routable: { epoch: number; isSome: boolean } | undefined
  #anchor: NodeJS.Timeout | undefined
  #startedMs: number | undefined
  #start: Promise<void> | undefined
  #stop: Promise<void> | undefined
  #close: Promise<void> | undefined

  /**
   * @param config As `validateClusterConfig` takes it; every field has a default.
   * @throws ERR_HYPERCACHE_CONFIG_INVALID, ERR_HYPERCACHE_UNKNOWN_FIELD, ERR_HYPERCACHE_UNKNOWN_SELECTION; as
   * `HashRing`, for a hash function that does not go with the configuration.
   */
  constructor(config: ClusterConfigInput = {}, options: CoordinatorOptions = {}) {
    checkedFields('options', options, OPTION_NAMES)
    const { clock = systemClock, keepsProcessAlive = false, hashFunction, replicaSelection } = options
    this.config = validateClusterConfig(config)
    const { cluster, events } = this.config
    this.localNodeId = cluster.nodeId
    this.#clock = clock
    this.#keepsProcessAlive = keepsProcessAlive
    this.events = new SimpleEventBus({ ...events, clock, lamportClock: this.clock })
    const { nodeId: id, advertiseAddress: address, advertisePort: port } = cluster
    const { weight, zone, capabilities, metadata } = cluster
    const local = { id, address, port, weight, zone, capabilities, metadata }
    this.membership = new SimpleMembership(local, clock)
    const ring = ringOf(cluster.hashRing, hashFunction)
    const isSeeded = hashFunction !== undefined || cluster.hashRing.hashSeed !== 0n
    this.routing = new RingRouting({ localNodeId: id, ring, isSeeded, replicaSelection, zone })
    this.#announcer = new RingAnnouncer(ring, this.events)
    // The ring first: who hears of a member finds it there.
    this.membership.subscribeBatch((changes) => this.#follow(changes))
    this.#heartbeat = new Heartbeat(
      clock,
      cluster.heartbeatIntervalSeconds * 1000,
      () => void this.#health.run(),
    )
    this.#health = new HealthMonitor({
      clock,
      instantChecks: {
        coordinator: () => (this.state === 'ready' ? undefined : `it is ${this.state}`),
        heartbeat: () => this.#heartbeat.problem(),
        membership: () => this.#membershipProblem(),
        routing: () => this.#routingProblem(),
      },
      onChange: (report) => this.#publish('health:changed', report),
    })
  }

  get state(): CoordinatorState {
    return this.#lifecycle.state
  }

  async start(): Promise<void> {
    this.#throwIfClosed()
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
    const anchor = setInterval(() => undefined, LONG_MS)
    try {
      return await this.#health.run()
    } finally {
      clearInterval(anchor)
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
    }
  }

  planRebalance(change: PlannedChange, options?: PlanOptions): MovementPlan {
    const plan = this.routing.ring.plan(change, options)
    const { before, after, movedArc, movedShare, transfers } = plan
    this.#publish('rebalance:planned', {
      epoch: before.epoch,
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
    if (this.#keepsProcessAlive) this.#anchor = setInterval(() => undefined, LONG_MS)
    try {
      await this.membership.join(this.config.cluster.seeds)
      await this.#announcer.caughtUp()
    } catch (error) {
      // The first failure is the one to tell.
      await this.#leave().catch(() => undefined)
      throw error
    }
    this.#startedMs = this.#clock.elapsedMs()
    this.#heartbeat.start()
    this.#lifecycle.enter('ready')
    this.#publish('coordinator:started', { nodeId: this.localNodeId })
    void this.#health.run()
  }

  async #stopOnce(): Promise<void> {
    // How the start ends is for those who asked for it. Without one nothing is waited for: not ready from now
    // on.
    if (this.#start !== undefined) await this.#start.catch(() => undefined)
    if (this.state !== 'ready') return
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
    try {
      await this.membership.leave()
      await this.#announcer.caughtUp()
    } finally {
      clearInterval(this.#anchor)
      this.#startedMs = undefined
      this.#lifecycle.enter('stopped')
    }
  }

  /** Tells of members what has changed, when the ring has followed. */
  #follow(changes: readonly MembershipChange[]): void {
    try {
      this.routing.follow(changes)
    } finally {
      for (const { type, member, previous } of changes) {
        this.#publish(`member:${type}`, previous === undefined ? { member } : { member, previous })
      }
    }
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
      this.#announcer.close()
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
    const { epoch } = ring
    // Asked by every probe, and it changes with the epoch only: not every node is to be copied each time.
    if (this.#routable?.epoch !== epoch) {
      const { routableStatuses } = this.config.cluster.hashRing
      this.#routable = { epoch, isSome: ring.nodes().some(({ status }) => routableStatuses.includes(status)) }
    }
    return this.#routable.isSome ? undefined : 'no node may answer'
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
