/** Memory stays where it is: V8 finds what was dropped, though nobody asks for a collection. */

import { expect, test, vi } from 'vitest'

import { inChild } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

const MB = 1e6

interface Course {
  /** Largest resident size of each fifth of the run, above that at its beginning. */
  peaks: number[]
  /** What one round would leave behind for ever, were nothing freed: told by the test. */
  leaked: number
}

/** Runs `round` 20,000 times, with a turn of the event loop after every tenth. */
const course = (setup: string, round: string, leaked: string) =>
  inChild<Course>(`
    ${setup}
    const before = process.memoryUsage.rss()
    const peaks = [0, 0, 0, 0, 0]
    for (let at = 0; at < 20_000; at += 1) {
      ${round}
      if (at % 10 === 0) await turn()
      if (at % 50 === 0) {
        const fifth = Math.floor(at / 4_000)
        peaks[fifth] = Math.max(peaks[fifth], process.memoryUsage.rss() - before)
      }
    }
    return { peaks, leaked: 20_000 * (${leaked}) }`)

const NODES = "const nodes = Array.from({ length: 8 }, (_, at) => 'node' + at)"
const SHARED = `${NODES}
  const ring = new HashRing({ nodes })
  const handle = ring.handle()`
const BYTES = 'new HashRing({ nodes }).getMetrics().snapshotBytes'

const courses: [name: string, setup: string, round: string, leaked: string][] = [
  [
    'rings made, looked up and dropped',
    NODES,
    `const ring = new HashRing({ nodes })
    assert.equal(ring.getReplicas('key' + at).length, 3)
    assert.equal(ring.getNodeBatch(['a', 'b']).length, 2)`,
    BYTES,
  ],
  [
    'rings with a lookup cache',
    NODES,
    `const ring = new HashRing({ nodes: ['a'], virtualNodeCount: 16, hashFunction: 'sha256' })
    for (let key = 0; key < 300; key += 1) ring.getNode('key' + key)`,
    '300 * 100',
  ],
  [
    // Packed keys leave no garbage of JavaScript, so that nothing else would make the collector run.
    'rings whose lookup cache a batch fills',
    `const COUNT = 1_000
    const bytes = Buffer.alloc(32 * COUNT, (_, at) => at)
    const offsets = Uint32Array.from({ length: COUNT + 1 }, (_, at) => at * 32)`,
    `const ring = new HashRing({ nodes: ['a'], virtualNodeCount: 16, hashFunction: 'sha256' })
    ring.getNodeBatchPacked({ bytes, offsets })`,
    'COUNT * 80',
  ],
  [
    'objects attached and dropped, while the ring changes',
    SHARED,
    `const other = HashRing.attach(handle)
    ring.setNodeStatus('node1', at % 2 === 0 ? 'dead' : 'alive')
    other.getNode('key' + at)`,
    // Each keeps the version it saw last.
    BYTES,
  ],
  ['plans made and dropped', SHARED, "assert.ok(ring.plan({ remove: ['node1'] }).movedArc > 0n)", BYTES],
  [
    'plans of which all is asked for',
    SHARED,
    `const plan = ring.plan({ add: ['guest'] }, { replicas: 2 })
    assert.ok(plan.transfers.length > 0 && plan.before.ownership.length === 8)
    if (at % 100 === 0) assert.ok([...plan.ranges()].length > 0 && plan.copies.length > 0)`,
    BYTES,
  ],
  [
    'watches started and stopped, changes coming',
    SHARED,
    `const stop = ring.watch(() => undefined)
    const iterator = ring.watch()
    ring.setNodeStatus('node1', at % 2 === 0 ? 'dead' : 'alive')
    stop()
    await iterator.return()`,
    BYTES,
  ],
  [
    'objects attached, watched and closed',
    SHARED,
    `const other = HashRing.attach(handle)
    other.watch(() => undefined)
    const iterator = other.watch()
    if (at % 10 === 0) ring.setNodeStatus('node1', at % 20 === 0 ? 'dead' : 'alive')
    other.close()
    assert.equal((await iterator.next()).done, true)`,
    BYTES,
  ],
]

test.each(courses)('20,000 %s', async (name, setup, round, leaked) => {
  const { peaks, leaked: leakedBytes } = await course(setup, round, leaked)
  const inMB = peaks.map((peak) => Math.round(peak / MB))
  console.log(`${name}: ${inMB.join(', ')} MB, were nothing freed ${Math.round(leakedBytes / MB)} MB`)
  // Nothing is new after the second fifth. The rest is what V8 has not come to, and what the allocator keeps.
  expect(Math.max(...peaks.slice(2)) - peaks[1]!).toBeLessThan(leakedBytes / 5)
  expect(Math.max(...peaks)).toBeLessThan(leakedBytes / 2)
})
