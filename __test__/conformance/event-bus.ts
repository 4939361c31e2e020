/** The conformance suite of event buses. See `docs/providers.md`. */

import { expect } from 'vitest'

import { broadcastRules } from './event-bus-broadcasts'
import { publishingRules } from './event-bus-publishing'
import { queueRules } from './event-bus-queues'
import {
  type EventBusUnderTest,
  allTypes,
  numberOf,
  publishAll,
  publishNumbers,
  recorded,
  recorder,
  slow,
  taken,
  takenNumbers,
} from './event-bus-subject'
import { type Rule, refusalCode, registerRules, rule, settledValue, warningsOf } from './rules'

const CLOSED = 'ERR_HYPERCACHE_BUS_CLOSED'
const OUT_OF_RANGE = 'ERR_HYPERCACHE_OUT_OF_RANGE'

const logRules: Rule<EventBusUnderTest>[] = [
  rule('logs the events as they were, oldest first', async ({ bus, settle }) => {
    expect(bus.log()).toEqual([])
    const published = publishAll(bus)
    await settle()
    expect(bus.log()).toEqual(published)
    expect(bus.metrics().log.eventCount).toBe(allTypes.length)
  }),
  rule(
    'keeps the last events, and no more than the log may hold',
    async ({ bus, settle, logSize = 1_000 }) => {
      for (let at = 0; at < 2 * logSize; at += 100) publishNumbers(bus, 100)
      publishNumbers(bus, 7)
      await settle()
      const last = Math.ceil((2 * logSize) / 100) * 100 + 7
      const wanted = Array.from({ length: logSize }, (_, at) => last - logSize + 1 + at)
      expect(bus.log().map(({ sequence }) => sequence)).toEqual(wanted)
      expect(bus.metrics().log.eventCount).toBe(logSize)
    },
  ),
  rule('answers the events of the types that are asked for', async ({ bus, settle }) => {
    publishAll(bus)
    publishNumbers(bus, 2)
    await settle()
    const typesOf = (types: Parameters<typeof bus.log>[0]) => bus.log(types).map(({ type }) => type)
    expect(typesOf({ types: 'custom' })).toEqual(['custom', 'custom', 'custom'])
    expect(typesOf({ types: ['member:left', 'member:joined'] })).toEqual(['member:joined', 'member:left'])
  }),
  rule('answers the events after a number, and the newest so many', async ({ bus, settle }) => {
    publishNumbers(bus, 10)
    await settle()
    const numbers = (query: Parameters<typeof bus.log>[0]) => bus.log(query).map(numberOf)
    expect(numbers({ after: 7 })).toEqual([8, 9, 10])
    expect(numbers({ after: 0 })).toHaveLength(10)
    expect(numbers({ after: 10 })).toEqual([])
    expect(numbers({ limit: 2 })).toEqual([9, 10])
    expect(numbers({ limit: 1_000_000 })).toHaveLength(10)
    expect(numbers({ types: 'custom', after: 3, limit: 4 })).toEqual([7, 8, 9, 10])
    expect(numbers({ types: 'member:left', limit: 4 })).toEqual([])
  }),
  rule('counts the limit of a query in events of its types', async ({ bus, settle }) => {
    bus.publish('coordinator:started', { nodeId: 'node1' })
    bus.publish('coordinator:stopped', { nodeId: 'node1' })
    publishNumbers(bus, 5)
    await settle()
    const found = bus.log({ types: ['coordinator:started', 'coordinator:stopped'], limit: 1 })
    expect(found.map(({ sequence }) => sequence)).toEqual([2])
  }),
  rule('refuses queries that make no sense', async ({ bus }) => {
    publishNumbers(bus, 2)
    for (const query of [{ after: -1 }, { after: 0.5 }, { limit: 0 }, { limit: 1.5 }, { limit: 1_000_001 }]) {
      expect([query, await refusalCode(() => bus.log(query))]).toEqual([query, OUT_OF_RANGE])
    }
    expect(await refusalCode(() => bus.log({ before: 1 } as object))).toBe('ERR_HYPERCACHE_UNKNOWN_FIELD')
  }),
]

