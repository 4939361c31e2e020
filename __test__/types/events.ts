/**
 * What the types of events promise, and what they refuse: compiled with everything else (`npm run types`),
 * never run.
 *
 * A line below `@ts-expect-error` must not compile; where it does, the compiler complains of the comment.
 */

import {
  type ClusterEvent,
  type EventBus,
  type EventListener,
  type EventMap,
  type EventType,
  type EventsLost,
  type Member,
  type RingChange,
  SimpleEventBus,
  type SimpleEventBusOptions,
  type StopWatching,
} from '../../dist/index.js'

/** Compiles only where both types are the same, `any` and `never` included. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : 'these types differ'

const isSame = <A, B>(_: Same<A, B>) => undefined

/** The same of a value: `is<string>()(text, true)`. */
const is =
  <Wanted>() =>
  <Got>(_value: Got, _: Same<Wanted, Got>) =>
    undefined

export async function allowed(bus: EventBus, member: Member, change: RingChange, signal: AbortSignal) {
  isSame<EventType, keyof EventMap>(true)
  isSame<ConstructorParameters<typeof SimpleEventBus>, [options?: SimpleEventBusOptions]>(true)
  new SimpleEventBus() satisfies EventBus
  new SimpleEventBus({ logFile: undefined, logSize: 5, queueLimit: 1 })

  bus.publish('member:joined', { member }) satisfies ClusterEvent<'member:joined'>
  bus.publish('member:failed', { member, previous: member })
  bus.publish('ring:changed', change)
  bus.publish('custom', { name: 'x' })
  is<ClusterEvent<'broadcast'>>()(bus.broadcast('x', { a: 1 }), true)
  bus.publish('custom', { name: 'x', data: [1, { a: 2n }] })

  bus.subscribe((event) => is<ClusterEvent>()(event, true)) satisfies StopWatching
  bus.subscribe('ring:changed', ({ payload }) => is<RingChange>()(payload, true))
  bus.subscribe(['member:left', 'custom'] as const, (event) => {
    is<ClusterEvent<'member:left' | 'custom'>>()(event, true)
    if (event.type === 'custom') is<string>()(event.payload.name, true)
    else is<Member>()(event.payload.member, true)
  })
  bus.subscribe(async () => {}, {
    signal,
    queueLimit: 5,
    onLost: (count) => is<number>()(count, true),
  })
  bus.once('health:changed', ({ payload }) => payload.isReady, { signal }) satisfies StopWatching
  const next = await bus.once('coordinator:stopped', { signal })
  is<string>()(next.payload.nodeId, true)

  for await (const item of bus.stream('ring:changed', { signal, queueLimit: 5 })) {
    is<ClusterEvent<'ring:changed'> | EventsLost>()(item, true)
    if (item.type === 'events:lost') is<number>()(item.lostCount, true)
    else is<number>()(item.payload.version, true)
  }
  for await (const item of bus.stream()) is<ClusterEvent | EventsLost>()(item, true)

  isSame<ReturnType<typeof bus.log<'custom'>>, readonly ClusterEvent<'custom'>[]>(true)
  bus.log({ types: ['custom'], after: 3, limit: 5 })[0]?.payload.name satisfies string | undefined
  const forOne: EventListener<'custom'> = ({ payload }) => payload.name
  bus.subscribe('custom', forOne)
}

export function refused(bus: EventBus, member: Member, event: ClusterEvent<'custom'>) {
  // @ts-expect-error no such type
  bus.publish('member:gone', { member })
  // @ts-expect-error the payload of another type
  bus.publish('member:joined', { nodeId: 'a' })
  // @ts-expect-error a field is missing
  bus.publish('member:joined', {})
  // @ts-expect-error a field too many
  bus.publish('coordinator:started', { nodeId: 'a', zone: 'b' })
  // @ts-expect-error a number is no arc
  bus.publish('rebalance:planned', { movedArc: 1 })
  // @ts-expect-error a broadcast has a name
  bus.broadcast()
  // @ts-expect-error no payload
  bus.publish('custom')
  // @ts-expect-error a name is a text
  bus.publish('custom', { name: 1 })
  // @ts-expect-error a loss is told, not published
  bus.publish('events:lost', { lostCount: 1 })
  // @ts-expect-error no such type
  bus.subscribe('member:gone', () => undefined)
  // @ts-expect-error the payload of another type
  bus.subscribe('custom', ({ payload }) => payload.member)
  // @ts-expect-error a listener of another type
  bus.subscribe('custom', (other: ClusterEvent<'member:left'>) => other)
  // @ts-expect-error a stream tells of losses as an item
  bus.stream({ onLost: () => undefined })
  // @ts-expect-error no such type
  void bus.once('member:gone')
  // @ts-expect-error no such type
  bus.log({ types: 'member:gone' })
  // @ts-expect-error frozen
  event.payload.name = 'other'
  // @ts-expect-error frozen
  event.sequence = 1
  // @ts-expect-error no such option
  new SimpleEventBus({ size: 1 })
}
