/** The rules of event buses about what is told to the whole cluster. */

import { expect } from 'vitest'

import { type EventBusUnderTest, recorded } from './event-bus-subject'
import { type Rule, refusalCode, rule } from './rules'

const TOO_LARGE = 'ERR_HYPERCACHE_BROADCAST_TOO_LARGE'
const INVALID = 'ERR_HYPERCACHE_INVALID_EVENT'

/** The rules about broadcasts. The bus is in no cluster, or alone in one. */
export const broadcastRules: readonly Rule<EventBusUnderTest>[] = [
  rule('tells a broadcast here too, once, as an event', async ({ bus, settle }) => {
    const subscriber = recorded(bus, 'broadcast')
    const event = bus.broadcast('deploy', { version: '1.2' })
    await settle()
    expect(subscriber.events).toEqual([event])
    expect(event).toMatchObject({ type: 'broadcast', payload: { name: 'deploy', data: { version: '1.2' } } })
    expect(typeof event.payload.originNodeId).toBe('string')
    expect(bus.log()).toEqual([event])
    expect(bus.metrics().publishedByType.broadcast).toBe(1)
  }),
  rule('gives broadcasts the Lamport time of their sending, below that of the event', ({ bus }) => {
    const events = [bus.broadcast('first'), bus.broadcast('second')]
    const [first, second] = events.map(({ payload, lamportTime }) => [payload.originLamportTime, lamportTime])
    expect(first![0]).toBeGreaterThan(0)
    expect(first![1]).toBeGreaterThan(first![0]!)
    expect(second![0]).toBeGreaterThan(first![1]!)
    expect(second![1]).toBeGreaterThan(second![0]!)
  }),
  rule('tells the data of a broadcast as JSON carries it, whatever its owner does later', ({ bus }) => {
    const data = { at: new Date(0), list: [1, undefined], left: undefined, size: 2n ** 64n }
    const { payload } = bus.broadcast('told', data)
    data.list.push(2)
    const carried = { at: '1970-01-01T00:00:00.000Z', list: [1, null], size: '18446744073709551616' }
    expect(payload.data).toEqual(carried)
    expect(Object.isFrozen(payload) && Object.isFrozen(payload.data)).toBe(true)
    for (const value of [null, 0, false, '', 'text', []])
      expect(bus.broadcast('x', value).payload.data).toEqual(value)
    expect('data' in bus.broadcast('nothing').payload).toBe(false)
  }),
  rule('takes 512 bytes of name and data, and refuses one more (Z-46)', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    const fits = (name: string, text: string) => expect(bus.broadcast(name, text).payload.data).toBe(text)
    // A text has two quotes in JSON.
    fits('n', 'x'.repeat(509))
    fits('n', 'ü'.repeat(254))
    fits('n'.repeat(255), 'x'.repeat(255))
    await settle()
    const told = subscriber.events.length
    for (const [name, data] of [
      ['n', 'x'.repeat(510)],
      ['nn', 'ü'.repeat(255)],
      ['n', { deep: 'x'.repeat(10_000) }],
    ] as const) {
      expect(await refusalCode(() => bus.broadcast(name, data))).toBe(TOO_LARGE)
    }
    await settle()
    expect(subscriber.events).toHaveLength(told)
    expect(bus.metrics().publishedCount).toBe(told)
  }),
  rule('refuses a broadcast whose name is none, or whose data JSON cannot hold', async ({ bus, settle }) => {
    const subscriber = recorded(bus)
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    for (const name of ['', 'é'.repeat(128), '\ud800', 7, undefined]) {
      expect(await refusalCode(() => bus.broadcast(name as string))).toBe(INVALID)
    }
    for (const data of [cyclic, () => undefined, Symbol('x')]) {
      expect(await refusalCode(() => bus.broadcast('x', data))).toBe(INVALID)
    }
    await settle()
    expect(subscriber.events).toEqual([])
    expect(bus.metrics().publishedCount).toBe(0)
  }),
  rule('refuses to broadcast after close', async ({ bus }) => {
    bus.close()
    expect(await refusalCode(() => bus.broadcast('late'))).toBe('ERR_HYPERCACHE_BUS_CLOSED')
  }),
]
