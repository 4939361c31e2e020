import { describe, expect, test } from 'vitest'

import { HashRing, type HashRingOptions } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'
import { seeded } from '../../helpers/random.js'
import { xxh64 } from '../../property/model.js'

const FIVE = ['node1', 'node2', 'node3', 'node4', 'node5']
const make = (options: HashRingOptions = {}) => new HashRing({ nodes: FIVE, lookupCache: 'on', ...options })
const figures = (ring: HashRing) => {
  const { hitCount, missCount, evictionCount, keyCount } = ring.getMetrics().cache
  return [hitCount, missCount, evictionCount, keyCount]
}
const packed = (...keys: string[]) => {
  const ends = keys.map((_, at) => Buffer.byteLength(keys.slice(0, at + 1).join('')))
  return { bytes: Buffer.from(keys.join('')), offsets: Uint32Array.of(0, ...ends) }
}

describe('whether there is one', () => {
  const custom = (bytes: Uint8Array) => xxh64(bytes, 0n)
  test.each([
    ['auto is off with xxhash64', {}, false],
    ['auto is off with xxhash64 and a seed', { hashSeed: 7n }, false],
    ['auto said so', { lookupCache: 'auto' }, false],
    ['auto is on with sha256', { hashFunction: 'sha256' }, true],
    ['auto is on with a function of one’s own', { hashFunction: custom }, true],
    ['on', { lookupCache: 'on' }, true],
    ['off with sha256', { hashFunction: 'sha256', lookupCache: 'off' }, false],
    ['off with a function of one’s own', { hashFunction: custom, lookupCache: 'off' }, false],
    ['Z-9 a size of 0 is off', { lookupCache: 'on', lookupCacheSize: 0 }, false],
    ['Z-9 a size of 0 is off with sha256', { hashFunction: 'sha256', lookupCacheSize: 0 }, false],
    ['a size alone does not turn it on', { lookupCacheSize: 50 }, false],
    ['undefined is the default', { lookupCache: undefined, lookupCacheSize: undefined }, false],
  ] as [string, HashRingOptions, boolean][])('%s', (_, options, isOn) => {
    const ring = new HashRing({ nodes: FIVE, ...options })
    const answers = ['k', 'k'].map((key) => ring.getNode(key))
    expect(answers[0]).toBe(answers[1])
    expect(figures(ring)).toEqual(isOn ? [1, 1, 0, 1] : [0, 0, 0, 0])
    const { memoryBytes, hitRate } = ring.getMetrics().cache
    expect([memoryBytes > 0, hitRate]).toEqual([isOn, isOn ? 0.5 : 0])
  })

  test('it holds 10,000 keys unless told otherwise', () => {
    const ring = make()
    for (let at = 0; at < 10_500; at += 1) ring.getNode(`${at}`)
    expect(figures(ring)).toEqual([0, 10_500, 500, 10_000])
  })

  test('options out of their bounds are refused, all of them Z-9', () => {
    for (const lookupCacheSize of [-1, 1.5, NaN, Infinity, 16_000_001, 2 ** 53]) {
      expect(() => make({ lookupCacheSize })).toThrow(refused('OUT_OF_RANGE'))
    }
    for (const lookupCacheSize of ['10', null, 10n, true]) {
      expect(() => make({ lookupCacheSize: lookupCacheSize as unknown as number })).toThrow(
        refused('INVALID_TYPE'),
      )
    }
    for (const word of ['', 'On', 'always']) {
      const wanted = refused('UNKNOWN_LOOKUP_CACHE', { message: expect.stringContaining(`"${word}"`) })
      expect(() => make({ lookupCache: word as 'on' })).toThrow(wanted)
    }
    for (const word of [true, null, 1]) {
      expect(() => make({ lookupCache: word as unknown as 'on' })).toThrow(refused('INVALID_TYPE'))
    }
    expect(make({ lookupCacheSize: 16_000_000 }).getNode('k')).toBe(make().getNode('k'))
  })
})

