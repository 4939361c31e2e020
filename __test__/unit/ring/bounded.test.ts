import { describe, expect, test } from 'vitest'

import { type BoundedOptions, HashRing, type Key } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'

const FIVE = ['node1', 'node2', 'node3', 'node4', 'node5']
const inFlightOf = (ring: HashRing, id: string) => ring.node(id)!.inFlightCount
/** ceil(factor × (in flight + 1) × weight ÷ total routable weight), for weights of 1. */
const capacityOf = (factor: number, inFlightCount: number, nodeCount: number) =>
  Math.ceil((factor * (inFlightCount + 1)) / nodeCount)

describe('getNodeBounded', () => {
  test('is the owner while nobody is full, and acquires nothing itself', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (let at = 0; at < 500; at += 1) {
      const key = `key:${at}`
      expect(ring.getNodeBounded(key)).toBe(ring.getNode(key))
      expect(ring.getNodeBounded(Buffer.from(key))).toBe(ring.getNode(key))
    }
    expect(ring.getMetrics().inFlightCount).toBe(0)
    expect(ring.nodes().map(({ inFlightCount }) => inFlightCount)).toEqual([0, 0, 0, 0, 0])
  })

  test('passes over full nodes in the order of the replicas', () => {
    const ring = new HashRing({ nodes: FIVE })
    const way = ring.getReplicas('key', 5)
    // With a factor of 1, each node may have one of each five.
    for (const id of way) {
      expect(ring.getNodeBounded('key', { maxLoadFactor: 1 })).toBe(id)
      ring.acquire(id)
    }
    expect(ring.getNodeBounded('key', { maxLoadFactor: 1 })).toBe(way[0])
  })

  test('takes 1.25 unless told otherwise', () => {
    const ring = new HashRing({ nodes: FIVE })
    const [first, second] = ring.getReplicas('key', 2) as [string, string]
    for (let count = 0; count < 12; count += 1) {
      // All in flight are of the first node: it has room below ceil(1.25 × (count + 1) ÷ 5).
      const wanted = count < capacityOf(1.25, count, 5) ? first : second
      for (const options of [undefined, {}, { maxLoadFactor: undefined }, { maxLoadFactor: 1.25 }]) {
        expect(ring.getNodeBounded('key', options)).toBe(wanted)
      }
      const loose = { maxLoadFactor: 1_000 }
      expect(ring.getNodeBounded('key', loose)).toBe(first)
      ring.acquire(first)
    }
  })

  test('one node always has room', () => {
    const ring = new HashRing({ nodes: ['a'] })
    for (let count = 0; count < 1_000; count += 1) {
      expect(ring.getNodeBounded(`${count}`, { maxLoadFactor: 1 })).toBe('a')
      ring.acquire('a')
    }
    expect(inFlightOf(ring, 'a')).toBe(1_000)
  })

  test('10,000 acquired keys: no node ever has more than its capacity at the time', () => {
    const ring = new HashRing({ nodes: FIVE })
    let moved = 0
    for (let inFlightCount = 0; inFlightCount < 10_000; inFlightCount += 1) {
      // Half of all keys are one key: its owner alone would have 5,000 and more.
      const key = inFlightCount % 2 ? 'hot' : `key:${inFlightCount}`
      const id = ring.getNodeBounded(key, { maxLoadFactor: 1.25 })
      if (id !== ring.getNode(key)) moved += 1
      ring.acquire(id)
      expect(inFlightOf(ring, id)).toBeLessThanOrEqual(capacityOf(1.25, inFlightCount, 5))
    }
    const counts = ring.nodes().map(({ inFlightCount }) => inFlightCount)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000)
    expect(Math.max(...counts)).toBe(2_500)
    expect(moved).toBeGreaterThan(2_000)
    expect(ring.getMetrics()).toMatchObject({ inFlightCount: 10_000, lookupCount: 20_000 })
  })

  test.each([0, 0.99, -1, NaN, Infinity, -Infinity])('a factor of %d is refused', (maxLoadFactor) => {
    const ring = new HashRing({ nodes: FIVE })
    const wanted = refused('OUT_OF_RANGE', {
      message: expect.stringContaining(`maxLoadFactor is ${maxLoadFactor}`),
    })
    expect(() => ring.getNodeBounded('k', { maxLoadFactor })).toThrow(wanted)
    expect(ring.getMetrics().lookupCount).toBe(0)
  })

  test('options and keys of wrong types are refused, and count nothing', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (const options of [null, 1.25, 'x', [1.25], { maxLoadFactor: null }, { maxLoadFactor: '2' }]) {
      expect(() => ring.getNodeBounded('k', options as BoundedOptions)).toThrow(refused('INVALID_TYPE'))
    }
    const unknown = { loadFactor: 2 } as BoundedOptions
    expect(() => ring.getNodeBounded('k', unknown)).toThrow(refused('UNKNOWN_FIELD'))
    for (const key of [undefined, null, 5, {}, new Uint16Array(1)]) {
      expect(() => ring.getNodeBounded(key as Key)).toThrow(refused('INVALID_KEY'))
      expect(() => ring.getNodeBounded(key as Key, { maxLoadFactor: 2 })).toThrow(refused('INVALID_KEY'))
    }
    expect(ring.getMetrics().lookupCount).toBe(0)
  })

  test('keys of every kind', () => {
    const ring = new HashRing({ nodes: FIVE })
    const shared = new Uint8Array(new SharedArrayBuffer(4))
    for (const key of ['', '\ud800', 'ü', new Uint8Array(), Buffer.from('x'), shared, 'x'.repeat(10_000)]) {
      expect(ring.getNodeBounded(key)).toBe(ring.getNode(key))
      expect(ring.getNodeBounded(key, { maxLoadFactor: 3 })).toBe(ring.getNode(key))
    }
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(() => ring.getNodeBounded(detached)).toThrow(refused('INVALID_KEY'))
  })

  test('no node that may answer, and a closed ring, are told', () => {
    const ring = new HashRing()
    expect(() => ring.getNodeBounded('k')).toThrow(refused('NO_ROUTABLE_NODE'))
    ring.addNode({ id: 'a', status: 'dead' })
    expect(() => ring.getNodeBounded('k')).toThrow(refused('NO_ROUTABLE_NODE'))
    ring.close()
    for (const call of [() => ring.getNodeBounded('k'), () => ring.acquire('a'), () => ring.release('a')]) {
      expect(call).toThrow(refused('RING_CLOSED'))
    }
  })
})

