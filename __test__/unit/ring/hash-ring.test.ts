import { inspect } from 'node:util'

import { describe, expect, test } from 'vitest'

import { HashRing } from '../../../dist/index.js'

const FIVE = ['node1', 'node2', 'node3', 'node4', 'node5']
const KEYS = Array.from({ length: 2_000 }, (_, at) => `key:${at}`)

const ownersIn = (ring: HashRing) => KEYS.map((key) => ring.getNode(key))
const moved = (before: string[], after: string[]) =>
  before.map((from, at) => [from, after[at]!]).filter(([from, to]) => from !== to)

describe('lookups', () => {
  test('a ring answers, and the README example holds', () => {
    const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
    expect(ring.getNode('key:0')).toBe('node2')
    expect(ring.getReplicas('key:0')).toEqual(['node2', 'node3', 'node1'])
  })

  test('the empty key is a key', () => {
    const ring = new HashRing({ nodes: FIVE })
    expect(ring.getNode('')).toBe('node1')
    expect(ring.getNode(new Uint8Array())).toBe('node1')
    expect(ring.getNodeBatch(['', ''])).toEqual(['node1', 'node1'])
  })

  test('a lone surrogate hashes as U+FFFD, also where two keys would make a pair', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (const lone of ['\ud800', 'a\udc00b', `${'x'.repeat(600)}\ud800`]) {
      const replaced = Buffer.from(lone).toString()
      expect(replaced).toContain('\ufffd')
      expect(ring.explain(lone).token).toBe(ring.explain(replaced).token)
      expect(ring.getNode(lone)).toBe(ring.getNode(replaced))
    }
    const halves = ['\ud83d', '\ude00', 'x']
    expect(ring.getNodeBatch(halves)).toEqual(halves.map((key) => ring.getNode(key)))
  })

  test('strings of every length around the stack buffer equal their bytes', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (const unit of ['a', 'é', '東', '😀']) {
      for (const length of [1, 31, 32, 254, 255, 256, 509, 510, 511, 512, 513, 1_024, 100_000]) {
        const key = unit.repeat(length).slice(0, length)
        expect(ring.getNode(key)).toBe(ring.getNode(Buffer.from(key)))
      }
    }
  })

  test('Z-4 more replicas than the replication factor', () => {
    const ring = new HashRing({ nodes: FIVE, replicationFactor: 2 })
    expect(ring.getReplicas('key:0')).toHaveLength(2)
    expect(ring.getReplicas('key:0', 4)).toHaveLength(4)
  })

  test('more replicas than nodes gives all; a list is the beginning of a longer one', () => {
    const ring = new HashRing({ nodes: Array.from({ length: 40 }, (_, at) => `n${at}`) })
    const all = ring.getReplicas('key', 65_535)
    expect(new Set(all).size).toBe(40)
    for (let count = 1; count < 40; count += 1)
      expect(ring.getReplicas('key', count)).toEqual(all.slice(0, count))
  })

  test('Z-6 an answer is the caller’s own: writing to it changes nothing', () => {
    const ring = new HashRing({ nodes: FIVE })
    const first = ring.getReplicas('key:0')
    const kept = [...first]
    first[0] = 'spoiled'
    first.push('more')
    expect(ring.getReplicas('key:0')).toEqual(kept)
    const packed = { bytes: Buffer.from('key:0'), offsets: Uint32Array.of(0, 5) }
    const { slots, names } = ring.getNodeBatchPacked(packed)
    names[slots[0]!] = 'spoiled'
    expect(ring.getNode('key:0')).toBe(kept[0])
  })

  test('batches of every size, of strings, bytes and both', () => {
    const ring = new HashRing({ nodes: FIVE })
    for (const size of [0, 1, 15, 16, 17, 511, 512, 513, 1_500]) {
      const keys = KEYS.slice(0, size)
      const expected = keys.map((key) => ring.getNode(key))
      expect(ring.getNodeBatch(keys)).toEqual(expected)
      expect(ring.getNodeBatch(new Set(keys))).toEqual(expected)
      expect(ring.getNodeBatch(keys.map((key, at) => (at % 2 ? key : Buffer.from(key))))).toEqual(expected)
    }
  })

  test('a batch of long keys', () => {
    const ring = new HashRing({ nodes: FIVE })
    const keys = Array.from({ length: 7 }, (_, at) => `${at}`.repeat(300_000))
    expect(ring.getNodeBatch(keys)).toEqual(keys.map((key) => ring.getNode(key)))
  })

  test('hashSeed is another placement; sha256 is another', () => {
    const rings = [{}, { hashSeed: 1n }, { hashSeed: 2n ** 64n - 1n }, { hashFunction: 'sha256' as const }]
    const owners = rings.map((options) => ownersIn(new HashRing({ nodes: FIVE, ...options })).join())
    expect(new Set(owners).size).toBe(4)
  })
})

