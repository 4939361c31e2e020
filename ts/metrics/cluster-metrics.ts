/** Everything that a node counts, in one object. */

import type { HealthReport } from '../cluster-types.js'
import type { EventBusMetrics } from '../events/event-bus.js'
import type { MembershipMetrics } from '../membership/membership-provider.js'
import type { RingMetrics } from '../types.js'

/** Where a coordinator is in its life. */
export type CoordinatorState = 'idle' | 'starting' | 'ready' | 'draining' | 'stopped'

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
}
