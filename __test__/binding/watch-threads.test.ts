/** Watches in several threads of one ring: all are told the same, whichever thread makes the changes. */

import { test, vi } from 'vitest'

import { DIST, inChild } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

const HEAD = `
  const { HashRing } = require(${JSON.stringify(DIST)})
  const { parentPort, workerData } = require('node:worker_threads')
  const assert = require('node:assert/strict')
  const ring = HashRing.attach(workerData.handle)`

test('every listener and iterator of every thread is told the same changes, in order', async () => {
  // A thread watches in three ways, makes changes, and tells what it heard and saw when the last has come.
  const watching = `
    const heard = { first: [], second: [], iterated: [] }
    const seen = []
    const of = (change) => [change.version, change.previousVersion, change.checksum, String(change.movedArc)]
    let isLast
    const ended = new Promise((resolve) => (isLast = resolve))
    ring.watch((change) => heard.first.push(of(change)))
    const second = HashRing.attach(ring.handle())
    second.watch((change) => {
      heard.second.push(of(change))
      if (change.version === LAST) isLast()
    })
    const iterated = (async () => {
      for await (const change of ring.watch({ queueLimit: 65_536 })) {
        heard.iterated.push(of(change))
        if (change.version === LAST) break
      }
    })()
    const make = async (name, count) => {
      for (let at = 0; at < count; at += 1) {
        ring.addNode(name + at)
        // Others make changes too: the version is that of the checksum where it was the same after.
        const [before, checksum, after] = [ring.version, ring.checksum, ring.version]
        if (before === after) seen.push([before, checksum])
        ring.removeNode(name + at)
        if (at % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all([ended, iterated])
      return { heard, seen }
    }`
  const program = `${HEAD}
    const LAST = workerData.last
    ${watching}
    parentPort.postMessage('watching')
    parentPort.on('message', () => make(workerData.name, workerData.count).then((all) => {
      parentPort.postMessage(all)
      parentPort.close()
    }))`
  await inChild(`
    const COUNT = 300
    // A watch keeps no process alive.
    const alive = setInterval(() => undefined, 1_000)
    const LAST = 1 + 3 * COUNT * 2
    const ring = new HashRing({ nodes: ['a', 'b'], virtualNodeCount: 4 })
    ${watching}
    const workers = ['one', 'two'].map((name) => {
      const workerData = { handle: ring.handle(), name, count: COUNT, last: LAST }
      return new Worker(${JSON.stringify(program)}, { eval: true, workerData })
    })
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    for (const worker of workers) worker.postMessage('go')
    const answers = workers.map((worker) => once(worker, 'message'))
    const all = [await make('main', COUNT), ...(await Promise.all(answers)).flat()]
    assert.equal(ring.version, LAST)
    const [{ heard: { first: sequence } }] = all
    assert.deepEqual(sequence.map(([version]) => version), Array.from({ length: LAST - 1 }, (_, n) => n + 2))
    assert.ok(sequence.every(([version, previous]) => previous === version - 1))
    let seenCount = 0
    for (const { heard, seen } of all) {
      for (const way of ['first', 'second', 'iterated']) assert.deepEqual(heard[way], sequence)
      for (const [version, checksum] of seen) assert.equal(sequence[version - 2][2], checksum)
      seenCount += seen.length
    }
    assert.ok(seenCount > 3 * COUNT / 10, 'too few checksums were seen: ' + seenCount)
    assert.equal(sequence.at(-1)[2], ring.checksum)
    clearInterval(alive)`)
})

/** What a worker does that makes more changes than may wait, while the main thread is blocked. */
const FLOOD = `${HEAD}
  const { changes, signal } = workerData
  for (let at = 0; at < changes; at += 1) ring.setNodeStatus('a', at % 2 === 0 ? 'dead' : 'alive')
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)`

