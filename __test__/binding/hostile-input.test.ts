/** Arguments with code of their own, which runs in the middle of a call and changes or closes the ring. */

import { describe, expect, test } from 'vitest'

import { HashRing, type HyperCacheError } from '../../dist/index.js'

const make = () => new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 16 })
const idsOf = (ring: HashRing) => ring.nodes().map(({ id }) => id)
const KEYS = Array.from({ length: 200 }, (_, at) => `key${at}`)
const closedError = expect.objectContaining({ code: 'ERR_HYPERCACHE_RING_CLOSED' }) as Error

/** Gives the items, and does something after the first. */
function* interrupted<T>(items: readonly T[], then: () => void): Generator<T> {
  for (const [at, item] of items.entries()) {
    yield item
    if (at === 0) then()
  }
}

/** A `zone` that does something when it is read. */
const zoned = <T extends object>(fields: T, then: () => void): T & { zone: string } =>
  Object.defineProperty({ ...fields, zone: '' }, 'zone', { get: () => (then(), 'z'), enumerable: true })

type Change = [name: string, change: (ring: HashRing, then: () => void) => unknown, ids: string[]]

/** Changes that run the caller's code meanwhile, and the ids they leave when that code adds `late`. */
const changes: Change[] = [
  ['addNode', (ring, then) => ring.addNode(zoned({ id: 'd' }, then)), ['a', 'b', 'c', 'd', 'late']],
  [
    'addNodes',
    (ring, then) => ring.addNodes(interrupted(['d', 'e'], then)),
    ['a', 'b', 'c', 'd', 'e', 'late'],
  ],
  ['removeNodes', (ring, then) => ring.removeNodes(interrupted(['a', 'b'], then)), ['c', 'late']],
  ['setNodes', (ring, then) => ring.setNodes(interrupted(['c', 'd'], then)), ['c', 'd']],
  ['setNodes of getters', (ring, then) => ring.setNodes(['c', zoned({ id: 'd' }, then)]), ['c', 'd']],
  ['updateNode', (ring, then) => ring.updateNode('a', zoned({}, then)), ['a', 'b', 'c', 'late']],
]

describe.each(changes)('%s', (_, change, ids) => {
  test('while the ring is changed: both changes, the outer one last', () => {
    const ring = make()
    change(ring, () => ring.addNode('late'))
    expect(idsOf(ring)).toEqual(ids)
    expect(ids).toEqual(expect.arrayContaining(ring.getNodeBatch(KEYS)))
    expect(ring.checksum).toBe(new HashRing({ nodes: ids, virtualNodeCount: 16 }).checksum)
  })

  test('while the ring is closed, and another takes its number: refused, the other as it was', () => {
    const ring = make()
    let other: HashRing | undefined
    const close = () => {
      ring.close()
      other ??= new HashRing({ nodes: ['other'] })
    }
    expect(() => change(ring, close)).toThrow(closedError)
    expect(idsOf(other!)).toEqual(['other'])
    expect(other!.version).toBe(1)
  })

  test('while the caller’s code fails: its own error, the ring as it was', () => {
    const ring = make()
    const { version, checksum } = ring
    const failure = new Error('from the caller')
    const fail = () => {
      throw failure
    }
    expect(() => change(ring, fail)).toThrow(failure)
    expect([ring.version, ring.checksum, ...idsOf(ring)]).toEqual([version, checksum, 'a', 'b', 'c'])
  })
})

