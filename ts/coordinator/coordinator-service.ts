/** The contract of coordinators. */

import type { CoordinatorState, HealthReport } from '../cluster-types.js'
import type { ClusterConfig } from '../config/cluster-config.js'
import type { EventBus } from '../events/event-bus.js'
import type { LamportClock } from '../events/lamport-clock.js'
import type { HealthCheck, HealthCheckOptions } from '../health/health-check.js'
import type { MembershipProvider } from '../membership/membership-provider.js'
import type { ClusterMetrics } from '../metrics/cluster-metrics.js'
import type { RoutingProvider } from '../routing/routing-provider.js'
import type { MovementPlan, PlanOptions, PlannedChange, StopWatching } from '../types.js'

/**
 * Holds the parts of one node together: membership, routing, events, health. It leads nobody and decides
 * nothing for other nodes.
 *
 * ```
 * idle ── start ──> starting ──> ready ── stop ──> draining ──> stopped ── start ──> starting …
 * ```
 */
export interface CoordinatorService extends AsyncDisposable {
  readonly config: ClusterConfig
  readonly localNodeId: string
  readonly state: CoordinatorState
  readonly membership: MembershipProvider
  readonly routing: RoutingProvider
  readonly events: EventBus
  /** The one logical clock of this node. */
  readonly clock: LamportClock

  /**
   * Joins, and resolves when the node is ready. Fails whole: where it rejects, the state is `stopped`.
   *
   * @throws ERR_HYPERCACHE_ILLEGAL_STATE unless `idle` or `stopped`; ERR_HYPERCACHE_COORDINATOR_CLOSED;
   * ERR_HYPERCACHE_LEAVE_FAILED while the leave of the stop before is still under way.
   */
  start(): Promise<void>

  /**
   * Is not ready from the moment of the call; lets what `onDrain` was given finish, leaves, and resolves when
   * stopped. Does nothing where it is stopped or was never started; calls at the same time share one stop;
   * during a start it waits for that first. A leave that fails, or that takes too long, is a process warning
   * with the code ERR_HYPERCACHE_LEAVE_FAILED: the node is stopped all the same.
   */
  stop(): Promise<void>

  /**
   * Has `stop()` wait for something: requests under way, a listener to close. All such waits begin at once.
   * What one throws becomes a process warning.
   *
   * @returns Takes it back.
   */
  onDrain(drain: () => Promise<void> | void): StopWatching

  /** Runs every check now, and answers how they went. Never rejects. */
  health(): Promise<HealthReport>

  /**
   * Adds a check to those that decide whether the node is ready.
   *
   * @param name 1 to 255 bytes, unlike that of any other check.
   * @returns Takes it back.
   * @throws ERR_HYPERCACHE_DUPLICATE_CHECK, ERR_HYPERCACHE_INVALID_TEXT, ERR_HYPERCACHE_INVALID_TYPE,
   * ERR_HYPERCACHE_OUT_OF_RANGE, ERR_HYPERCACHE_UNKNOWN_FIELD.
   */
  registerHealthCheck(name: string, check: HealthCheck, options?: HealthCheckOptions): StopWatching

  /** Everything that is counted. */
  metrics(): ClusterMetrics

  /**
   * Works out what a change of the ring would move, and publishes `rebalance:planned`. Nothing is changed
   * until the plan is applied.
   *
   * @throws As {@link HashRing.plan}.
   */
  planRebalance(change: PlannedChange, options?: PlanOptions): MovementPlan

  /** Stops, and lets go of the bus, the membership and the ring, for good. May be called again. */
  close(): Promise<void>
}
