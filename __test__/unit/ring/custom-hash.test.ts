import { describe, expect, test } from 'vitest'

import { HashRing, type HashFunction, type Key } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'
import { xxh64 } from '../../property/model.js'

const FIVE = ['node1', 'node2', 'node3', 'node4', 'node5']
const KEYS = Array.from({ length: 60 }, (_, at) => `key:${at}`)
const xxhash: HashFunction = (bytes) => xxh64(bytes, 0n)
const builtIn = new HashRing({ nodes: FIVE })
const packedKey = { bytes: Buffer.from('key:0'), offsets: Uint32Array.of(0, 5) }
const seen = (ring: HashRing) => [ring.version, ring.checksum, ring.nodes(), ring.points()]

/** A ring whose hash function counts its calls. */
function counted(options: ConstructorParameters<typeof HashRing>[0] = {}) {
  const count = { calls: 0 }
  const hashFunction: HashFunction = (bytes) => {
    count.calls += 1
    return xxhash(bytes)
  }
  const ring = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 8, hashFunction, ...options })
  count.calls = 0
  return { ring, count }
}

describe('a function that computes XXH64 gives the answers of the built-in one', () => {
  const ring = new HashRing({ nodes: FIVE, hashFunction: xxhash })
  const shared = new Uint8Array(new SharedArrayBuffer(5))
  shared.set(Buffer.from('key:1'))
  const keys: Key[] = [
    '',
    '\ud800',
    'a\udc00b',
    'ü東😀',
    'x'.repeat(5_000),
    new Uint8Array(),
    shared,
    Buffer.from([0xff, 0, 0xfe]),
    'node1:0',
    ...KEYS,
  ]

  test('for keys of every kind', () => {
    for (const key of keys) {
      expect(ring.getNode(key)).toBe(builtIn.getNode(key))
      expect(ring.getReplicas(key)).toEqual(builtIn.getReplicas(key))
      expect(ring.getReplicas(key, 4)).toEqual(builtIn.getReplicas(key, 4))
      expect(ring.getNodeBounded(key)).toBe(builtIn.getNodeBounded(key))
      expect(ring.explain(key)).toEqual(builtIn.explain(key))
    }
    expect(ring.getNodeBatch(keys)).toEqual(builtIn.getNodeBatch(keys))
    expect(ring.getNodeBatch(KEYS)).toEqual(builtIn.getNodeBatch(KEYS))
    expect(ring.getNodeBatchPacked(packedKey)).toEqual(builtIn.getNodeBatchPacked(packedKey))
    expect(ring.analyzeDistribution(keys)).toEqual(builtIn.analyzeDistribution(keys))
  })

  test('on the points that golden vectors tell of', () => {
    expect(ring.points()).toEqual(builtIn.points())
    expect(ring.ownership()).toEqual(builtIn.ownership())
  })

  test('a key whose bytes are gone is refused', () => {
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const invalid = refused('INVALID_KEY', { message: expect.stringContaining('detached') })
    expect(() => ring.getNode(detached)).toThrow(invalid)
    expect(() => ring.getReplicas(detached)).toThrow(invalid)
    expect(() => ring.getNodeBounded(detached)).toThrow(invalid)
    expect(() => ring.explain(detached)).toThrow(invalid)
    expect(() => ring.getNodeBatch(['a', detached])).toThrow(invalid)
    expect(() => ring.plan({ add: ['x'] }).ownerChange(detached)).toThrow(invalid)
    expect(() => ring.getNode(5 as unknown as string)).toThrow(refused('INVALID_KEY'))
  })

  test('offsets that leave the bytes are refused before the function is called', () => {
    const { ring: own, count } = counted()
    const bad = { bytes: Buffer.from('x'), offsets: Int32Array.of(0, -1) }
    expect(() => own.getNodeBatchPacked(bad)).toThrow(refused('INVALID_PACKED_KEYS'))
    expect(count.calls).toBe(0)
  })

  test('where no node can answer, every lookup says so', () => {
    for (const nodes of [[], [{ id: 'a', status: 'dead' as const }]]) {
      const { ring: none } = counted({ nodes })
      const noNode = refused('NO_ROUTABLE_NODE')
      expect(() => none.getNode('k')).toThrow(noNode)
      expect(() => none.getReplicas('k')).toThrow(noNode)
      expect(() => none.getNodeBounded('k')).toThrow(noNode)
      expect(() => none.getNodeBatch(['k'])).toThrow(noNode)
      expect(() => none.getNodeBatchPacked(packedKey)).toThrow(noNode)
      expect(() => none.explain('k')).toThrow(noNode)
      expect(none.getNodeBatch([])).toEqual([])
    }
  })
})

