/** One ring for all threads of a process: handle() and attach(). */

import { describe, expect, test, vi } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { DIST, inChild, runNode } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

const refused = (code: string) => expect.objectContaining({ name: 'HyperCacheError', code })

/** What a worker begins with: it does what it is told, with its own object of the ring, and answers. */
const WORKER = `
  const { HashRing } = require(${JSON.stringify(DIST)})
  const { parentPort, workerData } = require('node:worker_threads')
  let ring = workerData === null ? undefined : HashRing.attach(workerData)
  parentPort.on('message', ([body, given]) => {
    const run = new Function('ring', 'given', 'HashRing', 'keep', body)
    let answer
    try {
      answer = run(ring, given, HashRing, (kept) => (ring = kept))
    } catch (error) {
      answer = error.code ?? String(error)
    }
    parentPort.postMessage(answer)
  })`

/** Begins a child's body: `started(handle)` is a worker that is told what to do by `tell(worker, body)`. */
const TELLING = `
  const started = async (handle) => {
    const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: handle ?? null })
    await once(worker, 'online')
    return worker
  }
  const tell = async (worker, body, given) => {
    worker.postMessage([body, given])
    return (await once(worker, 'message'))[0]
  }`

describe('a ring that is attached', () => {
  test('is the same ring: all see what any thread changes, at the next call', async () => {
    await inChild(`${TELLING}
      const ring = new HashRing({ nodes: ['a', { id: 'b', weight: 2, zone: 'z', metadata: { k: 'v' } }] })
      const [one, two] = [await started(ring.handle()), await started(ring.handle())]
      const everywhere = async (body) => {
        const here = new Function('ring', body)(ring)
        for (const worker of [one, two]) assert.deepEqual(await tell(worker, body), here)
        return here
      }
      const fields = 'return [ring.nodes(), ring.version, ring.checksum, ring.pointCount, ring.handle()]'
      const routes = 'return [ring.getReplicas("key", 9), ring.getNodeBatch(["a", "b"]), ring.explain("key")]'
      const changes = [
        "ring.addNode({ id: 'c', address: 'host:1', capabilities: ['ssd'] })",
        "ring.setNodeStatus('a', 'dead')",
        "ring.updateNode('b', { weight: 1, zone: null, metadata: { k: 'w' } })",
        "ring.updateNodeLoad('c', 0.75)",
        "ring.acquire('c'); ring.acquire('c'); ring.acquire('b')",
        "ring.release('c')",
        "ring.setNodes(['c', 'd', 'e'])",
        "ring.plan({ remove: ['d'], add: ['f'] }).apply()",
      ]
      let at = 0
      for (const change of [...changes]) {
        const maker = [one, two, undefined][at++ % 3]
        if (maker === undefined) new Function('ring', change)(ring)
        else assert.equal(await tell(maker, change), undefined)
        await everywhere(fields)
        await everywhere(routes)
      }
      const byId = Object.fromEntries(ring.nodes().map((node) => [node.id, node]))
      assert.deepEqual([byId.c.load, byId.c.inFlightCount, byId.c.address], [0.75, 1, undefined])
      assert.deepEqual(Object.keys(byId), ['c', 'e', 'f'])
      // What one thread acquired another releases.
      assert.equal(await tell(two, "return ring.release('c')"), true)
      assert.deepEqual(await everywhere("return ring.getMetrics().inFlightCount"), 0)
      for (const worker of [one, two]) await worker.terminate()`)
  })

  test('counts the lookups of all threads, also of those that have ended', async () => {
    await inChild(`${TELLING}
      const ring = new HashRing({ nodes: ['a', 'b'], hashFunction: 'sha256' })
      const workers = [await started(ring.handle()), await started(ring.handle())]
      const look = 'for (let at = 0; at < 10; at += 1) ring.getNode("k" + at);' +
        'ring.getReplicas("k"); ring.getNodeBatch(["k", "l"])'
      for (const worker of workers) await tell(worker, look)
      new Function('ring', look)(ring)
      const counts = ({ lookupCount, replicaLookupCount, batchKeyCount, cache }) =>
        [lookupCount, replicaLookupCount, batchKeyCount, cache.missCount, cache.hitCount]
      // Each thread has a cache of its own: a key missed in one is missed in the others.
      assert.deepEqual(counts(ring.getMetrics()), [30, 3, 6, 36, 3])
      assert.deepEqual(await tell(workers[1], 'return ring.getMetrics()'), ring.getMetrics())
      assert.equal(ring.getMetrics().cache.keyCount, 36)
      await workers[0].terminate()
      assert.deepEqual(counts(ring.getMetrics()), [30, 3, 6, 36, 3])
      assert.equal(ring.getMetrics().cache.keyCount, 24)
      assert.equal(await tell(workers[1], 'ring.addNode("c"); ring.close()'), undefined)
      assert.equal(ring.getMetrics().cache.keyCount, 12)
      assert.deepEqual([ring.getMetrics().version, ring.getMetrics().rebuildCount], [2, 1])
      await workers[1].terminate()`)
  })

  test('has the options it was made with', async () => {
    await inChild(`${TELLING}
      const nodes = Array.from({ length: 12 }, (_, at) => ({ id: 'n' + at, zone: 'z' + (at % 4) }))
      const all = [
        {},
        { replicationFactor: 5, virtualNodeCount: 17 },
        { zoneAware: true, replicationFactor: 4 },
        { hashFunction: 'sha256', routableStatuses: ['alive'] },
        { hashSeed: 12345678901234567890n },
      ]
      const keys = Array.from({ length: 50 }, (_, at) => 'key' + at)
      const replicas = 'const shown = ring[Symbol.for("nodejs.util.inspect.custom")]();' +
        'return [shown, given.map((key) => ring.getReplicas(key))]'
      for (const options of all) {
        const ring = new HashRing({ nodes, ...options })
        ring.setNodeStatus('n3', 'suspected')
        const worker = await started(ring.handle())
        const here = new Function('ring', 'given', replicas)(ring, keys)
        assert.deepEqual(await tell(worker, replicas, keys), here)
        assert.equal(here[1][0].length, options.replicationFactor ?? 3)
        await worker.terminate()
      }`)
  })

  test('takes a handle that comes by a message, from whichever thread made the ring', async () => {
    await inChild(`${TELLING}
      const [maker, other] = [await started(), await started()]
      const handle = await tell(maker, "keep(new HashRing({ nodes: ['theirs'] })); return given", 1)
        .then(() => tell(maker, 'return ring.handle()'))
      assert.equal(await tell(other, 'return keep(HashRing.attach(given)).getNode("key")', handle), 'theirs')
      const ring = HashRing.attach(handle)
      assert.equal(ring.handle(), handle)
      // It lives after its maker has ended, by whatever way.
      await maker.terminate()
      ring.addNode('ours')
      assert.deepEqual(await tell(other, 'return ring.nodes().map(({ id }) => id)'), ['ours', 'theirs'])
      // One closes its object, and the others keep it.
      ring.close()
      assert.throws(() => ring.getNode('key'), { code: 'ERR_HYPERCACHE_RING_CLOSED' })
      assert.equal(await tell(other, 'return ring.nodeCount'), 2)
      const again = HashRing.attach(handle)
      assert.equal(again.nodeCount, 2)
      again.close()
      // The last one ends without closing it.
      assert.equal(await tell(other, 'return ring.nodeCount'), 2)
      await other.terminate()
      assert.throws(() => HashRing.attach(handle), { code: 'ERR_HYPERCACHE_RING_GONE' })`)
  })

  test('is a second object in the same thread, which closes by itself', () => {
    const ring = new HashRing({ nodes: ['a'] })
    const handle = ring.handle()
    const second = HashRing.attach(handle)
    expect(second).not.toBe(ring)
    second.addNode('b')
    expect([ring.nodeCount, ring.checksum, ring.handle()]).toEqual([2, second.checksum, handle])
    expect(second.handle()).toBe(handle)
    ring.close()
    expect(() => ring.handle()).toThrow(refused('ERR_HYPERCACHE_RING_CLOSED'))
    expect(second.getReplicas('key')).toHaveLength(2)
    const third = HashRing.attach(handle)
    second[Symbol.dispose]()
    expect(third.nodeCount).toBe(2)
    third.close()
    expect(() => HashRing.attach(handle)).toThrow(refused('ERR_HYPERCACHE_RING_GONE'))
  })

  test('is one copy in memory, however many have it', async () => {
    const { bytes, grown } = await inChild<{ bytes: number; grown: number[] }>(`${TELLING}
      const nodes = Array.from({ length: 1_000 }, (_, at) => 'node' + at)
      const ring = new HashRing({ nodes })
      const expected = ring.getReplicas('key')
      const rss = () => process.memoryUsage.rss()
      const before = rss()
      const kept = Array.from({ length: 50 }, () => HashRing.attach(ring.handle()))
      for (const other of kept) assert.deepEqual(other.getReplicas('key'), expected)
      const inOneThread = rss() - before
      // A worker takes some megabytes itself: compared are workers with one object and with fifty more.
      const workers = [await started(ring.handle()), await started(ring.handle())]
      for (const worker of workers) await tell(worker, 'return ring.getNode("key")')
      const beforeWorkers = rss()
      const attachMany = 'globalThis.kept = Array.from({ length: 50 }, () => HashRing.attach(given));' +
        'return globalThis.kept.map((ring) => ring.getReplicas("key")).length'
      for (const worker of workers) assert.equal(await tell(worker, attachMany, ring.handle()), 50)
      const inWorkers = rss() - beforeWorkers
      for (const worker of workers) await worker.terminate()
      return { bytes: ring.getMetrics().snapshotBytes, grown: [inOneThread, inWorkers] }`)
    expect(bytes).toBeGreaterThan(3e6)
    // Fifty copies would be 150 MB, and twice that in the workers.
    console.log(`50 attached rings of ${bytes} bytes took ${grown[0]} bytes, 100 in workers ${grown[1]}`)
    expect(grown[0]).toBeLessThan(8 * bytes)
    expect(grown[1]).toBeLessThan(12 * bytes)
  })
})

