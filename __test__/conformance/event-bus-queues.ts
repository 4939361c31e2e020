/** The rules of event buses about listeners that fail, publish or are slow, and about streams. */

import { expect } from 'vitest'

import type { EventBus } from '../../dist/index.js'
import {
  type EventBusUnderTest,
  publishAll,
  publishNumbers,
  recorded,
  recorder,
  slow,
  taken,
  takenNumbers,
} from './event-bus-subject'
import { type Rule, rule, settledValue, warningsOf } from './rules'

const FAILED = 'ERR_HYPERCACHE_LISTENER_FAILED'
const LOST = 'ERR_HYPERCACHE_EVENTS_LOST'
/** More calls in a row than any bus makes without a turn of the event loop in between. */
const FROZEN_AT = 50_000

const countTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

/** Has a listener publish with every call. Answers whether others had their turns meanwhile. */
async function leavesTurns(bus: EventBus, settle: () => unknown, isAsync: boolean) {
  let [count, isOver, isFrozen] = [0, false, false]
  const again = () => {
    count += 1
    isFrozen ||= count > FROZEN_AT
    if (!isOver && !isFrozen) publishNumbers(bus, 1)
  }
  const stop = bus.subscribe('custom', isAsync ? () => Promise.resolve().then(again) : again)
  publishNumbers(bus, 1)
  await new Promise((resolve) => setImmediate(resolve))
  isOver = true
  await settle()
  stop()
  return !isFrozen
}

const listenerRules: Rule<EventBusUnderTest>[] = [
  ...(['throws', 'rejects'] as const).map((way) =>
    rule<EventBusUnderTest>(`goes on where a listener ${way}, and warns of it`, async ({ bus, settle }) => {
      const calls = recorder()
      const before = recorded(bus)
      bus.subscribe((event) => {
        calls.listener(event)
        if (way === 'throws') throw new Error('on purpose')
        return Promise.reject(new Error('on purpose'))
      })
      const after = recorded(bus)
      const codes = await warningsOf(async () => {
        publishNumbers(bus, 3)
        await settle()
      })
      for (const { numbers } of [before, calls, after]) expect(numbers()).toEqual([1, 2, 3])
      expect(codes).toEqual([FAILED, FAILED, FAILED])
      expect(bus.metrics().failedCount).toBe(3)
    }),
  ),
  rule('has one order for all where listeners publish', async ({ bus, settle }) => {
    const before = recorded(bus)
    bus.subscribe('custom', ({ payload }) => {
      if ((payload.data as number) < 4) publishNumbers(bus, 2, (payload.data as number) * 2)
    })
    const after = recorded(bus)
    publishNumbers(bus, 1)
    await settle()
    expect(before.numbers()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(after.numbers()).toEqual(before.numbers())
    expect(after.sequences()).toEqual(countTo(7))
  }),
  rule('leaves others their turns where a listener publishes for ever', async ({ bus, settle }) => {
    expect(await leavesTurns(bus, settle, false)).toBe(true)
    expect(await leavesTurns(bus, settle, true)).toBe(true)
  }),
  rule('delivers everything where listeners publish very much', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    bus.once('custom', () => void publishNumbers(bus, 3_000, 2))
    publishNumbers(bus, 1)
    for (let turn = 0; turn < 100 && subscriber.events.length < 3_001; turn += 1) await settle()
    expect(subscriber.numbers()).toEqual(countTo(3_001))
  }),
  rule('calls a listener again when its promise has settled, not before', async ({ bus, settle }) => {
    const { told, listener, letGo } = slow()
    bus.subscribe(listener)
    publishNumbers(bus, 3)
    for (const count of [1, 2, 3]) {
      await settle()
      expect(told).toEqual(countTo(count))
      letGo()
    }
  }),
  rule('never calls a listener in the middle of its call', async ({ bus, settle }) => {
    let [depth, deepest] = [0, 0]
    const { events, listener } = recorder()
    bus.subscribe((event) => {
      depth += 1
      deepest = Math.max(deepest, depth)
      listener(event)
      if (event.sequence < 5) publishNumbers(bus, 1)
      depth -= 1
      return event.sequence === 2 ? undefined : Promise.resolve()
    })
    publishNumbers(bus, 1)
    await settle()
    expect(deepest).toBe(1)
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
  }),
  rule('lets nobody wait for a listener that is busy', async ({ bus, settle }) => {
    const { listener, free } = slow()
    bus.subscribe(listener)
    const other = recorded(bus)
    publishNumbers(bus, 3)
    await settle()
    expect(other.numbers()).toEqual([1, 2, 3])
    free()
  }),
]