describe('the function is called as seldom as can be', () => {
  test('once for a key while it is remembered, whatever looks it up', () => {
    const { ring, count } = counted()
    for (let round = 0; round < 3; round += 1) {
      ring.getNode('key')
      ring.getReplicas('key')
      ring.getNodeBounded(Buffer.from('key'))
      ring.getNodeBatch(['key', 'key'])
      ring.getNodeBatchPacked({ bytes: Buffer.from('keykey'), offsets: Uint32Array.of(0, 3, 6) })
      ring.setNodeStatus('a', round === 1 ? 'dead' : 'alive')
    }
    expect(count.calls).toBe(1)
  })

  test('each time where nothing is remembered', () => {
    for (const options of [{ lookupCache: 'off' }, { lookupCacheSize: 0 }] as const) {
      const { ring, count } = counted(options)
      ring.getNode('key')
      ring.getReplicas('key')
      ring.getNodeBatch(['key', 'key'])
      expect(count.calls).toBe(4)
      expect(ring.getMetrics().cache).toMatchObject({
        hitCount: 0,
        missCount: 0,
        keyCount: 0,
        memoryBytes: 0,
      })
    }
  })

  test('once for a virtual node while its node is in the ring', () => {
    const { ring, count } = counted()
    ring.updateNode('a', { weight: 0.5 })
    ring.updateNode('a', { weight: 1 })
    ring.setNodeStatus('a', 'dead')
    ring.setNodes(['a', 'b', 'c'])
    ring.updateNode('a', { status: 'alive', zone: 'z' })
    ring.ownership()
    ring.points()
    expect(count.calls).toBe(0)
    ring.updateNode('a', { weight: 2 })
    expect(count.calls).toBe(8)
    ring.plan({ remove: ['b'] }).apply()
    ring.plan({ add: ['b'] }).apply()
    expect(count.calls).toBe(16)
  })
})

describe('a function that fails', () => {
  const thrown = new Error('no hash today')
  const answers: [string, HashFunction, unknown][] = [
    [
      'throws',
      () => {
        throw thrown
      },
      thrown,
    ],
    ['answers a number', (() => 5) as unknown as HashFunction, undefined],
    ['answers −1n', () => -1n, undefined],
    ['answers 2n ** 64n', () => 2n ** 64n, undefined],
    ['answers nothing', (() => undefined) as unknown as HashFunction, undefined],
    ['answers a promise', (() => Promise.resolve(1n)) as unknown as HashFunction, undefined],
  ]

  test.each(answers)('that %s: coded, with its cause, and the ring is as it was', async (_, bad, cause) => {
    let current = xxhash
    const ring = new HashRing({
      nodes: FIVE,
      virtualNodeCount: 4,
      hashFunction: (bytes) => current(bytes),
    })
    const plan = ring.plan({ add: ['x'] })
    const before = seen(ring)
    current = bad
    const failed = refused('HASH_FUNCTION_FAILED', cause === undefined ? {} : { cause })
    expect(() => new HashRing({ nodes: ['a'], hashFunction: bad })).toThrow(failed)
    const calls: (() => unknown)[] = [
      () => ring.addNode('x'),
      () => ring.addNodes(['x', 'y']),
      () => ring.updateNode('node1', { weight: 2 }),
      () => ring.setNodes(['node1', 'x']),
      () => ring.plan({ add: ['x'] }),
      () => ring.plan({ update: [{ id: 'node1', weight: 3 }] }),
      () => ring.plan({ set: ['x'] }),
      () => ring.getNode('k'),
      () => ring.getNode(Buffer.from('k')),
      () => ring.getReplicas('k'),
      () => ring.getReplicas('k', 5),
      () => ring.getNodeBounded('k'),
      () => ring.getNodeBatch(['k']),
      () => ring.getNodeBatchPacked(packedKey),
      () => ring.explain('k'),
      () => ring.analyzeDistribution(['k']),
      () => plan.ownerChange('k'),
      () => plan.analyze(['k']),
    ]
    for (const call of calls) expect(call).toThrow(failed)
    async function* later() {
      await Promise.resolve()
      yield 'k'
    }
    await expect(plan.analyze(later())).rejects.toThrow(failed)
    expect(seen(ring)).toEqual(before)
    current = xxhash
    expect(ring.getMetrics()).toMatchObject({ lookupCount: 0, replicaLookupCount: 0, batchKeyCount: 0 })
    expect(ring.getNode('k')).toBe(new HashRing({ nodes: FIVE, virtualNodeCount: 4 }).getNode('k'))
    plan.apply()
  })

  test('what it throws need not be an error', () => {
    const hashFunction = () => {
      throw 'a word' as unknown
    }
    const failed = refused('HASH_FUNCTION_FAILED', {
      cause: 'a word',
      message: expect.stringContaining('a word'),
    })
    expect(() => new HashRing({ nodes: ['a'], hashFunction })).toThrow(failed)
  })
})

