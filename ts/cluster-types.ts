/** Types of a running node that several parts share: members, health, states, the agreement of rings. */

import type { NodeStatus } from './types.js'

/** A node as the cluster knows it. Frozen: a change makes another object. */
export interface Member {
  readonly id: string
  /** Where the others reach it: an IP address or a host name. */
  readonly address: string
  /** Port of its membership side, 1 to 65,535. */
  readonly port: number
  readonly status: NodeStatus
  /** When it took this status, in milliseconds since 1970. */
  readonly statusSinceMs: number
  /** Its share of points relative to the others. */
  readonly weight: number
  readonly zone?: string
  readonly capabilities: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Version of what it says of itself, from 1; only the member itself raises it. Of two versions the newer is
   * that of the later start, or else that of the higher incarnation.
   */
  readonly incarnation: number
  /** When its process joined, in milliseconds since 1970, by its own clock. */
  readonly startedAtMs: number
  /** Ports of its other servers, by name: `http`. Absent where the membership carries none. */
  readonly ports?: Readonly<Record<string, number>>
  /** How loaded it says that it is, 0 to 1; absent where it says nothing. */
  readonly load?: number
  /**
   * What it holds against itself, where it does: `stalled`, its event loop has stood still for too long;
   * `unreachable`, others cannot reach it where it says that it is.
   */
  readonly doubt?: 'stalled' | 'unreachable'
  /** Whether it is the node of this process. */
  readonly isLocal: boolean
}

/**
 * What can happen to a member. `left` was on purpose and `failed` was not: one departure is one of them,
 * never both. Who failed stays as dead until it is back (`recovered`, which takes a suspicion back too), or
 * is forgotten: `reaped`. `updated` is every other change.
 */
export type MembershipChangeType =
  'joined' | 'left' | 'failed' | 'suspected' | 'recovered' | 'updated' | 'reaped'

/** One change of one member. Frozen: all subscribers get the same object. */
export interface MembershipChange {
  readonly type: MembershipChangeType
  /** The member as it is now; of one that left or was reaped, as it went. */
  readonly member: Member
  /** The member as it was; absent for one that joined. */
  readonly previous?: Member
  /** When it was seen here, in milliseconds since 1970. */
  readonly timestampMs: number
  /** Version of the view that it made: one more than that of the change before. */
  readonly version: number
}

/** How one check went, the last time it was run. */
export interface HealthCheckResult {
  readonly name: string
  readonly isPassing: boolean
  /** What the check says, or why it fails. */
  readonly detail?: string
  /** How long it took. */
  readonly durationMs: number
  /** When it ended, in milliseconds since 1970. */
  readonly checkedAtMs: number
}

/** Whether a node may get traffic, and why not. */
export interface HealthReport {
  /** Whether it may get traffic: the coordinator is ready, and every check passes. */
  readonly isReady: boolean
  /** One line for each thing that stands against it; empty where it is ready. */
  readonly reasons: readonly string[]
  /** Every check, in byte order of the names. */
  readonly checks: readonly HealthCheckResult[]
}

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
