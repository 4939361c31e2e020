/** What events there are, and what each carries. */

import type { HealthReport, Member } from '../cluster-types.js'
import type { RingChange, Transfer } from '../types.js'

/** Payload of what happens to a member. */
export interface MemberEvent {
  /** The member as it is now; of one that left or was reaped, as it went. */
  readonly member: Member
  /** The member as it was; absent for one that joined. */
  readonly previous?: Member
}

/** Payload of `rebalance:planned`: what a change would move. Nothing has happened yet. */
export interface RebalancePlanned {
  /** The version at which it was worked out. */
  readonly version: number
  /** The checksum the ring would have after it. */
  readonly checksumAfter: string
  /** Number of tokens whose owner would change, of 2^64. */
  readonly movedArc: bigint
  /** The same as a number from 0 to 1. */
  readonly movedShare: number
  /** All transfers, or the 256 largest. */
  readonly transfers: readonly Readonly<Transfer>[]
  /** How many transfers there are in all. */
  readonly transferCount: number
}

/** Payload of what happens to the coordinator. */
export interface CoordinatorEvent {
  readonly nodeId: string
}

/** Payload of `custom`: an event of the user's own. */
export interface CustomEvent {
  /** What kind of event it is, 1 to 255 bytes. */
  readonly name: string
  /** Anything that JSON can hold. */
  readonly data?: unknown
}

/** Payload of `broadcast`: a message of a member, this one included, to all of them. */
export interface BroadcastEvent {
  /** Who sent it. */
  readonly originNodeId: string
  /** The Lamport time of its sending; that of the event is above it. */
  readonly originLamportTime: number
  /** What kind of message it is, 1 to 255 bytes. */
  readonly name: string
  /** What JSON can hold; absent where there is none. */
  readonly data?: unknown
}

/** Payload of `ring:diverged`: others have had another ring than this node for too long. */
export interface RingDiverged {
  /** The checksum of this node's ring. */
  readonly checksum: string
  /** Who tells another one, in byte order of the ids. */
  readonly others: readonly { readonly nodeId: string; readonly checksum: string }[]
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** Payload of `ring:agreed`: the rings of all live members that tell of theirs are equal again. */
export interface RingAgreed {
  /** The checksum of them all. */
  readonly checksum: string
  /** How many members tell it, this one included. */
  readonly memberCount: number
  /** How long they differed, from `sinceMs` of `ring:diverged` on. */
  readonly durationMs: number
}

/** The payload of each type of event. */
export interface EventMap {
  'member:joined': MemberEvent
  'member:left': MemberEvent
  'member:failed': MemberEvent
  'member:suspected': MemberEvent
  'member:recovered': MemberEvent
  'member:updated': MemberEvent
  'member:reaped': MemberEvent
  'ring:changed': RingChange
  'ring:diverged': RingDiverged
  'ring:agreed': RingAgreed
  'rebalance:planned': RebalancePlanned
  'coordinator:started': CoordinatorEvent
  'coordinator:stopping': CoordinatorEvent
  'coordinator:stopped': CoordinatorEvent
  'health:changed': HealthReport
  broadcast: BroadcastEvent
  custom: CustomEvent
}

/** The types of events. */
export type EventType = keyof EventMap

interface Envelope<T extends EventType> {
  readonly type: T
  readonly payload: EventMap[T]
  /** Its number on this bus, from 1, without gaps. */
  readonly sequence: number
  /** When it was published, in milliseconds since 1970. */
  readonly timestampMs: number
  /** The Lamport time of its publication: above that of everything this node had seen by then. */
  readonly lamportTime: number
}

/** An event of one of the types `T`. Frozen, as is its payload: all subscribers get the same object. */
export type ClusterEvent<T extends EventType = EventType> = { [K in T]: Envelope<K> }[T]

/** Told to a stream in the place of events that it was too slow for. */
export interface EventsLost {
  readonly type: 'events:lost'
  /** How many events were lost here. */
  readonly lostCount: number
}
