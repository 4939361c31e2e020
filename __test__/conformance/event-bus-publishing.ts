/** The rules of event buses about what is published, and who is given it. */

import { getEventListeners } from 'node:events'
import { expect } from 'vitest'

import type { EventBus, EventMap, EventType, StopWatching } from '../../dist/index.js'
import {
  type EventBusUnderTest,
  allTypes,
  numberOf,
  payloads,
  publishAll,
  publishNumbers,
  recorded,
  recorder,
  taken,
} from './event-bus-subject'
import { type Rule, refusalCode, rule, settledValue } from './rules'

const UNKNOWN = 'ERR_HYPERCACHE_UNKNOWN_EVENT'
const INVALID = 'ERR_HYPERCACHE_INVALID_EVENT'

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

/** Payloads that no bus may take. */
const badPayloads: (readonly [type: EventType, payload: unknown])[] = [
  ...[undefined, null, 'text', 42, []].map((payload) => ['coordinator:started', payload] as const),
  ['coordinator:started', {}],
  ['member:joined', {}],
  ['member:joined', { member: 'node2' }],
  ['health:changed', { isReady: 1, reasons: [], checks: [] }],
  ...[{}, { name: '' }, { name: 42 }, { name: 'é'.repeat(128) }].map(
    (payload) => ['custom', payload] as const,
  ),
  ['custom', { name: 'cyclic', data: cyclic }],
  ['custom', { name: 'function', data: () => undefined }],
]

const eventRules: Rule<EventBusUnderTest>[] = [
  rule('gives every event to every subscriber, once', async ({ bus, settle }) => {
    const all = [recorded(bus), recorded(bus), recorded(bus, allTypes)]
    const published = publishAll(bus)
    await settle()
    for (const { events } of all) expect(events).toEqual(published)
  }),
  rule('gives events in the order of publication', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    publishNumbers(bus, 50)
    bus.publish('coordinator:started', payloads['coordinator:started'])
    publishNumbers(bus, 50, 51)
    await settle()
    expect(subscriber.sequences()).toEqual(Array.from({ length: 101 }, (_, at) => at + 1))
    expect(subscriber.numbers().filter(Number)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
  }),
  rule('answers the event, with the type and the payload that were given', ({ bus }) => {
    for (const type of allTypes) {
      expect(bus.publish(type, payloads[type] as never)).toMatchObject({ type, payload: payloads[type] })
    }
  }),
  rule('numbers the events of all types from 1, without a gap', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    const numbers = [...publishAll(bus), ...publishNumbers(bus, 3)].map(({ sequence }) => sequence)
    await settle()
    expect(numbers).toEqual(Array.from({ length: allTypes.length + 3 }, (_, at) => at + 1))
    expect(subscriber.sequences()).toEqual(numbers)
  }),
  rule('has Lamport times that rise with each event', ({ bus }) => {
    const times = publishAll(bus).map(({ lamportTime }) => lamportTime)
    times.forEach((time, at) => {
      expect(Number.isSafeInteger(time)).toBe(true)
      expect(time).toBeGreaterThan(at === 0 ? 0 : times[at - 1]!)
    })
  }),
  rule('stamps events with the time of their publication', ({ bus, nowMs }) => {
    const beforeMs = nowMs?.() ?? 1
    const { timestampMs } = publishNumbers(bus, 1)[0]!
    expect(Number.isFinite(timestampMs)).toBe(true)
    expect(timestampMs).toBeGreaterThanOrEqual(beforeMs)
    expect(timestampMs).toBeLessThanOrEqual(nowMs?.() ?? Infinity)
  }),
  rule('freezes events, and their payloads', async (made) => {
    const subscriber = recorded(made.bus)
    const stream = made.bus.stream()
    const published = publishAll(made.bus)
    await made.settle()
    const streamed = (await taken(made, stream)).value as object
    for (const event of [...published, ...subscriber.events]) {
      expect([event.type, Object.isFrozen(event), Object.isFrozen(event.payload)]).toEqual([
        event.type,
        true,
        true,
      ])
    }
    expect(Object.isFrozen(streamed)).toBe(true)
    expect(made.bus.log().every((event) => Object.isFrozen(event))).toBe(true)
  }),
  rule('gives all subscribers the same object', async (made) => {
    const [one, other] = [recorded(made.bus), recorded(made.bus, 'custom')]
    const stream = made.bus.stream()
    publishNumbers(made.bus, 1)
    await made.settle()
    expect(one.events).toHaveLength(1)
    expect(other.events[0]).toBe(one.events[0])
    expect((await taken(made, stream)).value).toBe(one.events[0])
  }),
  rule('keeps an event as it was published, whatever the publisher changes later', async (made) => {
    const stream = made.bus.stream()
    const data = { list: [1], number: 1 }
    const payload = { name: 'kept', data }
    made.bus.publish('custom', payload)
    payload.name = 'changed'
    data.list.push(2)
    data.number = 2
    const kept = { name: 'kept', data: { list: [1], number: 1 } }
    expect((await taken(made, stream)).value).toMatchObject({ payload: kept })
    expect(made.bus.log()).toMatchObject([{ payload: kept }])
  }),
  rule('refuses types that do not exist', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    for (const type of ['member:gone', 'events:lost', '', 'toString', '__proto__', undefined, null, 7]) {
      const wrong = type as unknown as 'custom'
      expect(await refusalCode(() => bus.publish(wrong, { name: 'x' }))).toBe(UNKNOWN)
      expect(await refusalCode(() => bus.subscribe(['custom', wrong], () => undefined))).toBe(UNKNOWN)
      expect(await refusalCode(() => bus.once(['custom', wrong], () => undefined))).toBe(UNKNOWN)
      expect(await refusalCode(() => bus.once(['custom', wrong]))).toBe(UNKNOWN)
      expect(await refusalCode(() => bus.stream(['custom', wrong]))).toBe(UNKNOWN)
      expect(await refusalCode(() => bus.log({ types: ['custom', wrong] }))).toBe(UNKNOWN)
    }
    await nothingHappened(bus, settle, subscriber.events)
  }),
  rule('refuses payloads that subscribers could not use', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    for (const [type, payload] of badPayloads) {
      expect([type, await refusalCode(() => bus.publish(type, payload as never))]).toEqual([type, INVALID])
    }
    await nothingHappened(bus, settle, subscriber.events)
  }),
]