describe('changes', () => {
  test('adding a node moves keys only to it, removing it brings them back', () => {
    const ring = new HashRing({ nodes: FIVE })
    const before = ownersIn(ring)
    ring.addNode('node6')
    const gained = moved(before, ownersIn(ring))
    expect(gained.length).toBeGreaterThan(200)
    expect(new Set(gained.map(([, to]) => to))).toEqual(new Set(['node6']))
    ring.removeNode('node6')
    expect(ownersIn(ring)).toEqual(before)
  })

  test('a weight moves only that node’s keys', () => {
    const ring = new HashRing({ nodes: FIVE })
    const before = ownersIn(ring)
    ring.updateNode('node2', { weight: 2 })
    expect(ring.node('node2')).toMatchObject({ weight: 2, pointCount: 512 })
    for (const [, to] of moved(before, ownersIn(ring))) expect(to).toBe('node2')
    ring.updateNode('node2', { weight: 0.5 })
    for (const [from] of moved(before, ownersIn(ring))) expect(from).toBe('node2')
    ring.updateNode('node2', { weight: 1 })
    expect(ownersIn(ring)).toEqual(before)
  })

  test('Z-16 a suspicion moves no key; a death moves only the dead node’s keys', () => {
    const ring = new HashRing({ nodes: FIVE })
    const before = ownersIn(ring)
    for (const status of ['suspected', 'updating'] as const) {
      ring.setNodeStatus('node3', status)
      expect(ownersIn(ring)).toEqual(before)
    }
    ring.setNodeStatus('node3', 'dead')
    for (const [from] of moved(before, ownersIn(ring))) expect(from).toBe('node3')
    expect(ownersIn(ring)).not.toContain('node3')
    ring.setNodeStatus('node3', 'alive')
    expect(ownersIn(ring)).toEqual(before)
  })

  test('routableStatuses of alive alone is the stricter rule', () => {
    const ring = new HashRing({ nodes: FIVE, routableStatuses: ['alive'] })
    ring.setNodeStatus('node3', 'suspected')
    expect(ownersIn(ring)).not.toContain('node3')
  })

  test('version rises only with answers', () => {
    const ring = new HashRing({ nodes: FIVE })
    expect(ring.version).toBe(1)
    ring.updateNodeLoad('node1', 0.5)
    ring.updateNode('node1', { metadata: { rack: 'a' }, address: 'host:1', zone: 'z1', weight: 1.0001 })
    ring.setNodeStatus('node1', 'suspected')
    ring.addNode({ id: 'dead', status: 'dead' })
    expect(ring.version).toBe(1)
    ring.setNodeStatus('node1', 'dead')
    ring.addNodes(['x', 'y', 'z'])
    ring.removeNodes(['x', 'y', 'z'])
    ring.addNodes([])
    expect(ring.version).toBe(4)
  })

  test('Z-18 the time of a status changes only with the status', async () => {
    const ring = new HashRing({ nodes: FIVE })
    const since = ring.node('node1')!.statusSinceMs
    expect(Math.abs(Date.now() - since)).toBeLessThan(60_000)
    while (Date.now() === since) await new Promise((resolve) => setTimeout(resolve, 1))
    ring.updateNodeLoad('node1', 1)
    ring.updateNode('node1', { address: 'a' })
    ring.setNodeStatus('node1', 'alive')
    expect(ring.node('node1')!.statusSinceMs).toBe(since)
    ring.setNodeStatus('node1', 'leaving')
    expect(ring.node('node1')!.statusSinceMs).toBeGreaterThan(since)
  })

  test('fields are kept, changed and cleared; copies are the caller’s own', () => {
    const node = {
      id: 'n',
      address: 'host:1',
      weight: 1.5,
      zone: 'z',
      status: 'updating' as const,
      capabilities: ['ssd'],
      metadata: JSON.parse('{"__proto__":"kept","a":"b"}') as Record<string, string>,
    }
    const ring = new HashRing({ nodes: [node] })
    const copy = ring.node('n')!
    expect(copy).toMatchObject({ ...node, load: 0, pointCount: 384 })
    expect(Object.keys(copy.metadata)).toEqual(['__proto__', 'a'])
    copy.capabilities.push('x')
    copy.metadata.a = 'c'
    expect(ring.node('n')).toMatchObject({ capabilities: ['ssd'] })
    ring.updateNode('n', { address: null, zone: null, capabilities: null, metadata: null })
    expect(ring.node('n')).toEqual({
      id: 'n',
      weight: 1.5,
      pointCount: 384,
      status: 'updating',
      statusSinceMs: copy.statusSinceMs,
      capabilities: [],
      metadata: {},
      load: 0,
      inFlightCount: 0,
    })
    ring.updateNode('n', {})
    ring.updateNodeLoad('n', 0.25)
    expect(ring.node('n')!.load).toBe(0.25)
  })

  test('setNodes finds the differences, as one change', () => {
    const ring = new HashRing({ nodes: ['a', 'b', { id: 'c', zone: 'z' }] })
    ring.setNodeStatus('b', 'suspected')
    ring.updateNodeLoad('b', 0.5)
    expect(ring.setNodes(['e', 'd', 'b', { id: 'c', weight: 2 }])).toEqual({
      added: ['d', 'e'],
      removed: ['a'],
      updated: ['c'],
    })
    expect(ring.version).toBe(2)
    expect(ring.node('b')).toMatchObject({ status: 'suspected', load: 0.5 })
    expect(ring.node('c')).not.toHaveProperty('zone')
    expect(ring.checksum).toBe(new HashRing({ nodes: ['b', { id: 'c', weight: 2 }, 'd', 'e'] }).checksum)
    expect(ring.setNodes(['e', 'd', 'b', { id: 'c', weight: 2 }])).toEqual({
      added: [],
      removed: [],
      updated: [],
    })
    expect(ring.version).toBe(2)
    expect(ring.setNodes([]).removed).toEqual(['b', 'c', 'd', 'e'])
  })

  test('slots of nodes that are gone are given again, and names stay right', () => {
    const ring = new HashRing({ nodes: ['a'], virtualNodeCount: 4 })
    for (let at = 0; at < 200; at += 1) {
      ring.addNode(`n${at}`)
      ring.removeNode(at === 0 ? 'a' : `n${at - 1}`)
      expect(ring.getNode('key')).toBe(`n${at}`)
      expect(ring.getReplicas('key')).toEqual([`n${at}`])
    }
  })
})