const flooded = (begin: string, changes: number, end: string) => `
  const ring = new HashRing({ nodes: ['a', 'b'], virtualNodeCount: 1 })
  const warnings = []
  // A watch keeps no process alive.
  const alive = setInterval(() => undefined, 1_000)
  process.on('warning', ({ name, code, message }) => warnings.push([name, code, message]))
  ${begin}
  const signal = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { handle: ring.handle(), changes: ${changes}, signal }
  const worker = new Worker(${JSON.stringify(FLOOD)}, { eval: true, workerData })
  const exited = once(worker, 'exit')
  await once(worker, 'online')
  // Not a turn of this thread's event loop until all are made.
  Atomics.wait(signal, 0, 0)
  await exited
  const until = async (is) => { while (!is()) await turn() }
  ${end}
  clearInterval(alive)`

const WAITING_MAX = 16_384

test('too many changes for a blocked thread: listeners are warned, and go on after a gap', async () => {
  await inChild(
    flooded(
      `const changes = []
      ring.watch((change) => changes.push(change))
      ring.watch(() => undefined)`,
      WAITING_MAX + 101,
      `await until(() => warnings.length >= 2)
      const expected = Array.from({ length: ${WAITING_MAX} }, (_, at) => at + 2)
      assert.deepEqual(changes.map(({ version }) => version), expected)
      assert.equal(warnings.length, 2)
      for (const [name, code, message] of warnings) {
        assert.deepEqual([name, code], ['HyperCacheWarning', 'ERR_HYPERCACHE_WATCH_OVERFLOW'])
        assert.match(message, /listener of watch\\(\\)/)
      }
      const before = ring.version
      assert.equal(before, 1 + ${WAITING_MAX} + 101)
      ring.addNode('c')
      await until(() => changes.length > ${WAITING_MAX})
      assert.deepEqual([changes.at(-1).previousVersion, changes.at(-1).version], [before, before + 1])
      assert.equal(warnings.length, 2)`,
    ),
  )
})

test('too many changes for a blocked thread: iterators end with the overflow, at their end', async () => {
  await inChild(
    flooded(
      `const [large, small] = [ring.watch({ queueLimit: 65_536 }), ring.watch({ queueLimit: 10 })]`,
      WAITING_MAX + 1,
      `const drain = async (iterator) => {
        let count = 0
        try {
          for await (const { version } of iterator) assert.equal(version, (count += 1) + 1)
        } catch (error) {
          return [count, error.code, error.message]
        }
      }
      const [count, code, message] = await drain(large)
      assert.deepEqual([count, code], [${WAITING_MAX}, 'ERR_HYPERCACHE_WATCH_OVERFLOW'])
      assert.match(message, /begin anew/)
      assert.deepEqual((await drain(small)).slice(0, 2), [10, 'ERR_HYPERCACHE_WATCH_OVERFLOW'])
      assert.deepEqual(await large.next(), { done: true, value: undefined })
      // A new one begins from the ring as it is.
      const version = ring.version
      const anew = ring.watch()
      ring.addNode('c')
      assert.equal((await anew.next()).value.previousVersion, version)
      assert.deepEqual(warnings, [])`,
    ),
  )
})

test('as many changes as may wait, and no more, are all told', async () => {
  await inChild(
    flooded(
      'let count = 0; ring.watch(() => (count += 1))',
      WAITING_MAX,
      `await until(() => count === ${WAITING_MAX})
      await turn()
      assert.deepEqual(warnings, [])`,
    ),
  )
})

test('a watch that begins after the loss is not told of it', async () => {
  await inChild(
    flooded(
      'ring.watch(() => undefined)',
      WAITING_MAX + 5,
      // The loss has not been told yet, or has: the new one must not hear of it in either case.
      `const version = ring.version
      const anew = ring.watch()
      await until(() => warnings.length === 1)
      ring.addNode('c')
      assert.equal((await anew.next()).value.previousVersion, version)
      assert.equal(warnings.length, 1)`,
    ),
  )
})

test('a listener that closes the ring at a loss ends the delivery in peace', async () => {
  await inChild(
    flooded(
      `let count = 0
      ring.watch(() => { if ((count += 1) === 1) ring.close() })
      ring.watch(() => undefined)`,
      WAITING_MAX + 5,
      `await until(() => count === 1)
      await turn()
      assert.deepEqual([count, warnings], [1, []])`,
    ),
  )
})