const metricsRules: Rule<EventBusUnderTest>[] = [
  rule('counts what is published, by type too', async ({ bus, settle }) => {
    const none = Object.fromEntries(allTypes.map((type) => [type, 0]))
    expect(bus.metrics()).toMatchObject({ publishedCount: 0, publishedByType: none })
    publishAll(bus)
    publishNumbers(bus, 2)
    await settle()
    const counts = { ...Object.fromEntries(allTypes.map((type) => [type, 1])), custom: 3 }
    expect(bus.metrics()).toMatchObject({ publishedCount: allTypes.length + 2 })
    expect(bus.metrics().publishedByType).toEqual(counts)
  }),
  rule('counts what listeners and streams are given', async (made) => {
    const { bus, settle } = made
    recorded(bus)
    recorded(bus, 'member:left')
    bus.once('custom', () => undefined)
    const stream = bus.stream()
    publishNumbers(bus, 3)
    await settle()
    expect(bus.metrics().deliveredCount).toBe(3 + 1)
    await takenNumbers(made, stream, 2)
    expect(bus.metrics()).toMatchObject({ deliveredCount: 3 + 1 + 2, queuedCount: 1 })
    await taken(made, stream)
    const asked = stream.next()
    publishNumbers(bus, 1)
    await settledValue(asked, settle)
    expect(bus.metrics()).toMatchObject({ deliveredCount: 4 + 1 + 4, queuedCount: 0, droppedCount: 0 })
  }),
  rule('counts subscribers, each once, for as long as they are', async ({ bus, settle }) => {
    const abort = new AbortController()
    const stop = recorded(bus).stop
    bus.subscribe(['custom', 'member:left'], () => undefined, { signal: abort.signal })
    bus.once('custom', () => undefined)
    const next = bus.once('custom')
    const stream = bus.stream()
    expect(bus.metrics().subscriberCount).toBe(5)
    publishNumbers(bus, 1)
    await settle()
    await next
    expect(bus.metrics().subscriberCount).toBe(3)
    stop()
    stop()
    abort.abort()
    expect(bus.metrics().subscriberCount).toBe(1)
    await stream.return!()
    expect(bus.metrics().subscriberCount).toBe(0)
  }),
  rule('counts listeners that fail, of each call once', async ({ bus, settle }) => {
    recorded(bus)
    bus.subscribe('custom', ({ sequence }) => {
      if (sequence % 2 === 0) throw new Error('on purpose')
    })
    bus.subscribe('custom', ({ sequence }) =>
      sequence % 3 === 0 ? Promise.reject(new Error('on purpose')) : undefined,
    )
    await warningsOf(async () => {
      publishNumbers(bus, 6)
      await settle()
    })
    expect(bus.metrics()).toMatchObject({ failedCount: 3 + 2, deliveredCount: 18 })
  }),
  rule('tells when the last event was published', async ({ bus, settle }) => {
    expect(bus.metrics().lastEventAtMs).toBeUndefined()
    const { timestampMs } = publishNumbers(bus, 2)[1]!
    await settle()
    expect(bus.metrics().lastEventAtMs).toBe(timestampMs)
  }),
]

const closingRules: Rule<EventBusUnderTest>[] = [
  rule('delivers nothing after close, not what waited either', async (made) => {
    const { bus, settle } = made
    const { told, listener, onLost, free } = slow()
    bus.subscribe(listener, { queueLimit: 2, onLost })
    const once = recorder()
    bus.once('member:left', once.listener)
    const stream = bus.stream()
    publishNumbers(bus, 5)
    await settle()
    bus.close()
    free()
    await settle()
    expect(told).toEqual([1])
    expect(once.events).toEqual([])
    expect((await taken(made, stream)).done).toBe(true)
    expect(bus.metrics()).toMatchObject({ subscriberCount: 0, queuedCount: 0 })
  }),
  rule('delivers nothing more where a listener closes it', async ({ bus, settle }) => {
    const heard: number[] = []
    for (const number of [1, 2]) {
      bus.subscribe('custom', () => {
        heard.push(number)
        if (heard.length === 1) publishNumbers(bus, 1, 2)
        bus.close()
      })
    }
    publishNumbers(bus, 1)
    await settle()
    expect(heard).toHaveLength(1)
  }),
  rule('ends streams that are waited for when it is closed', async ({ bus, settle }) => {
    const asked = [bus.stream().next(), bus.stream('custom').next()]
    await settle()
    bus.close()
    for (const next of asked) expect((await settledValue(next, settle)).done).toBe(true)
  }),
  rule('refuses to publish and to subscribe after close', async ({ bus, settle }) => {
    const [first] = publishNumbers(bus, 1)
    bus.close()
    await settle()
    expect(await refusalCode(() => publishNumbers(bus, 1))).toBe(CLOSED)
    expect(await refusalCode(() => bus.subscribe(() => undefined))).toBe(CLOSED)
    expect(await refusalCode(() => bus.subscribe('custom', () => undefined))).toBe(CLOSED)
    expect(await refusalCode(() => bus.once('custom', () => undefined))).toBe(CLOSED)
    expect(await refusalCode(() => bus.once('custom'))).toBe(CLOSED)
    expect(await refusalCode(() => bus.stream())).toBe(CLOSED)
    expect(bus.log()).toEqual([first])
    expect(bus.metrics()).toMatchObject({ publishedCount: 1, lastEventAtMs: first!.timestampMs })
  }),
  rule('may be closed again, by each way, and says so', async ({ bus, settle }) => {
    const { stop } = recorded(bus)
    expect(bus.isClosed).toBe(false)
    bus[Symbol.dispose]()
    expect(bus.isClosed).toBe(true)
    bus.close()
    bus[Symbol.dispose]()
    stop()
    await settle()
    expect(bus.isClosed).toBe(true)
    expect(await refusalCode(() => publishNumbers(bus, 1))).toBe(CLOSED)
  }),
]

/** The rules of every bus. */
export const eventBusRules: readonly Rule<EventBusUnderTest>[] = [
  ...publishingRules,
  ...queueRules,
  ...broadcastRules,
  ...logRules,
  ...metricsRules,
  ...closingRules,
]

/** Registers a test for each rule that an event bus has to keep. `make` gives a new one each time. */
export function eventBusConformance(make: () => EventBusUnderTest | Promise<EventBusUnderTest>): void {
  registerRules(eventBusRules, make)
}

export type { EventBusUnderTest } from './event-bus-subject'