describe('lookups of many', () => {
  const textKeys = KEYS
  const mixedKeys = KEYS.map((key, at) => (at % 2 === 0 ? key : Buffer.from(key)))

  test.each([
    ['text', textKeys],
    ['mixed', mixedKeys],
  ])('getNodeBatch of %s keys whose iterable changes the ring answers from one version', (_, keys) => {
    const ring = make()
    const answers = ring.getNodeBatch(interrupted(keys, () => ring.setNodes(['x', 'y'])))
    expect(answers).toEqual(KEYS.map((key) => ring.getNode(key)))
  })

  test('getNodeBatch whose iterable closes the ring is refused', () => {
    const ring = make()
    let other: HashRing | undefined
    const close = () => {
      ring.close()
      other = new HashRing({ nodes: ['other'] })
    }
    expect(() => ring.getNodeBatch(interrupted(KEYS, close))).toThrow(closedError)
    expect(other!.getNode('key')).toBe('other')
  })

  test('analyzeDistribution keeps to the ring it began with, also when that is changed or closed', () => {
    const ring = make()
    const expected = ring.analyzeDistribution(KEYS)
    expect(ring.analyzeDistribution(interrupted(KEYS, () => ring.setNodes(['x'])))).toEqual(expected)
    const second = make()
    expect(second.analyzeDistribution(interrupted(KEYS, () => second.close()))).toEqual(expected)
  })

  test('a lookup inside the iterable of another lookup disturbs neither', () => {
    const ring = make()
    const alone = ring.getNodeBatch(KEYS)
    const inside: string[][] = []
    const answers = ring.getNodeBatch(
      (function* () {
        for (const key of KEYS) {
          inside.push(ring.getNodeBatch(KEYS))
          ring.getReplicas(key)
          yield key
        }
      })(),
    )
    expect(answers).toEqual(alone)
    expect(inside).toEqual(KEYS.map(() => alone))
  })

  test('subclasses, proxies, holes and getters in arrays are read as any iterable is', () => {
    const ring = make()
    class Backwards<T> extends Array<T> {
      override *[Symbol.iterator](): ArrayIterator<T> {
        for (let at = this.length - 1; at >= 0; at -= 1) yield this[at]!
      }
    }
    const expected = KEYS.map((key) => ring.getNode(key))
    expect(ring.getNodeBatch(Backwards.from(KEYS))).toEqual(expected.toReversed())
    expect(ring.getNodeBatch(new Proxy(KEYS, {}))).toEqual(expected)
    const getting = Object.defineProperty([...KEYS], 3, { get: () => 'other' })
    expect(ring.getNodeBatch(getting)).toEqual(expected.with(3, ring.getNode('other')))
    const shrinking: string[] = Object.defineProperty([...KEYS], 0, {
      get: () => void (shrinking.length = 9),
    })
    expect(() => ring.getNodeBatch(shrinking)).toThrow(/keys\[0\]/)
    expect(() => ring.getNodeBatch(['a', , 'b'] as string[])).toThrow(/keys\[1\]/)
  })
})

describe('from outside', () => {
  const given: Record<string, unknown[]> = {
    getNodeBatch: [['a']],
    getNodeBatchPacked: [{ bytes: new Uint8Array(), offsets: Uint32Array.of(0) }],
    addNodes: [['a']],
    removeNodes: [['a']],
    setNodes: [['a']],
    updateNode: ['a', {}],
    updateNodeLoad: ['a', 0.5],
    setNodeStatus: ['a', 'alive'],
    analyzeDistribution: [['a']],
    plan: [{ add: ['z'] }],
  }

  test('a method of a ring refuses any other receiver with a TypeError', () => {
    const receivers = [{}, undefined, 5, Object.create(make()), new Proxy(make(), {}), HashRing.prototype]
    const names = Object.getOwnPropertyNames(HashRing.prototype).filter((name) => name !== 'constructor')
    const wrong = names.flatMap((name) => {
      const found = Object.getOwnPropertyDescriptor(HashRing.prototype, name)!
      const method = (Reflect.get(found, 'get') ?? found.value) as (...values: unknown[]) => unknown
      return receivers.flatMap((receiver) => {
        try {
          return [`${name} answered ${String(method.apply(receiver, given[name] ?? ['a']))}`]
        } catch (error) {
          return error instanceof TypeError ? [] : [`${name}: ${(error as HyperCacheError).code}`]
        }
      })
    })
    expect([...new Set(wrong)]).toEqual([])
  })

  test('nothing of the native side can be reached from a ring', () => {
    const ring = make()
    expect(Reflect.ownKeys(ring)).toEqual([])
    expect(Object.getPrototypeOf(ring)).toBe(HashRing.prototype)
    expect(Object.getPrototypeOf(HashRing.prototype)).toBe(Object.prototype)
    expect(Reflect.ownKeys(HashRing).sort()).toEqual([
      'attach',
      'deserialize',
      'diff',
      'length',
      'name',
      'prototype',
    ])
    expect(JSON.stringify(ring)).toBe('{}')
    expect(() => structuredClone(new HashRing({ nodes: ['a'] })).getNode('key')).toThrow(TypeError)
  })
})
