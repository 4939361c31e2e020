/** What the HTTP server answers: the JSON of each path. Tokens and arcs (bigints) are decimal texts in it. */

import type { CoordinatorState, HealthReport, Member, RingAgreementMetrics } from '../cluster-types.js'
import type { ClusterEvent } from '../events/event-map.js'
import type { NetworkMetrics } from '../membership/distributed-membership.js'
import type { NodeStatus } from '../types.js'

/** Every answer with a status of 400 or more. */
export interface ErrorAnswer {
  /** One of the codes of `docs/errors.md`. */
  code: string
  message: string
}

/** `GET /livez`: status 200 while the process turns over. */
export interface LiveAnswer {
  isLive: true
}

/** `GET /readyz`: status 200, or 503 where it is not ready. */
export interface ReadyAnswer {
  isReady: boolean
  state: CoordinatorState
  /**
   * One for each thing that stands against it. Asked without the token, where there is one: its name only.
   */
  reasons: readonly string[]
}

/**
 * `GET /health`: status 200, or 503 where it is not ready. Asked without the token, where there is one, its
 * `reasons` are names only, and its `checks` have no `detail`.
 */
export interface HealthAnswer extends HealthReport {
  /** Absent where it is asked without the token. */
  nodeId?: string
  state: CoordinatorState
  /** Absent where it is asked without the token. */
  uptimeMs?: number
}

/** `GET /cluster/members`. */
export interface MembersAnswer {
  localNodeId: string
  clusterName: string
  /** Version of the view. */
  version: number
  members: readonly Member[]
  /** How the rings of the other members compare with this node's; absent of a node alone. */
  ringAgreement?: RingAgreementMetrics
  /** The traffic with the other members; absent of a node alone. */
  network?: NetworkMetrics
}

/** Body of `POST /cluster/leave`. */
export interface LeaveRequest {
  /** The id of the node that is asked: it must be the one that is meant. */
  nodeId: string
}

/** `POST /cluster/leave`: comes when the node has stopped. */
export interface LeaveAnswer {
  nodeId: string
  /** Whether it has left: otherwise the others could not be told in time, and will find it dead. */
  hasLeft: boolean
}

/** A node of the ring, with what it has of it. */
export interface RingNodeView {
  id: string
  status: NodeStatus
  statusSinceMs: number
  /** What the node holds against itself: see `Member.doubt`. */
  doubt?: Member['doubt']
  weight: number
  zone?: string
  pointCount: number
  /** Part of all keys that it owns, 0 to 1. */
  share: number
  /** The part its weight asks for; 0 where it may not answer. */
  fairShare: number
  /** The part it would own, were all well. */
  homeShare: number
  isLocal: boolean
}

/**
 * Owners of tokens that lie evenly around the ring, from token 0 on, run by run: `[index of the node or −1,
 * count, index, count, …]`; the counts add up to {@link SLICE_COUNT}.
 */
export type Slices = number[]

/** How finely the ring is drawn. */
export const SLICE_COUNT = 2_048

/** Part of the ring that moves from one node to another; `null` is nobody. */
export interface TransferView {
  from: string | null
  to: string | null
  /** 0 to 1. */
  share: number
}

/** A change of the ring that was made. */
export interface ChangeView {
  version: number
  timestampMs: number
  movedShare: number
  /** The largest 256. */
  transfers: TransferView[]
  transferCount: number
}

/** `GET /cluster/ring`. */
export interface RingAnswer {
  version: number
  checksum: string
  /** `custom` where it is the user's own. */
  hashFunction: string
  virtualNodeCount: number
  replicationFactor: number
  pointCount: number
  /** Largest share × number of nodes. */
  loadFactor: number
  /** Whether the placement is seeded: then nothing is shown that tells where tokens are. */
  isSeeded: boolean
  /** In byte order of the ids. */
  nodes: RingNodeView[]
  /** Absent where the placement is seeded, and of rings of more than 65,536 points. */
  slices?: Slices
  /** Absent until there was one. */
  lastChange?: ChangeView
}

/** `GET /cluster/route?key=`, with `&replicas=` for their number. */
export interface RouteAnswer {
  key: string
  owner: string
  home: string
  replicas: string[]
  /** Who of the replicas is to be asked; absent where a replica selection of the user's own failed. */
  selected?: string
  isLocal: boolean
  isReplica: boolean
  /** Decimal; absent where the placement is seeded. */
  token?: string
}

/** Body of `POST /cluster/plan`: at least one of the parts, at most 1,000 nodes in all. */
export interface PlanRequest {
  add?: { id: string; weight?: number; zone?: string }[]
  remove?: string[]
  update?: { id: string; weight?: number; zone?: string | null; status?: NodeStatus }[]
}

/** `POST /cluster/plan`: what would move. Nothing is changed. */
export interface PlanAnswer {
  movedShare: number
  /** What would move if every node had exactly its fair share before and after. */
  idealShare: number
  /** The largest 256. */
  transfers: TransferView[]
  transferCount: number
  before: PlannedRing
  after: PlannedRing
}

/** A ring before or after a plan. */
export interface PlannedRing {
  checksum: string
  loadFactor: number
  nodes: { id: string; share: number; fairShare: number }[]
  /** With indexes into these `nodes`; absent as in {@link RingAnswer}. */
  slices?: Slices
}

/**
 * `GET /cluster/events?after=&limit=&type=` (`type` may be repeated): the last events, oldest first. Where
 * the placement is seeded, payloads lack `movedArc` and `otherArc`, and their transfers `arc`.
 */
export interface EventsAnswer {
  /** Sequence number of the newest event there is; 0 before the first. */
  lastSequence: number
  events: readonly ClusterEvent[]
}
