/** What must not end the process, however wrong it is: each in a process of its own that says it is alive. */

import { expect, test, vi } from 'vitest'

import { PRELUDE, inChild } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

const survives = async (body: string) =>
  expect(await inChild<string>(`${body}; return 'alive'`)).toBe('alive')

const DEEP = `
  const ring = new HashRing({ nodes: ['a', 'b', 'c'] })
  const bytes = Buffer.from('bytes')
  const calls = [
    () => ring.getNode('text'),
    () => ring.getNode('ü'.repeat(300)),
    () => ring.getNode('long'.repeat(3_000)),
    () => ring.getNode(bytes),
    () => ring.getReplicas('text'),
    () => ring.getNodeBatch(['text', 'other']),
    () => ring.getNodeBatch([bytes, 'other']),
    () => ring.getNodeBatchPacked({ bytes, offsets: Uint32Array.of(0, 2, 5) }),
    () => ring.explain('text'),
    () => ring.nodes(),
    () => ring.setNodes(['a', 'b', 'c']),
    () => { ring.addNode('late'); ring.removeNode('late') },
    () => new HashRing({ nodes: ['x'] }).getNode('text'),
    () => ring.analyzeDistribution(['text']),
    () => String(require('node:util').inspect(ring)),
  ]
  const fresh = new HashRing({ nodes: ['a', 'b', 'c'] })
  let refused = 0
  for (const call of calls) {
    // Where the stack ends, and on the way back, where there is a little more room each time.
    let climbed = 0
    const dive = () => {
      try {
        dive()
      } catch {
        climbed = 0
      }
      climbed += 1
      if (climbed > 200) return
      try {
        call()
      } catch {
        refused += 1
      }
    }
    for (let round = 0; round < 3; round += 1) {
      const limited = (depth) => (depth === 0 ? dive() : limited(depth - 1))
      limited(round)
    }
    if (ring.hasNode('late')) ring.removeNode('late')
    for (const key of ['text', 'ü', 'long'.repeat(3_000), bytes]) {
      assert.deepEqual(ring.getReplicas(key), fresh.getReplicas(key))
      assert.equal(ring.getNodeBatch([key])[0], fresh.getNode(key))
    }
    assert.equal(ring.checksum, fresh.checksum)
  }
  assert.ok(refused > 0, 'no call met the end of the stack')`

test('calls where the stack ends, of which later calls know nothing', () => survives(DEEP))

test('calls where the smaller stack of a worker ends', () =>
  survives(`
    const program = ${JSON.stringify(PRELUDE + DEEP)}
    const worker = new Worker(program, { eval: true, resourceLimits: { stackSizeMb: 1 } })
    let failure
    worker.on('error', (error) => (failure = error))
    const code = await new Promise((resolve) => worker.on('exit', resolve))
    assert.deepEqual([code, failure], [0, undefined])`))

test('objects that lie about being byte arrays', () =>
  survives(`
    const ring = new HashRing({ nodes: ['a', 'b'] })
    const lying = (name, value, array = new Uint8Array(9)) => Object.defineProperty(array, name, { value })
    const keys = [
      ...[-5, 0, 3, 2 ** 33, NaN, '4', null, undefined].map((length) => lying('length', length)),
      lying('buffer', new ArrayBuffer(1)),
      lying('buffer', null),
      lying('buffer', new ArrayBuffer(3), new Uint8Array(new SharedArrayBuffer(3))),
      lying('byteLength', 1e9),
      lying('byteOffset', -1),
      Object.setPrototypeOf(new Uint8Array(3), null),
      Object.setPrototypeOf(new Float64Array(3), Uint8Array.prototype),
      Object.setPrototypeOf({}, Uint8Array.prototype),
    ]
    const offsets = Uint32Array.of(0, 1)
    for (const key of keys) {
      const calls = [
        () => ring.getNode(key),
        () => ring.getReplicas(key),
        () => ring.getReplicas(key, 60_000),
        () => ring.explain(key),
        () => ring.getNodeBatch([key]),
        () => ring.getNodeBatch(['a', key, key, 'b']),
        () => ring.getNodeBatchPacked({ bytes: key, offsets }),
        () => ring.analyzeDistribution([key, 'a', key]),
      ]
      for (const call of calls) {
        try {
          call()
        } catch (error) {
          assert.ok(error instanceof Error)
        }
      }
      assert.equal(ring.getNode('key'), new HashRing({ nodes: ['b', 'a'] }).getNode('key'))
    }`))

test('prototypes that were changed before the package was loaded, and after', () =>
  survives(`
    for (const name of ['zone', 'weight', 'status', 'clearsZone', 'metadata', 'hashSeed', 'nodes', 'code']) {
      Object.defineProperty(Object.prototype, name, { value: 'polluted', writable: true, configurable: true })
    }
    let added
    try {
      const ring = new HashRing({ nodes: [], virtualNodeCount: 4 })
      ring.addNode({ id: 'a', weight: 1, zone: 'z', status: 'alive', capabilities: [], metadata: {} })
      ring.addNode('b')
      added = ring.nodes().map(({ id, zone, status }) => [id, zone, status])
    } catch (error) {
      assert.match(error.code ?? '', /^ERR_HYPERCACHE_/)
    }
    for (const name of ['zone', 'weight', 'status', 'clearsZone', 'metadata', 'hashSeed', 'nodes', 'code']) {
      delete Object.prototype[name]
    }
    const ring = new HashRing({ nodes: ['a'] })
    Array.prototype[Symbol.iterator] = function* () { ring.close() }
    try {
      ring.addNodes(['b', 'c'])
    } catch (error) {
      assert.match(error.code, /CLOSED/)
    }`))

test('a ring as large as there may be, and one larger', () =>
  survives(`
    const ring = new HashRing({ virtualNodeCount: 65_536 })
    ring.addNode({ id: 'a', weight: 16_000_000 / 65_536 })
    assert.equal(ring.pointCount, 16_000_000)
    assert.throws(() => ring.addNode({ id: 'b', weight: 1e-9 }), { code: 'ERR_HYPERCACHE_TOO_MANY_POINTS' })
    assert.throws(() => ring.updateNode('a', { weight: 1e300 }), { code: 'ERR_HYPERCACHE_TOO_MANY_POINTS' })
    assert.equal(ring.getNode('key'), 'a')
    const nodes = Array.from({ length: 65_535 }, (_, at) => 'n' + at)
    const many = new HashRing({ virtualNodeCount: 1, nodes })
    assert.throws(() => many.addNode('one more'), { code: 'ERR_HYPERCACHE_TOO_MANY_NODES' })
    assert.equal(new Set(many.getReplicas('key', 65_535)).size, 65_535)`))
