/** What the rules of event buses share: the bus under test, events for it, and who takes them. */

import type {
  ClusterEvent,
  EventBus,
  EventListener,
  EventMap,
  EventType,
  EventsLost,
  ListenOptions,
  Member,
} from '../../dist/index.js'
import { type Closable, settledValue } from './rules'

/** A bus, and how to drive it. */
export interface EventBusUnderTest extends Closable {
  /** New: nothing was published. */
  bus: EventBus
  /** Resolves when everything that is pending has been delivered, to those who are not busy. */
  settle: () => void | Promise<void>
  /** The time by the bus's clock. Without it only the form of timestamps is looked at. */
  nowMs?: () => number
  /** How many events its log keeps. @defaultValue 1_000, as configurations have it */
  logSize?: number
  /** How many events may wait for who does not say. @defaultValue 10_000, as configurations have it */
  queueLimit?: number
}

export type Item = ClusterEvent | EventsLost

const member: Member = {
  id: 'node2',
  address: '127.0.0.1',
  port: 7946,
  status: 'alive',
  statusSinceMs: 1,
  weight: 1,
  capabilities: [],
  metadata: {},
  incarnation: 1,
  startedAtMs: 1,
  isLocal: false,
}

/** A payload for each type of event. */
export const payloads: { readonly [T in EventType]: EventMap[T] } = {
  'member:joined': { member },
  'member:left': { member: { ...member, status: 'leaving' }, previous: member },
  'member:failed': { member, previous: member },
  'member:suspected': { member, previous: member },
  'member:recovered': { member, previous: member },
  'member:updated': { member, previous: member },
  'member:reaped': { member, previous: member },
  'ring:changed': {
    version: 2,
    previousVersion: 1,
    checksum: '0123456789abcdef',
    movedArc: 2n ** 63n,
    movedShare: 0.5,
    transfers: [{ from: 'node1', to: 'node2', arc: 2n ** 63n, share: 0.5, rangeCount: 1 }],
    transferCount: 1,
    otherArc: 0n,
  },
  'ring:diverged': {
    checksum: '0123456789abcdef',
    others: [{ nodeId: 'node2', checksum: 'fedcba9876543210' }],
    sinceMs: 1,
  },
  'ring:agreed': { checksum: '0123456789abcdef', memberCount: 2, durationMs: 5 },
  'rebalance:planned': {
    version: 2,
    checksumAfter: '0123456789abcdef',
    movedArc: 2n ** 62n,
    movedShare: 0.25,
    transfers: [],
    transferCount: 0,
  },
  'coordinator:started': { nodeId: 'node1' },
  'coordinator:stopping': { nodeId: 'node1' },
  'coordinator:stopped': { nodeId: 'node1' },
  'health:changed': { isReady: false, reasons: ['store: no connection'], checks: [] },
  broadcast: { originNodeId: 'node2', originLamportTime: 1, name: 'deploy', data: { version: '1.2' } },
  custom: { name: 'sample', data: { number: 1 } },
}

export const allTypes = Object.keys(payloads) as EventType[]

/** Publishes one event of each type, in this order. */
export const publishAll = (bus: EventBus): ClusterEvent[] =>
  allTypes.map((type) => bus.publish(type, payloads[type] as never))

/** Publishes custom events that carry the numbers from `first` on. */
export const publishNumbers = (bus: EventBus, count: number, first = 1): ClusterEvent<'custom'>[] =>
  Array.from({ length: count }, (_, at) => bus.publish('custom', { name: 'number', data: first + at }))

/** What was told: the number of an event of `publishNumbers`, `lost 3` for a loss of three. */
export function numberOf(item: Item): unknown {
  if (item.type === 'events:lost') return `lost ${item.lostCount}`
  return (item as ClusterEvent<'custom'>).payload.data
}

/** A listener that notes what it is called with. */
export function recorder() {
  const events: ClusterEvent[] = []
  return {
    events,
    listener: (event: ClusterEvent) => void events.push(event),
    numbers: () => events.map(numberOf),
    sequences: () => events.map(({ sequence }) => sequence),
  }
}

/** Subscribes a recorder. */
export function recorded(bus: EventBus, types?: EventType | readonly EventType[], options?: ListenOptions) {
  const made = recorder()
  const stop =
    types === undefined
      ? bus.subscribe(made.listener, options)
      : bus.subscribe(types, made.listener as EventListener<EventType>, options)
  return { ...made, stop }
}

/** A listener whose every call lasts until it is let go. */
export function slow() {
  const told: unknown[] = []
  const open: (() => void)[] = []
  let isFree = false
  const listener = (event: ClusterEvent) => {
    told.push(numberOf(event))
    return isFree ? undefined : new Promise<void>((resolve) => open.push(resolve))
  }
  return {
    told,
    listener,
    onLost: (lostCount: number) => void told.push(`lost ${lostCount}`),
    /** Ends the oldest call that is open. */
    letGo: () => open.shift()?.(),
    /** Ends all calls, and lets further ones end at once. */
    free: () => {
      isFree = true
      open.splice(0).forEach((end) => end())
    },
  }
}

/** The next result of a stream; fails where there is none when everything has settled. */
export const taken = ({ settle }: EventBusUnderTest, stream: AsyncIterator<Item>) =>
  settledValue(stream.next(), settle)

/** The next items of a stream, as {@link numberOf} has them. */
export async function takenNumbers(made: EventBusUnderTest, stream: AsyncIterator<Item>, count: number) {
  const numbers: unknown[] = []
  for (let at = 0; at < count; at += 1) {
    const { done, value } = await taken(made, stream)
    numbers.push(done === true ? 'end' : numberOf(value))
  }
  return numbers
}