describe('acquire and release', () => {
  test('count for the node and for the ring, and neither moves the version', () => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    ring.acquire('a')
    ring.acquire('a')
    ring.acquire('b')
    expect([inFlightOf(ring, 'a'), inFlightOf(ring, 'b'), ring.getMetrics().inFlightCount]).toEqual([2, 1, 3])
    expect(ring.nodes().map(({ inFlightCount }) => inFlightCount)).toEqual([2, 1])
    expect([ring.release('a'), ring.release('b'), ring.release('b')]).toEqual([true, true, false])
    expect([inFlightOf(ring, 'a'), inFlightOf(ring, 'b'), ring.getMetrics().inFlightCount]).toEqual([1, 0, 1])
    expect([ring.version, ring.getMetrics().rebuildCount]).toEqual([1, 0])
  })

  test('of a node that is not there: refused, and false', () => {
    const ring = new HashRing({ nodes: ['a'] })
    expect(() => ring.acquire('x')).toThrow(
      refused('UNKNOWN_NODE', { message: expect.stringContaining('"x"') }),
    )
    expect(ring.release('x')).toBe(false)
    for (const id of [undefined, null, 5, {}]) {
      expect(() => ring.acquire(id as string)).toThrow(refused('INVALID_TYPE'))
      expect(() => ring.release(id as string)).toThrow(refused('INVALID_TYPE'))
    }
    expect(() => ring.acquire('\ud800')).toThrow(refused('INVALID_TEXT'))
    expect(ring.getMetrics().inFlightCount).toBe(0)
  })

  test.each([
    ['removeNode', (ring: HashRing) => ring.removeNode('a')],
    ['removeNodes', (ring: HashRing) => ring.removeNodes(['a'])],
    ['setNodes', (ring: HashRing) => ring.setNodes(['b'])],
    ['a plan', (ring: HashRing) => ring.plan({ remove: ['a'] }).apply()],
  ])('requests leave the count with their node: %s', (_, remove) => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    for (const id of ['a', 'a', 'a', 'b']) ring.acquire(id)
    remove(ring)
    expect(ring.getMetrics().inFlightCount).toBe(1)
    expect(ring.release('a')).toBe(false)
    ring.addNode('a')
    // It came back with none: what was acquired before is not its own any more.
    expect([inFlightOf(ring, 'a'), ring.release('a'), ring.getMetrics().inFlightCount]).toEqual([0, false, 1])
    ring.acquire('a')
    expect([inFlightOf(ring, 'a'), ring.release('a'), ring.release('b')]).toEqual([1, true, true])
    expect(ring.getMetrics().inFlightCount).toBe(0)
  })

  test('a plan that is not applied, and a change that is refused, take no request away', () => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    ring.acquire('a')
    ring.plan({ remove: ['a'] })
    expect(() => ring.removeNodes(['a', 'x'])).toThrow(refused('UNKNOWN_NODE'))
    expect(() => ring.setNodes(['b', { id: 'c', weight: 0 }])).toThrow(refused('OUT_OF_RANGE'))
    expect([inFlightOf(ring, 'a'), ring.getMetrics().inFlightCount, ring.release('a')]).toEqual([1, 1, true])
  })

  test('a change of the node keeps them', () => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    ring.acquire('a')
    ring.updateNode('a', { weight: 2, zone: 'z', metadata: { rack: '1' } })
    ring.setNodeStatus('a', 'dead')
    ring.setNodes(['b', { id: 'a', weight: 3 }])
    ring.plan({ update: [{ id: 'a', status: 'alive' }] }).apply()
    ring.acquire('a')
    expect([inFlightOf(ring, 'a'), ring.getMetrics().inFlightCount]).toEqual([2, 2])
    expect([ring.release('a'), ring.release('a'), ring.release('a')]).toEqual([true, true, false])
  })

  test('a node that may not answer keeps its requests, and they count', () => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    for (let count = 0; count < 8; count += 1) ring.acquire('a')
    ring.setNodeStatus('a', 'leaving')
    expect([inFlightOf(ring, 'a'), ring.getMetrics().inFlightCount]).toEqual([8, 8])
    expect(ring.getNodeBounded('k', { maxLoadFactor: 1 })).toBe('b')
    ring.acquire('a')
    expect(ring.release('a')).toBe(true)
  })

  test('loads that nodes report move no key', () => {
    const ring = new HashRing({ nodes: FIVE })
    const [first] = ring.getReplicas('key')
    ring.updateNodeLoad(first!, 1)
    expect([ring.getNode('key'), ring.getNodeBounded('key')]).toEqual([first, first])
  })
})
