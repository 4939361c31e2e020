/** Everything that a node counts, in one object. */

import type { HealthReport } from '../cluster-types.js'
import type { EventBusMetrics } from '../events/event-bus.js'
import type { NetworkMetrics } from '../membership/distributed-membership.js'
import type { MembershipMetrics } from '../membership/membership-provider.js'
import type { RingMetrics } from '../types.js'

/**
 * Where a coordinator is in its life. `evicted`: another process has its node id, and the older claim to it.
 */
export type CoordinatorState = 'idle' | 'starting' | 'ready' | 'draining' | 'stopped' | 'evicted'

/** How the rings of live members compare with this node's. Counts are since it was made. */
export interface RingAgreementMetrics {
  /** Whether rings have differed for too long. */
  readonly isDiverged: boolean
  /** Live members that tell the same checksum now, this node included. */
  readonly agreeingCount: number
  /** Live members that tell another checksum now, for however short a time. */
  readonly differingCount: number
  /** Who they are, and what they tell. */
  readonly others: readonly { readonly nodeId: string; readonly checksum: string }[]
  /** How often rings have differed for too long. */
  readonly divergedCount: number
}

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