describe('answers', () => {
  test.each([{ hashFunction: 'xxhash64' }, { hashFunction: 'sha256' }] as const)(
    'Z-5 a hit after a change gives the new owner: %o',
    (options) => {
      const random = seeded('Z-5 a hit after a change gives the new owner')
      const [ring, plain] = [
        make({ ...options, lookupCacheSize: 64 }),
        make({ ...options, lookupCache: 'off' }),
      ]
      const keys = Array.from({ length: 100 }, (_, at) => `key:${at}`)
      const changes: ((each: HashRing, at: number) => void)[] = [
        (each, at) => each.addNode(`new${at}`),
        // All but the first three.
        (each) =>
          each.removeNodes(
            each
              .nodes()
              .map(({ id }) => id)
              .filter((id) => !/^node[123]$/.test(id)),
          ),
        (each, at) => each.updateNode('node1', { weight: 1 + (at % 5) }),
        (each, at) => each.setNodeStatus('node2', at % 2 ? 'dead' : 'alive'),
        (each, at) => each.setNodes(['node1', 'node2', 'node3', `set${at}`]),
        (each, at) => each.plan({ add: [`plan${at}`] }).apply(),
      ]
      for (let at = 0; at < 200; at += 1) {
        const change = random.pick(changes)
        for (const each of [ring, plain]) change(each, at)
        for (let count = 0; count < 20; count += 1) {
          const key = random.oneIn(2) ? random.pick(keys.slice(0, 20)) : random.pick(keys)
          expect(ring.getNode(key)).toBe(plain.getNode(key))
          expect(ring.getReplicas(key)).toEqual(plain.getReplicas(key))
          expect(ring.getNodeBounded(key)).toBe(plain.getNodeBounded(key))
        }
        expect(ring.getNodeBatch(keys)).toEqual(plain.getNodeBatch(keys))
      }
      expect(ring.getMetrics().cache.hitCount).toBeGreaterThan(1_000)
    },
  )

  test('of equal bytes are one entry, whatever they came as', () => {
    const ring = make()
    const shared = new Uint8Array(new SharedArrayBuffer(3))
    shared.set(Buffer.from('\ufffd'))
    for (const key of ['\ufffd', '\ud800', Buffer.from('\ufffd'), shared]) ring.getNode(key)
    expect(figures(ring)).toEqual([3, 1, 0, 1])
  })

  test('Z-22 the empty key has an entry as any other, which can be evicted', () => {
    const ring = make({ lookupCacheSize: 2 })
    for (const key of ['', '', new Uint8Array(), 'a', 'b', '']) ring.getNode(key)
    expect(figures(ring)).toEqual([2, 4, 2, 2])
  })

  test('Z-6 an answer that is written to does not change the next', () => {
    const ring = make()
    const first = ring.getReplicas('key')
    first.reverse()
    first.push('more')
    expect(ring.getReplicas('key')).toEqual(make({ lookupCache: 'off' }).getReplicas('key'))
  })

  test('keys that the caller writes over afterwards are remembered as they were', () => {
    const ring = make()
    const key = Buffer.from('key:1')
    const wanted = ring.getNode('key:2')
    ring.getNode(key)
    key.set(Buffer.from('key:2'))
    expect(ring.getNode(key)).toBe(wanted)
    expect(figures(ring)).toEqual([1, 2, 0, 2])
  })
})