describe('zones', () => {
  const nodes = Array.from({ length: 9 }, (_, at) => ({ id: `n${at}`, zone: `z${at % 3}` }))
  const zoneOf = (id: string) => `z${Number(id[1]) % 3}`

  test('the first replicas are in different zones, and the owner is unchanged', () => {
    const [zoned, plain] = [new HashRing({ nodes, zoneAware: true }), new HashRing({ nodes })]
    for (const key of KEYS) {
      const all = zoned.getReplicas(key, 9)
      expect(all[0]).toBe(plain.getNode(key))
      for (const round of [0, 3, 6]) expect(new Set(all.slice(round, round + 3).map(zoneOf)).size).toBe(3)
    }
  })

  test('a zone counts in version and checksum only where zones place', () => {
    for (const zoneAware of [true, false]) {
      const ring = new HashRing({ nodes, zoneAware })
      const before = ring.checksum
      ring.updateNode('n0', { zone: 'elsewhere' })
      expect(ring.version).toBe(zoneAware ? 2 : 1)
      expect(ring.checksum !== before).toBe(zoneAware)
    }
  })

  test('explain names nodes that were passed over, and why', () => {
    const ring = new HashRing({ nodes, zoneAware: true })
    const withSkips = KEYS.map((key) => ring.explain(key)).find(({ skipped }) => skipped.length > 0)!
    expect(withSkips.skipped[0]).toMatchObject({ reason: 'zone', status: 'alive' })
    const { id } = withSkips.replicas[0]!
    ring.setNodeStatus(id, 'dead')
    const key = KEYS.find((each) => ring.explain(each).home === id)!
    const explained = ring.explain(key)
    expect(explained.skipped[0]).toMatchObject({ id, reason: 'status', status: 'dead' })
    expect(explained.owner).toBe(ring.getNode(key))
    expect(explained.point.node).toBe(explained.owner)
  })
})

