import { describe, expect, test } from 'vitest'

import { HashRing, type Key } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'

const FIVE = ['node1', 'node2', 'node3', 'node4', 'node5']
const packedKeys = { bytes: Buffer.from('abc'), offsets: Uint32Array.of(0, 1, 2, 3) }
const countsOf = (ring: HashRing) => {
  const { lookupCount, replicaLookupCount, batchKeyCount } = ring.getMetrics()
  return [lookupCount, replicaLookupCount, batchKeyCount]
}

describe('what the ring is', () => {
  test('Z-13 every node is counted by its status', () => {
    const statuses = ['alive', 'alive', 'suspected', 'dead', 'dead', 'dead', 'leaving', 'updating'] as const
    const ring = new HashRing({ nodes: statuses.map((status, at) => ({ id: `n${at}`, status })) })
    const wanted = { alive: 2, suspected: 1, dead: 3, leaving: 1, updating: 1 }
    expect(ring.getMetrics()).toMatchObject({ nodeCount: 8, nodesByStatus: wanted, pointCount: 8 * 256 })
    expect(Object.keys(ring.getMetrics().nodesByStatus)).toEqual(Object.keys(wanted))
    ring.setNodeStatus('n0', 'updating')
    ring.removeNodes(['n3', 'n6'])
    const now = { alive: 1, suspected: 1, dead: 2, leaving: 0, updating: 2 }
    expect(ring.getMetrics()).toMatchObject({ nodeCount: 6, nodesByStatus: now, pointCount: 6 * 256 })
  })

  test('of an empty ring: nothing, and no number that is none', () => {
    expect(new HashRing().getMetrics()).toEqual({
      nodeCount: 0,
      nodesByStatus: { alive: 0, suspected: 0, dead: 0, leaving: 0, updating: 0 },
      pointCount: 0,
      version: 1,
      rebuildCount: 0,
      rebuildTimeMs: 0,
      lookupCount: 0,
      replicaLookupCount: 0,
      batchKeyCount: 0,
      cache: { hitCount: 0, missCount: 0, hitRate: 0, evictionCount: 0, keyCount: 0, memoryBytes: 0 },
      snapshotBytes: expect.any(Number) as number,
      inFlightCount: 0,
      loadFactor: 0,
    })
  })

  test('an answer is the caller’s own', () => {
    const ring = new HashRing({ nodes: FIVE })
    const metrics = ring.getMetrics()
    metrics.nodesByStatus.alive = 0
    metrics.cache.hitCount = 7
    expect(ring.getMetrics()).toMatchObject({ nodesByStatus: { alive: 5 }, cache: { hitCount: 0 } })
  })

  test('memory grows with the points, and shrinks with them', () => {
    const ring = new HashRing({ nodes: FIVE })
    const small = ring.getMetrics().snapshotBytes
    ring.updateNode('node1', { weight: 100 })
    const large = ring.getMetrics().snapshotBytes
    // 12 to 16 bytes a point.
    const perPoint = (large - small) / (99 * 256)
    expect(perPoint).toBeGreaterThan(8)
    expect(perPoint).toBeLessThan(20)
    ring.updateNode('node1', { weight: 1 })
    expect(ring.getMetrics().snapshotBytes).toBe(small)
  })

  test('the load factor is that of the ownership', () => {
    const ring = new HashRing({
      nodes: [...FIVE, { id: 'heavy', weight: 3 }, { id: 'idle', status: 'dead' }],
    })
    const largest = Math.max(...ring.ownership().map(({ share }) => share))
    expect(ring.getMetrics().loadFactor).toBe(largest * 7)
    expect(ring.getMetrics().loadFactor).toBe(ring.plan({ add: ['x'] }).before.loadFactor)
  })
})

describe('Z-3 rebuilds', () => {
  const ring = new HashRing({ nodes: FIVE, zoneAware: true })
  const rebuilds = (change: () => unknown) => {
    const before = ring.getMetrics()
    change()
    const after = ring.getMetrics()
    expect(after.rebuildTimeMs).toBeGreaterThanOrEqual(before.rebuildTimeMs)
    expect(after.version - before.version).toBe(after.rebuildCount - before.rebuildCount)
    return after.rebuildCount - before.rebuildCount
  }

  test('making the ring is none', () => {
    expect(ring.getMetrics()).toMatchObject({ version: 1, rebuildCount: 0, rebuildTimeMs: 0 })
  })

  test.each([
    ['addNode', () => ring.addNode('x')],
    ['addNodes', () => ring.addNodes(['y', 'z'])],
    ['updateNode of weight', () => ring.updateNode('x', { weight: 2 })],
    ['updateNode of zone', () => ring.updateNode('x', { zone: 'z' })],
    ['setNodeStatus', () => ring.setNodeStatus('y', 'dead')],
    ['setNodes', () => ring.setNodes([...FIVE, 'x', 'z'])],
    ['a plan that is applied', () => ring.plan({ remove: ['x', 'z'] }).apply()],
    ['removeNode', () => ring.removeNode('node5')],
  ])('%s is one', (_, change) => {
    expect(rebuilds(change)).toBe(1)
  })

  test.each([
    ['metadata', () => ring.updateNode('node1', { metadata: { a: 'b' }, address: 'h:1' })],
    ['a load', () => ring.updateNodeLoad('node1', 0.5)],
    ['a doubt', () => ring.setNodeStatus('node1', 'suspected')],
    ['a node that may not answer', () => ring.addNode({ id: 'idle', status: 'dead' })],
    ['the same again', () => ring.updateNode('node2', { weight: 1, status: 'alive' })],
    ['nothing', () => ring.addNodes([])],
    ['a plan that is not applied', () => ring.plan({ add: ['new'] })],
    ['a request', () => ring.acquire('node1')],
    ['a lookup', () => ring.getNode('k')],
  ])('%s is none', (_, change) => {
    expect(rebuilds(change)).toBe(0)
  })

  test('a change that is refused is none', () => {
    expect(
      rebuilds(() => expect(() => ring.addNodes(['new', 'node1'])).toThrow(refused('DUPLICATE_NODE'))),
    ).toBe(0)
    const plan = ring.plan({ add: ['new'] })
    expect(rebuilds(() => ring.addNode('newer'))).toBe(1)
    expect(rebuilds(() => expect(() => plan.apply()).toThrow(refused('PLAN_OUTDATED')))).toBe(0)
  })

  test('they take time', () => {
    const own = new HashRing({ nodes: FIVE })
    for (let at = 0; at < 50; at += 1) own.addNode({ id: `n${at}`, weight: 4 })
    const { rebuildTimeMs, rebuildCount } = own.getMetrics()
    expect(rebuildCount).toBe(50)
    expect(rebuildTimeMs).toBeGreaterThan(0)
    expect(rebuildTimeMs).toBeLessThan(20_000)
  })
})