describe('figures', () => {
  test('Z-1 a hit refreshes: the least recently used key goes', () => {
    const ring = make({ lookupCacheSize: 3 })
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'b']) ring.getNode(key)
    // b went for d, then d for b: a and c were looked up in between.
    expect(figures(ring)).toEqual([3, 5, 2, 3])
    for (const key of ['a', 'c', 'b']) ring.getNode(key)
    expect(figures(ring)).toEqual([6, 5, 2, 3])
    ring.getNode('d')
    expect(figures(ring)).toEqual([6, 6, 3, 3])
  })

  test('Z-2 every lookup is counted once, whatever its kind', () => {
    const ring = make()
    ring.getNode('k')
    expect(figures(ring)).toEqual([0, 1, 0, 1])
    ring.getReplicas('k')
    expect(figures(ring)).toEqual([1, 1, 0, 1])
    ring.getReplicas(Buffer.from('k'), 5)
    ring.getNodeBounded('k')
    ring.getNode(Buffer.from('k'))
    expect(figures(ring)).toEqual([4, 1, 0, 1])
    ring.getNodeBatch(['k', 'l', 'k'])
    expect(figures(ring)).toEqual([6, 2, 0, 2])
    ring.getNodeBatch([Buffer.from('k'), 'm'])
    expect(figures(ring)).toEqual([7, 3, 0, 3])
    ring.getNodeBatchPacked(packed('k', 'n'))
    expect(figures(ring)).toEqual([8, 4, 0, 4])
    expect(ring.getMetrics().cache.hitRate).toBe(8 / 12)
  })

  test('Z-2 the same with a function of one’s own', () => {
    const ring = make({ hashFunction: (bytes) => xxh64(bytes, 0n) })
    ring.getNode('k')
    ring.getReplicas('k')
    ring.getNodeBounded('k')
    ring.getNodeBatch(['k', 'l', 'k'])
    ring.getNodeBatch([Buffer.from('k'), 'm'])
    ring.getNodeBatchPacked(packed('k', 'n'))
    expect(figures(ring)).toEqual([6, 4, 0, 4])
    expect(ring.getMetrics()).toMatchObject({ lookupCount: 2, replicaLookupCount: 1, batchKeyCount: 7 })
  })

  test('Z-15 looking at the ring moves none of them', async () => {
    for (const hashFunction of ['sha256', (bytes: Uint8Array) => xxh64(bytes, 0n)] as const) {
      const ring = make({ lookupCacheSize: 2, hashFunction })
      ring.getNode('hot')
      ring.getNode('hot')
      const before = figures(ring)
      const keys = Array.from({ length: 50 }, (_, at) => `${at}`)
      async function* later() {
        for (const key of keys) yield await Promise.resolve(key)
      }
      ring.explain('other')
      ring.analyzeDistribution(keys)
      const plan = ring.plan({ add: ['x'] }, { replicas: 2 })
      plan.ownerChange('other')
      plan.analyze(keys)
      await plan.analyze(later())
      void [plan.copies, plan.before, ring.ownership(), ring.points(), ring.nodes()]
      expect(figures(ring)).toEqual(before)
      ring.getNode('hot')
      expect(figures(ring)).toEqual([2, 1, 0, 1])
    }
  })

  test('Z-23 a key has one entry, whether it was missed alone or twice in a batch', () => {
    const ring = make({ lookupCacheSize: 2 })
    ring.getNodeBatch(['a', 'a', 'a', 'b', 'a'])
    expect(figures(ring)).toEqual([3, 2, 0, 2])
    ring.getNodeBatch(['c', 'a'])
    expect(figures(ring)).toEqual([4, 3, 1, 2])
  })

  test('a million keys that come once leave them right, and the memory bounded', () => {
    const ring = make({ lookupCacheSize: 1_000 })
    let [most, bytesMax] = [0, 0]
    for (let start = 0; start < 1_000_000; start += 20_000) {
      ring.getNodeBatch(Array.from({ length: 20_000 }, (_, at) => `scan:${start + at}`))
      const { keyCount, memoryBytes } = ring.getMetrics().cache
      most = Math.max(most, keyCount)
      bytesMax = Math.max(bytesMax, memoryBytes)
    }
    expect(figures(ring)).toEqual([0, 1_000_000, 999_000, 1_000])
    expect(most).toBe(1_000)
    expect(bytesMax).toBeLessThan(200_000)
    expect(ring.getMetrics()).toMatchObject({ batchKeyCount: 1_000_000, lookupCount: 0 })
    expect(ring.getNode('scan:999999')).toBe(make({ lookupCache: 'off' }).getNode('scan:999999'))
    expect(figures(ring)[0]).toBe(1)
  })

  test('long keys do not make it grow: 128 bytes a key on average, none over 4,096', () => {
    const ring = make({ lookupCacheSize: 100 })
    for (let at = 0; at < 500; at += 1) ring.getNode(`${at}`.padEnd(4_000, 'x'))
    const [, , , keyCount] = figures(ring)
    expect(keyCount).toBe(3)
    expect(ring.getMetrics().cache.memoryBytes).toBeLessThan(100 * 128 + 100 * 120)
    const before = figures(ring)
    ring.getNode('y'.repeat(4_097))
    ring.getNode('y'.repeat(4_097))
    expect(figures(ring)).toEqual([before[0], before[1]! + 2, before[2], 3])
  })

  test('Zipf(1.0) over 1,000 hot keys is more than 99 % hits', () => {
    const random = seeded('over 1,000 hot keys is more than 99 % hits')
    const ring = make()
    const sums: number[] = []
    for (let rank = 1; rank <= 1_000; rank += 1) sums.push((sums.at(-1) ?? 0) + 1 / rank)
    for (let count = 0; count < 200_000; count += 1) {
      const wanted = (random.below(2 ** 31) / 2 ** 31) * sums.at(-1)!
      let [low, high] = [0, 999]
      while (low < high) {
        const middle = (low + high) >> 1
        if (sums[middle]! <= wanted) low = middle + 1
        else high = middle
      }
      ring.getNode(`hot:${low}`)
    }
    const { hitCount, missCount, hitRate, evictionCount } = ring.getMetrics().cache
    expect([hitCount + missCount, evictionCount]).toEqual([200_000, 0])
    expect(missCount).toBeLessThanOrEqual(1_000)
    expect(hitRate).toBe(hitCount / 200_000)
    expect(hitRate).toBeGreaterThan(0.99)
  })

  test('they are those of a plain list of keys, the one used last in front', () => {
    const random = seeded('they are those of a plain list of keys')
    for (const size of [1, 2, 7, 40]) {
      const ring = make({ lookupCacheSize: size })
      let list: string[] = []
      let [hits, misses, evictions] = [0, 0, 0]
      for (let count = 0; count < 2_000; count += 1) {
        const key = `${random.below(random.pick([3, 20, 60]))}`
        if (list.includes(key)) hits += 1
        else misses += 1
        list = [key, ...list.filter((each) => each !== key)]
        evictions += Math.max(0, list.length - size)
        list.length = Math.min(list.length, size)
        random.pick([() => ring.getNode(key), () => ring.getReplicas(key), () => ring.getNodeBatch([key])])()
        expect(figures(ring)).toEqual([hits, misses, evictions, list.length])
      }
    }
  })
})