const lossRules: Rule<EventBusUnderTest>[] = [
  rule('tells a slow listener how many events it lost, and where', async ({ bus, settle }) => {
    const { told, listener, onLost, free } = slow()
    const subscription = bus.subscribe('custom', listener, { queueLimit: 3, onLost })
    publishNumbers(bus, 8)
    await settle()
    expect(bus.metrics()).toMatchObject({ queuedCount: 3, droppedCount: 4 })
    free()
    await settle()
    publishNumbers(bus, 1, 9)
    await settle()
    expect(told).toEqual([1, 2, 3, 4, 'lost 4', 9])
    expect(bus.metrics()).toMatchObject({ queuedCount: 0, droppedCount: 4 })
    subscription.close()
  }),
  rule('tells each loss by itself', async ({ bus, settle }) => {
    const { told, listener, onLost, letGo, free } = slow()
    bus.subscribe('custom', listener, { queueLimit: 2, onLost })
    publishNumbers(bus, 5)
    await settle()
    letGo()
    await settle()
    publishNumbers(bus, 2, 6)
    await settle()
    free()
    await settle()
    publishNumbers(bus, 1, 8)
    await settle()
    expect(told).toEqual([1, 2, 3, 'lost 2', 6, 'lost 1', 8])
    expect(bus.metrics().droppedCount).toBe(3)
  }),
  rule('loses nothing of as many events as the limit says', async ({ bus, settle }) => {
    const { told, listener, onLost, free } = slow()
    bus.subscribe('custom', listener, { queueLimit: 3, onLost })
    publishNumbers(bus, 4)
    await settle()
    free()
    await settle()
    publishNumbers(bus, 1, 5)
    await settle()
    expect(told).toEqual([1, 2, 3, 4, 5])
    expect(bus.metrics().droppedCount).toBe(0)
  }),
  rule('warns of a loss where no onLost was given', async ({ bus, settle }) => {
    const { listener, free } = slow()
    bus.subscribe('custom', listener, { queueLimit: 1 })
    const codes = await warningsOf(async () => {
      publishNumbers(bus, 5)
      await settle()
      free()
      await settle()
      publishNumbers(bus, 1)
      await settle()
    })
    expect(codes).toEqual([LOST])
  }),
  rule('does not warn of a loss that onLost was told', async ({ bus, settle }) => {
    const { told, listener, onLost, free } = slow()
    bus.subscribe('custom', listener, { queueLimit: 1, onLost })
    const codes = await warningsOf(async () => {
      publishNumbers(bus, 3)
      await settle()
      free()
      await settle()
      publishNumbers(bus, 1, 4)
      await settle()
    })
    expect(told).toEqual([1, 2, 'lost 1', 4])
    expect(codes).toEqual([])
  }),
  rule('goes on where onLost throws', async ({ bus, settle }) => {
    const { told, listener, free } = slow()
    const onLost = () => {
      throw new Error('on purpose')
    }
    bus.subscribe('custom', listener, { queueLimit: 1, onLost })
    const codes = await warningsOf(async () => {
      publishNumbers(bus, 3)
      await settle()
      free()
      await settle()
      publishNumbers(bus, 1, 4)
      await settle()
    })
    expect(told).toEqual([1, 2, 4])
    expect(codes).toEqual([FAILED])
  }),
  rule('bounds what waits for those who name no limit', async ({ bus, settle, queueLimit = 10_000 }) => {
    const { listener, onLost } = slow()
    bus.subscribe('custom', listener, { onLost })
    const stream = bus.stream()
    publishNumbers(bus, queueLimit + 3)
    await settle()
    expect(bus.metrics()).toMatchObject({ queuedCount: 2 * queueLimit, droppedCount: 2 + 3 })
    await stream.return!()
  }),
]