describe('reading', () => {
  test('counts, points and lists', () => {
    const ring = new HashRing({ nodes: ['b', 'a'], virtualNodeCount: 8 })
    expect([ring.nodeCount, ring.pointCount, ring.hasNode('a'), ring.hasNode('z')]).toEqual([
      2,
      16,
      true,
      false,
    ])
    expect(ring.nodes().map(({ id }) => id)).toEqual(['a', 'b'])
    expect(ring.node('z')).toBeUndefined()
    const tokens = ring.points().map(({ token }) => token)
    expect(tokens).toEqual(tokens.toSorted((a, b) => (a < b ? -1 : 1)))
    ring.setNodeStatus('a', 'dead')
    expect([ring.pointCount, ring.points().length]).toEqual([16, 16])
  })

  test('Z-12 the checksum is the same in every order and process', () => {
    expect(new HashRing({ nodes: FIVE }).checksum).toBe('d13e2e0ef96f6b85')
    expect(new HashRing({ nodes: FIVE.toReversed() }).checksum).toBe('d13e2e0ef96f6b85')
    expect(new HashRing().checksum).toMatch(/^[0-9a-f]{16}$/)
  })

  test('Z-14 a node without keys is in the distribution, and makes the figures worse', () => {
    const ring = new HashRing({ nodes: ['a', 'b', { id: 'idle', status: 'dead' }] })
    const found = ring.analyzeDistribution(KEYS)
    expect(found.nodes.map(({ id, keyCount }) => [id, keyCount > 0])).toEqual([
      ['a', true],
      ['b', true],
      ['idle', false],
    ])
    expect(found.mean).toBeCloseTo(2_000 / 3)
    expect(found.loadFactor).toBeGreaterThan(1.4)
    expect(ring.analyzeDistribution([])).toMatchObject({
      keyCount: 0,
      mean: 0,
      standardDeviation: 0,
      loadFactor: 0,
    })
    expect(new HashRing().analyzeDistribution([])).toMatchObject({ keyCount: 0, mean: 0, nodes: [] })
  })

  test('analyzeDistribution takes generators, bytes and many keys', () => {
    const ring = new HashRing({ nodes: FIVE })
    function* mixed() {
      for (const key of KEYS) yield key.length % 2 ? key : Buffer.from(key)
      for (let at = 0; at < 20_000; at += 1) yield `${at}`
      yield 'x'.repeat(5_000_000)
    }
    const found = ring.analyzeDistribution(mixed())
    expect(found.keyCount).toBe(22_001)
    const counts = new Map<string, number>()
    for (const key of mixed()) counts.set(ring.getNode(key), (counts.get(ring.getNode(key)) ?? 0) + 1)
    expect(found.nodes.map(({ id, keyCount }) => [id, keyCount])).toEqual([...counts].toSorted())
  })

  test('a distribution keeps to the ring it began with', () => {
    const ring = new HashRing({ nodes: ['a', 'b'] })
    function* changing() {
      yield* KEYS
      ring.removeNode('b')
      yield* KEYS
    }
    expect(ring.analyzeDistribution(changing()).nodes.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('console.log shows something useful', () => {
    const ring = new HashRing({ nodes: FIVE })
    expect(inspect(ring)).toBe(
      "HashRing { nodes: 5, points: 1280, version: 1, checksum: 'd13e2e0ef96f6b85', xxhash64 }",
    )
    ring.close()
    expect(inspect(ring)).toBe('HashRing { closed }')
  })
})

test('token is where a key lies, whatever the nodes', () => {
  const ring = new HashRing({ nodes: ['node1', 'node2'] })
  for (const key of ['', 'key:0', 'ü', '\ud800', Buffer.from('key:0')]) {
    expect(ring.token(key)).toBe(ring.explain(key).token)
    expect(new HashRing().token(key)).toBe(ring.token(key))
  }
  expect(ring.token('key:0')).toBe(0x5913602aebc92ee5n)
  const seeded = new HashRing({ hashSeed: 1n })
  expect(seeded.token('key:0')).not.toBe(ring.token('key:0'))
  expect(() => ring.token(5 as never)).toThrow('key is 5')
  ring.close()
  expect(() => ring.token('key:0')).toThrow('the ring is closed')
})
