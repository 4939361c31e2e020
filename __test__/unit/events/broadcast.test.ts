/** Broadcasts between buses: what goes out, and what comes in. */

import { expect, test } from 'vitest'

import {
  type BroadcastMessage,
  type ClusterEvent,
  LamportClock,
  SimpleEventBus,
} from '../../../dist/index.js'
import { refused } from '../../helpers/refused'

/** Buses of which each gets what another one broadcasts. */
function network(...ids: string[]): SimpleEventBus[] {
  const buses: SimpleEventBus[] = ids.map((nodeId, at) => {
    const carrier = (message: BroadcastMessage) =>
      buses.forEach((other, index) => index !== at && other.receive({ ...message, originNodeId: nodeId }))
    return new SimpleEventBus({ nodeId, carrier })
  })
  return buses
}

test('every bus gets a broadcast once, with its origin, its data and its time', () => {
  const buses = network('a', 'b', 'c')
  buses[0]!.publish('custom', { name: 'before' })
  const sent = buses[0]!.broadcast('deploy', { version: '1.2' })
  expect(sent.payload).toEqual({
    originNodeId: 'a',
    originLamportTime: 2,
    name: 'deploy',
    data: { version: '1.2' },
  })
  for (const bus of buses) {
    const events = bus.log({ types: 'broadcast' })
    expect(events.map(({ payload }) => payload)).toEqual([sent.payload])
    expect(events[0]!.lamportTime).toBeGreaterThan(sent.payload.originLamportTime)
  }
})

test('what happens after a broadcast was seen has a higher Lamport time than its sending', () => {
  const [a, b] = network('a', 'b')
  for (let at = 0; at < 100; at += 1) a!.publish('custom', { name: 'busy' })
  const { payload } = a!.broadcast('question')
  const answer = b!.broadcast('answer')
  expect(answer.payload.originLamportTime).toBeGreaterThan(payload.originLamportTime)
  expect(a!.publish('custom', { name: 'later' }).lamportTime).toBeGreaterThan(
    answer.payload.originLamportTime,
  )
})

test('a carrier that refuses has nobody told, here neither (Z-46)', () => {
  const bus = new SimpleEventBus({
    carrier: () => {
      throw new Error('not joined')
    },
  })
  const heard: ClusterEvent[] = []
  bus.subscribe((event) => void heard.push(event))
  expect(() => bus.broadcast('deploy')).toThrow('not joined')
  expect([heard, bus.log()]).toEqual([[], []])
})

test('a carrier is given nothing that is refused', () => {
  const carried: BroadcastMessage[] = []
  const bus = new SimpleEventBus({ carrier: (message) => void carried.push(message) })
  expect(() => bus.broadcast('n', 'x'.repeat(510))).toThrow(refused('BROADCAST_TOO_LARGE'))
  expect(() => bus.broadcast('')).toThrow(refused('INVALID_EVENT'))
  bus.broadcast('small', [1])
  bus.broadcast('nothing')
  expect(carried.map(({ name, data }) => [name, data])).toEqual([
    ['small', '[1]'],
    ['nothing', ''],
  ])
})

test('the message of what is too large says how large it is, and how large it may be', () => {
  expect(() => new SimpleEventBus().broadcast('news', 'x'.repeat(600))).toThrow('"news" has 606 bytes')
  expect(() => new SimpleEventBus().broadcast('news', 'x'.repeat(600))).toThrow('it may have 512')
})

test('what no bus would have sent is refused, and leaves the clock as it was', () => {
  const lamportClock = new LamportClock()
  const bus = new SimpleEventBus({ lamportClock })
  const message = { originNodeId: 'b', name: 'deploy', data: '', lamportTime: 5 }
  const bad: object[] = [
    { data: '{' },
    { name: '' },
    { name: 'x'.repeat(256) },
    // So far ahead that little would be left to count on.
    ...[-1, 0.5, NaN, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER, '5'].map((lamportTime) => ({ lamportTime })),
  ]
  for (const fields of bad) {
    expect(() => bus.receive({ ...message, ...fields })).toThrow(refused('INVALID_EVENT'))
  }
  expect([lamportClock.now(), bus.log()]).toEqual([0, []])
  expect(bus.receive(message).lamportTime).toBe(7)
})

test('a closed bus receives nothing', () => {
  const bus = new SimpleEventBus()
  bus.close()
  const message = { originNodeId: 'b', name: 'deploy', data: '', lamportTime: 5 }
  expect(() => bus.receive(message)).toThrow(refused('BUS_CLOSED'))
})

test('options that make no sense are refused', () => {
  expect(() => new SimpleEventBus({ carrier: 7 as never })).toThrow(refused('INVALID_TYPE'))
  expect(() => new SimpleEventBus({ nodeId: 7 as never })).toThrow(refused('INVALID_TYPE'))
})
