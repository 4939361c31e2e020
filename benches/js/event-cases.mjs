// What is measured of the event bus. See cases.mjs.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'

import { SimpleEventBus } from '../../dist/index.js'
import { BLOCK, measure, summary } from './harness.mjs'

const SUBSCRIBERS = 10

const member = Object.freeze({
  id: 'node2',
  address: '10.0.0.2',
  port: 7946,
  status: 'alive',
  statusSinceMs: 1,
  weight: 1,
  capabilities: Object.freeze([]),
  metadata: Object.freeze({}),
  incarnation: 1,
  isLocal: false,
})

/** What the parts of a node publish is frozen; what users publish is copied. */
const payloads = {
  'member:joined': Object.freeze({ member }),
  custom: { name: 'order:placed', data: { id: 'a1', total: 12 } },
}

/**
 * A block of events to ten listeners, per delivery, beside an `EventEmitter` that is given objects with the same
 * payload. The bus also numbers, stamps, freezes and logs each event.
 */
export function publishing(_size, effort) {
  let heard = 0
  const listen = (subscribe) => {
    for (let at = 0; at < SUBSCRIBERS; at += 1) subscribe((event) => (heard += event.sequence > 0 ? 1 : 0))
  }
  const tests = {}
  for (const [type, payload] of Object.entries(payloads)) {
    const emitter = new EventEmitter()
    listen((listener) => emitter.on(type, listener))
    const bus = new SimpleEventBus()
    listen((listener) => bus.subscribe(type, listener))
    tests[`EventEmitter, ${type}`] = block((sequence) => emitter.emit(type, { type, payload, sequence }))
    tests[`publish, ${type}`] = block(() => bus.publish(type, payload))
  }
  for (const test of Object.values(tests)) {
    heard = 0
    test()
    assert.equal(heard, BLOCK)
  }
  return measure(tests, effort)
}

/** BLOCK deliveries: a tenth as many events. */
function block(publish) {
  return () => {
    let last
    for (let sequence = 1; sequence <= BLOCK / SUBSCRIBERS; sequence += 1) last = publish(sequence)
    return last === undefined ? 0 : 1
  }
}

/** A million events to ten subscribers: listeners, and streams that take them in turns, per delivery. */
export async function million(_size, { seconds }) {
  const count = seconds < 0.1 ? 10_000 : 1_000_000
  const bus = new SimpleEventBus()
  let heard = 0
  for (let at = 0; at < SUBSCRIBERS; at += 1) bus.subscribe('member:joined', () => void (heard += 1))
  const listened = clocked(() => {
    for (let at = 0; at < count; at += 1) bus.publish('member:joined', payloads['member:joined'])
  })
  assert.equal(heard, count * SUBSCRIBERS)
  bus.close()
  const streamed = await streaming(count)
  const perDelivery = (ns) => summary([ns / (count * SUBSCRIBERS)])
  return {
    'a million events to ten listeners': perDelivery(listened),
    'a million events to ten streams': perDelivery(streamed),
  }
}

async function streaming(count) {
  const bus = new SimpleEventBus()
  const streams = Array.from({ length: SUBSCRIBERS }, () => bus.stream())
  const taking = streams.map(async (stream) => {
    let taken = 0
    for await (const { sequence } of stream) {
      taken += sequence > 0 ? 1 : 0
      if (taken === count) break
    }
    return taken
  })
  const start = process.hrtime.bigint()
  for (let at = 0; at < count; at += 1_000) {
    for (let one = 0; one < 1_000; one += 1) bus.publish('member:joined', payloads['member:joined'])
    await new Promise(setImmediate)
  }
  assert.deepEqual(await Promise.all(taking), Array(SUBSCRIBERS).fill(count))
  assert.equal(bus.metrics().droppedCount, 0)
  return Number(process.hrtime.bigint() - start)
}

function clocked(work) {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start)
}