describe('the bytes are the function’s own', () => {
  test('it may overwrite them, at once or later', () => {
    const kept: Uint8Array[] = []
    const hashFunction: HashFunction = (bytes) => {
      const token = xxhash(bytes)
      kept.push(bytes)
      bytes.fill(0xff)
      return token
    }
    const ring = new HashRing({ nodes: FIVE, hashFunction })
    const bytes = Buffer.from('key:0key:1')
    const packed = { bytes, offsets: Uint32Array.of(0, 5, 10) }
    const key = Buffer.from('key:7')
    for (let round = 0; round < 2; round += 1) {
      expect(ring.getNode(key)).toBe(builtIn.getNode('key:7'))
      expect(ring.getNodeBatchPacked(packed)).toEqual(builtIn.getNodeBatchPacked(packed))
      expect(ring.getNodeBatch([key, 'key:8'])).toEqual(builtIn.getNodeBatch([key, 'key:8']))
      expect(ring.explain(key)).toEqual(builtIn.explain(key))
      expect(ring.analyzeDistribution([key])).toEqual(builtIn.analyzeDistribution([key]))
      kept.forEach((each) => each.fill(0))
    }
    expect([bytes.toString(), key.toString()]).toEqual(['key:0key:1', 'key:7'])
    expect(ring.points()).toEqual(builtIn.points())
  })
})

describe('the function', () => {
  test('is called with the bytes and nothing else', () => {
    const seenCalls: unknown[] = []
    function hashFunction(this: unknown, ...values: [Uint8Array]): bigint {
      seenCalls.push([this, values.length, values[0].constructor.name])
      return xxhash(values[0])
    }
    const ring = new HashRing({ nodes: [{ id: 'a', weight: 0.001 }], hashFunction })
    ring.getNode('k')
    ring.getNode(Buffer.from('l'))
    ring.getNodeBatch(['m'])
    expect(seenCalls).toEqual(Array(4).fill([undefined, 1, 'Uint8Array']))
  })

  test.each([
    ['overwrites', (array: Uint8Array | Uint32Array) => array.fill(0)],
    [
      'gives away',
      (array: Uint8Array | Uint32Array) =>
        structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] }),
    ],
  ])('answers for the keys as they were where it %s the caller’s memory', (_, spoil) => {
    const bytes = new Uint8Array(Buffer.from('key:0key:1key:2'))
    const offsets = Uint32Array.of(0, 5, 10, 15)
    const wanted = builtIn.getNodeBatchPacked({ bytes, offsets })
    let isArmed = false
    const ring = new HashRing({
      nodes: FIVE,
      hashFunction: (key) => {
        if (isArmed) [bytes, offsets].forEach(spoil)
        isArmed = false
        return xxhash(key)
      },
    })
    isArmed = true
    expect(ring.getNodeBatchPacked({ bytes, offsets })).toEqual(wanted)
    expect(isArmed).toBe(false)
  })
})

describe('what a ring with a function of its own refuses', () => {
  test('to be shared with other threads', () => {
    const { ring } = counted()
    expect(() => ring.handle()).toThrow(refused('CUSTOM_HASH'))
  })

  test('a seed; 0n is none', () => {
    const make = (hashSeed: bigint) => new HashRing({ nodes: ['a'], hashFunction: xxhash, hashSeed })
    expect(() => make(1n)).toThrow(refused('SEED_NOT_SUPPORTED'))
    expect(make(0n).getNode('k')).toBe('a')
  })

  test('to be compared with a ring of another function, even of the same hashes', () => {
    const one = new HashRing({ nodes: ['a', 'b'], hashFunction: xxhash })
    const same = new HashRing({ nodes: ['a', 'b', 'c'], hashFunction: xxhash })
    const other = new HashRing({ nodes: ['a', 'b', 'c'], hashFunction: (bytes) => xxh64(bytes, 0n) })
    const plain = new HashRing({ nodes: ['a', 'b', 'c'] })
    const different = refused('DIFFERENT_HASH')
    expect(() => HashRing.diff(one, other)).toThrow(different)
    expect(() => HashRing.diff(one, plain)).toThrow(different)
    expect(() => HashRing.diff(plain, one)).toThrow(different)
    const movement = HashRing.diff(one, same)
    const wanted = HashRing.diff(new HashRing({ nodes: ['a', 'b'] }), plain)
    expect(movement.transfers).toEqual(wanted.transfers)
    expect([...movement.ranges()]).toEqual([...wanted.ranges()])
    expect(movement.analyze(KEYS)).toEqual(wanted.analyze(KEYS))
    expect(KEYS.map((key) => movement.ownerChange(key))).toEqual(KEYS.map((key) => wanted.ownerChange(key)))
  })
})
