/** Everything that a node counts, in one object. */

import type { CoordinatorState, HealthReport, RingAgreementMetrics } from '../cluster-types.js'
import type { EventBusMetrics } from '../events/event-bus.js'
import type { NetworkMetrics } from '../membership/distributed-membership.js'
import type { MembershipMetrics } from '../membership/membership-provider.js'
import type { RingMetrics } from '../types.js'

/** What a coordinator tells of itself and of its parts. */
export interface ClusterMetrics {
  readonly nodeId: string
  readonly clusterName: string
  readonly state: CoordinatorState
  /** How long it has been ready or draining; 0 in other states. */
  readonly uptimeMs: number
  /** Heartbeats since it was made. */
  readonly heartbeatCount: number
  /** When the last one was, in milliseconds since 1970; absent before the first. */
  readonly lastHeartbeatAtMs?: number
  /** The report of the last time that the checks were run. */
  readonly health: HealthReport
  readonly ring: RingMetrics
  readonly membership: MembershipMetrics
  readonly events: EventBusMetrics
  /** The traffic with other processes; absent of a node that has none. */
  readonly network?: NetworkMetrics
  /** Absent of a node that knows of no other process. */
  readonly ringAgreement?: RingAgreementMetrics
}
