// Handlers of events: one that is called, one that is slow, and one that takes events from a stream.

import { SimpleEventBus } from '@hypercache/cluster'

// A node has such a bus: `coordinator.events`.
const bus = new SimpleEventBus()

// Called before publish() returns. What it throws harms nobody else, and becomes a process warning.
bus.subscribe(['coordinator:started', 'coordinator:stopped'], ({ type, payload, sequence }) => {
  console.log(`${sequence}: ${type} on ${payload.nodeId}`)
})

// Answers a promise: the next call waits until it has settled. Two events may wait, others are lost.
const store = { save: (name) => new Promise((resolve) => setImmediate(resolve, name)) }
const caughtUp = new Promise((resolve) => {
  bus.subscribe('custom', async ({ payload }) => console.log(`saved ${await store.save(payload.name)}`), {
    queueLimit: 2,
    onLost: (count) => resolve(console.log(`too slow for ${count}`)),
  })
})

// Takes events when it is ready for them, until the signal.
const ending = new AbortController()
const reading = (async () => {
  let count = 0
  for await (const item of bus.stream({ signal: ending.signal })) count += item.type === 'events:lost' ? 0 : 1
  return count
})()

bus.publish('coordinator:started', { nodeId: 'node1' })
for (const name of ['a', 'b', 'c', 'd', 'e']) bus.publish('custom', { name })
const stopped = bus.once('coordinator:stopped')
bus.publish('coordinator:stopped', { nodeId: 'node1' })
await stopped

await caughtUp
ending.abort()
console.log(`the stream gave ${await reading} events`)
console.log(`the log has ${bus.log({ types: 'custom' }).length} events of our own`)
bus.close()