describe('Z-2 lookups are counted once', () => {
  test('each kind by itself', () => {
    const ring = new HashRing({ nodes: FIVE })
    ring.getNode('k')
    ring.getNode(Buffer.from('k'))
    ring.getNode('')
    ring.getNode(new Uint8Array())
    ring.getNode(new Uint8Array(new SharedArrayBuffer(2)))
    expect(countsOf(ring)).toEqual([5, 0, 0])
    ring.getNodeBounded('k')
    ring.getNodeBounded(new Uint8Array())
    expect(countsOf(ring)).toEqual([7, 0, 0])
    ring.getReplicas('k')
    ring.getReplicas('k', 1)
    ring.getReplicas('k', 5)
    ring.getReplicas(Buffer.from('k'), 200)
    ring.getReplicas(new Uint8Array())
    expect(countsOf(ring)).toEqual([7, 5, 0])
    ring.getNodeBatch(['a', 'b'])
    ring.getNodeBatch([Buffer.from('a'), 'b'])
    ring.getNodeBatchPacked(packedKeys)
    ring.getNodeBatch([])
    expect(countsOf(ring)).toEqual([7, 5, 7])
    ring.getNodeBatch(Array.from({ length: 10_000 }, (_, at) => `${at}`))
    ring.getNodeBatch(Array.from({ length: 10_000 }, (_, at) => Buffer.from(`${at}`)))
    expect(countsOf(ring)).toEqual([7, 5, 20_007])
    for (let at = 0; at < 1_000; at += 1) ring.getNode(`${at}`)
    expect(countsOf(ring)).toEqual([1_007, 5, 20_007])
  })

  test('names that are new to this thread do not count again', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (let at = 0; at < 20; at += 1) {
      ring.addNode(`n${at}`)
      ring.getNode('k')
      ring.getReplicas('k')
      ring.getNodeBatch(['k'])
    }
    expect(countsOf(ring)).toEqual([20, 20, 20])
  })

  test('Z-15 looking at the ring counts none', async () => {
    const ring = new HashRing({ nodes: FIVE })
    const keys = Array.from({ length: 100 }, (_, at) => `${at}`)
    async function* later() {
      for (const key of keys) yield await Promise.resolve(key)
    }
    ring.explain('k')
    ring.analyzeDistribution(keys)
    const plan = ring.plan({ add: ['x'] }, { replicas: 3 })
    plan.analyze(keys)
    await plan.analyze(later())
    plan.ownerChange('k')
    void [plan.copies, plan.after, [...plan.ranges()], ring.ownership(), ring.getMetrics()]
    HashRing.diff(ring, ring).analyze(keys)
    expect(countsOf(ring)).toEqual([0, 0, 0])
  })

  test('keys and counts that are refused count nothing', () => {
    const ring = new HashRing({ nodes: FIVE, lookupCache: 'on' })
    const before = ring.getMetrics()
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    for (const key of [undefined, null, 5, {}, detached] as unknown as Key[]) {
      expect(() => ring.getNode(key)).toThrow(refused('INVALID_KEY'))
      expect(() => ring.getNodeBounded(key)).toThrow(refused('INVALID_KEY'))
      expect(() => ring.getReplicas(key)).toThrow(refused('INVALID_KEY'))
      expect(() => ring.getNodeBatch(['k', key])).toThrow(refused('INVALID_KEY'))
    }
    for (const count of [0, -1, 1.5, NaN]) {
      expect(() => ring.getReplicas('k', count)).toThrow(refused('OUT_OF_RANGE'))
    }
    const bad = { bytes: Buffer.from('x'), offsets: Uint32Array.of(0, 2) }
    expect(() => ring.getNodeBatchPacked(bad)).toThrow(refused('INVALID_PACKED_KEYS'))
    expect(ring.getMetrics()).toEqual(before)
  })

  test('two rings count each for itself', () => {
    const [one, other] = [new HashRing({ nodes: FIVE }), new HashRing({ nodes: FIVE })]
    one.getNode('k')
    expect([countsOf(one), countsOf(other)]).toEqual([
      [1, 0, 0],
      [0, 0, 0],
    ])
  })
})