/** A refused call leaves everything as it was: the next event is the first. */
async function nothingHappened(bus: EventBus, settle: () => unknown, events: readonly unknown[]) {
  await settle()
  expect(events).toEqual([])
  expect(bus.log()).toEqual([])
  expect(bus.metrics()).toMatchObject({ publishedCount: 0, deliveredCount: 0, subscriberCount: 1 })
  expect(publishNumbers(bus, 1)[0]!.sequence).toBe(1)
}

const subscribingRules: Rule<EventBusUnderTest>[] = [
  rule('gives a listener the types that it asked for, and no others', async ({ bus, settle }) => {
    const pairs = allTypes.map((type) => [[type], recorded(bus, type)] as const)
    const two = recorded(bus, ['custom', 'member:left', 'custom'])
    publishAll(bus)
    await settle()
    for (const [types, { events }] of pairs) expect(events.map(({ type }) => type)).toEqual(types)
    expect(two.events.map(({ type }) => type)).toEqual(['member:left', 'custom'])
  }),
  rule('begins with the events that come after the subscription', async ({ bus, settle }) => {
    publishNumbers(bus, 3)
    const subscriber = recorded(bus)
    await settle()
    publishNumbers(bus, 2, 4)
    await settle()
    expect(subscriber.numbers()).toEqual([4, 5])
  }),
  rule('gives who subscribes during a delivery only what comes after it', async ({ bus, settle }) => {
    const late = recorder()
    bus.once('custom', () => {
      publishNumbers(bus, 1, 2)
      bus.subscribe(late.listener)
    })
    publishNumbers(bus, 1)
    await settle()
    publishNumbers(bus, 1, 3)
    await settle()
    expect(late.numbers()).toEqual([3])
  }),
  rule('gives nothing after the end of a subscription, by each way to end it', async ({ bus, settle }) => {
    const ways: ((stop: StopWatching) => void)[] = [
      (stop) => stop(),
      (stop) => stop.close(),
      (stop) => stop[Symbol.dispose](),
    ]
    const [stays, ...ended] = [recorded(bus), ...ways.map(() => recorded(bus))]
    publishNumbers(bus, 1)
    await settle()
    ended.forEach(({ stop }, at) => ways[at]!(stop))
    publishNumbers(bus, 1, 2)
    await settle()
    ended.forEach(({ stop }) => stop())
    expect(stays.numbers()).toEqual([1, 2])
    for (const subscriber of ended) expect(subscriber.numbers()).toEqual([1])
  }),
  rule('gives nothing more to a listener that another one ends', async ({ bus, settle }) => {
    const heard: string[] = []
    const stops = new Map<string, StopWatching>()
    // Each ends the other: whoever comes first is the only one.
    for (const [name, other] of ['ab', 'ba']) {
      const listener = () => {
        heard.push(name!)
        stops.get(other!)!()
      }
      stops.set(name!, bus.subscribe('custom', listener))
    }
    publishNumbers(bus, 2)
    await settle()
    expect(heard).toHaveLength(2)
    expect(new Set(heard).size).toBe(1)
  }),
  rule('takes one function twice as two subscriptions', async ({ bus, settle }) => {
    const { listener, numbers } = recorder()
    const [first] = [bus.subscribe(listener), bus.subscribe(listener)]
    publishNumbers(bus, 1)
    await settle()
    first.close()
    publishNumbers(bus, 1, 2)
    await settle()
    expect(numbers()).toEqual([1, 1, 2])
  }),
  rule('gives nothing after the signal', async ({ bus, settle }) => {
    const abort = new AbortController()
    const subscriber = recorded(bus, undefined, { signal: abort.signal })
    const once = recorder()
    bus.once('custom', once.listener, { signal: abort.signal })
    bus.publish('coordinator:started', payloads['coordinator:started'])
    await settle()
    abort.abort()
    publishNumbers(bus, 1)
    await settle()
    expect([subscriber.events.length, once.events.length]).toEqual([1, 0])
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('gives nothing where the signal came before', async ({ bus, settle }) => {
    const signal = AbortSignal.abort()
    const once = recorder()
    const subscriber = recorded(bus, 'custom', { signal })
    bus.once('custom', once.listener, { signal })
    publishNumbers(bus, 1)
    await settle()
    expect([...subscriber.events, ...once.events]).toEqual([])
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('lets go of the signal when a subscription has ended', async ({ bus, settle }) => {
    const { signal } = new AbortController()
    const held = () => getEventListeners(signal, 'abort').length
    bus.subscribe(() => undefined, { signal })()
    await bus.stream({ signal }).return!()
    bus.once('custom', () => undefined, { signal })
    const next = bus.once('custom', { signal })
    publishNumbers(bus, 1)
    await settle()
    await next
    expect(held()).toBe(0)
    bus.subscribe(() => undefined, { signal })
    bus.stream({ signal })
    bus.once('custom', () => undefined, { signal })
    bus.once('custom', { signal }).catch(() => undefined)
    bus.close()
    await settle()
    expect(held()).toBe(0)
  }),
  rule('refuses what is no listener and no option', async ({ bus, settle }) => {
    const listener = () => undefined
    const code = (options: object) => refusalCode(() => bus.subscribe('custom', listener, options))
    expect(await refusalCode(() => bus.subscribe('custom', 42 as never))).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await code({ signal: {} })).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await code({ onLost: 'x' })).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await code({ limit: 1 })).toBe('ERR_HYPERCACHE_UNKNOWN_FIELD')
    for (const queueLimit of [0, 1.5, -1, NaN, 1_000_001]) {
      expect(await code({ queueLimit })).toBe('ERR_HYPERCACHE_OUT_OF_RANGE')
      expect(await refusalCode(() => bus.stream({ queueLimit }))).toBe('ERR_HYPERCACHE_OUT_OF_RANGE')
    }
    await settle()
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
]

const onceRules: Rule<EventBusUnderTest>[] = [
  rule('calls a once listener with the next event of its types, and no more', async ({ bus, settle }) => {
    publishNumbers(bus, 1)
    const { events, listener } = recorder()
    const both = (event: Parameters<typeof listener>[0]) => {
      listener(event)
      if (events.length < 5) publishNumbers(bus, 1, 9)
    }
    bus.once(['custom', 'coordinator:started'], both)
    bus.publish('coordinator:stopped', payloads['coordinator:stopped'])
    publishNumbers(bus, 3, 2)
    await settle()
    expect(events.map(numberOf)).toEqual([2])
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('does not call a once listener that was ended', async ({ bus, settle }) => {
    const { events, listener } = recorder()
    bus.once('custom', listener)()
    publishNumbers(bus, 1)
    await settle()
    expect(events).toEqual([])
  }),
  rule('resolves once() with the next event of its types', async ({ bus, settle }) => {
    publishNumbers(bus, 1)
    const next = bus.once<keyof EventMap>(['custom', 'coordinator:started'])
    bus.publish('coordinator:stopped', payloads['coordinator:stopped'])
    const [second] = publishNumbers(bus, 2, 2)
    expect(await settledValue(next, settle)).toEqual(second)
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('rejects once() with the reason of the signal', async ({ bus, settle }) => {
    const abort = new AbortController()
    const [reason, early] = [new Error('on purpose'), new Error('before')]
    const next = bus.once('custom', { signal: abort.signal }).catch((error: unknown) => error)
    const never = bus.once('custom', { signal: AbortSignal.abort(early) }).catch((error: unknown) => error)
    abort.abort(reason)
    publishNumbers(bus, 1)
    expect(await settledValue(next, settle)).toBe(reason)
    expect(await settledValue(never, settle)).toBe(early)
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('rejects once() when the bus is closed', async ({ bus, settle }) => {
    const next = refusalCode(() => bus.once('custom'))
    bus.close()
    expect(await settledValue(next, settle)).toBe('ERR_HYPERCACHE_BUS_CLOSED')
  }),
]

/** The rules about publishing, subscribing and `once`. */
export const publishingRules: readonly Rule<EventBusUnderTest>[] = [
  ...eventRules,
  ...subscribingRules,
  ...onceRules,
]