describe('attach refuses', () => {
  const code = 'ERR_HYPERCACHE_INVALID_HANDLE'

  test('what is no text, with ERR_HYPERCACHE_INVALID_TYPE', () => {
    for (const handle of [undefined, null, 1, 1n, {}, [], Symbol('handle'), () => '', new String('handle')]) {
      expect(() => HashRing.attach(handle as string)).toThrow(refused('ERR_HYPERCACHE_INVALID_TYPE'))
    }
  })

  test('a handle that was altered, cut off or made up', () => {
    const ring = new HashRing({ nodes: ['a'] })
    const handle = ring.handle()
    const altered = Array.from(handle, (character, at) => {
      const other = character === '0' ? '1' : '0'
      return handle.slice(0, at) + other + handle.slice(at + 1)
    })
    const cut = Array.from(handle, (_, at) => handle.slice(0, at))
    const more = [`${handle}0`, ` ${handle}`, handle.toUpperCase(), `${handle}\0`, '\uD800', 'x'.repeat(1e5)]
    for (const forged of [...altered, ...cut, ...more]) {
      expect(() => HashRing.attach(forged)).toThrow(refused(code))
    }
    expect(HashRing.attach(handle).nodeCount).toBe(1)
  })

  test('a handle of another process', async () => {
    const { stdout } = await runNode([
      '-e',
      `const { HashRing } = require(${JSON.stringify(DIST)})
      console.log(new HashRing({ nodes: ['a'] }).handle())`,
    ])
    const handle = stdout.trim()
    expect(handle).toMatch(/^hypercache-ring:/)
    new HashRing().handle()
    expect(() => HashRing.attach(handle)).toThrow(refused(code))
    expect(() => HashRing.attach(handle)).toThrow('another process')
  })

  test('a ring of which the last object was collected, not closed', async () => {
    await inChild(
      `const handle = new HashRing({ nodes: ['a'] }).handle()
      await collect()
      assert.throws(() => HashRing.attach(handle), { code: 'ERR_HYPERCACHE_RING_GONE' })`,
      ['--expose-gc'],
    )
  })

  test('nothing of a ring with a hash function of its own: it has no handle', () => {
    const ring = new HashRing({ nodes: ['a'], hashFunction: () => 0n })
    expect(() => ring.handle()).toThrow(refused('ERR_HYPERCACHE_CUSTOM_HASH'))
  })
})

test('handles tell rings apart, and stay the same', () => {
  const rings = Array.from({ length: 100 }, () => new HashRing({ nodes: ['a'] }))
  const handles = rings.map((ring) => ring.handle())
  expect(new Set(handles).size).toBe(100)
  rings.forEach((ring, at) => ring.addNode(`b${at}`))
  expect(rings.map((ring) => ring.handle())).toEqual(handles)
  handles.forEach((handle, at) => expect(HashRing.attach(handle).hasNode(`b${at}`)).toBe(true))
})