const streamRules: Rule<EventBusUnderTest>[] = [
  rule('streams events in order, those that wait and those that are waited for', async (made) => {
    const stream = made.bus.stream()
    publishNumbers(made.bus, 2)
    await made.settle()
    const waiting = await takenNumbers(made, stream, 2)
    const asked = [stream.next(), stream.next(), stream.next()]
    publishNumbers(made.bus, 3, 3)
    const rest = await Promise.all(asked.map((next) => settledValue(next, made.settle)))
    expect(waiting).toEqual([1, 2])
    expect(rest.map(({ value }) => (value as { sequence: number }).sequence)).toEqual([3, 4, 5])
  }),
  rule('streams with for await, until its loop is left', async ({ bus, settle }) => {
    const stream = bus.stream('custom')
    publishNumbers(bus, 3)
    await settle()
    const numbers: number[] = []
    const loop = (async () => {
      for await (const item of stream) if (numbers.push((item as { sequence: number }).sequence) === 2) break
    })()
    await settledValue(loop, settle)
    expect(numbers).toEqual([1, 2])
    expect(bus.metrics()).toMatchObject({ subscriberCount: 0, queuedCount: 0 })
  }),
  rule('streams the types that were asked for, and no others', async (made) => {
    const stream = made.bus.stream(['custom', 'member:left'])
    publishAll(made.bus)
    await made.settle()
    const types = [(await taken(made, stream)).value, (await taken(made, stream)).value] as { type: string }[]
    made.bus.close()
    expect(types.map(({ type }) => type)).toEqual(['member:left', 'custom'])
    expect((await taken(made, stream)).done).toBe(true)
  }),
  rule('streams nothing from before it began', async (made) => {
    publishNumbers(made.bus, 2)
    const stream = made.bus.stream()
    publishNumbers(made.bus, 1, 3)
    expect(await takenNumbers(made, stream, 1)).toEqual([3])
  }),
  rule('puts the news of a loss into a stream where the loss was', async (made) => {
    const { bus, settle } = made
    const stream = bus.stream({ queueLimit: 2 })
    publishNumbers(bus, 5)
    await settle()
    expect(bus.metrics()).toMatchObject({ queuedCount: 2, droppedCount: 3 })
    const first = await takenNumbers(made, stream, 1)
    publishNumbers(bus, 2, 6)
    await settle()
    const rest = await takenNumbers(made, stream, 4)
    publishNumbers(bus, 1, 8)
    await settle()
    expect([...first, ...rest, ...(await takenNumbers(made, stream, 1))]).toEqual([
      ...[1, 2, 'lost 3', 6, 'lost 1', 8],
    ])
    expect(bus.metrics()).toMatchObject({ queuedCount: 0, droppedCount: 4 })
  }),
  rule('has a queue for each stream', async (made) => {
    const [small, large] = [made.bus.stream({ queueLimit: 1 }), made.bus.stream({ queueLimit: 5 })]
    publishNumbers(made.bus, 3)
    await made.settle()
    expect(await takenNumbers(made, large, 3)).toEqual([1, 2, 3])
    expect(await takenNumbers(made, small, 2)).toEqual([1, 'lost 2'])
  }),
  rule('ends a stream with the signal, with nothing that waited', async (made) => {
    const abort = new AbortController()
    const stream = made.bus.stream({ signal: abort.signal })
    const idle = made.bus.stream('coordinator:started', { signal: abort.signal }).next()
    publishNumbers(made.bus, 2)
    await made.settle()
    abort.abort()
    expect((await settledValue(idle, made.settle)).done).toBe(true)
    expect((await taken(made, stream)).done).toBe(true)
    const early = made.bus.stream({ signal: AbortSignal.abort() })
    publishNumbers(made.bus, 1)
    expect((await taken(made, early)).done).toBe(true)
    expect(made.bus.metrics().subscriberCount).toBe(0)
  }),
  rule('ends a stream that is returned from', async (made) => {
    const stream = made.bus.stream()
    const asked = stream.next()
    expect((await settledValue(stream.return!(), made.settle)).done).toBe(true)
    expect((await settledValue(asked, made.settle)).done).toBe(true)
    publishNumbers(made.bus, 1)
    expect((await taken(made, stream)).done).toBe(true)
    expect(made.bus.metrics().subscriberCount).toBe(0)
  }),
]

/** The rules about listeners that fail or are slow, and about streams. */
export const queueRules: readonly Rule<EventBusUnderTest>[] = [...listenerRules, ...lossRules, ...streamRules]
