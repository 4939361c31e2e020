import { describe, expect, test } from 'vitest'

import { HashRing, type HyperCacheError } from '../../../dist/index.js'

/** A ring that every refused call must leave as it was. */
const ring = new HashRing({ nodes: ['a', 'b', { id: 'c', zone: 'z' }] })
const anyRing = ring as unknown as Record<string, (...values: unknown[]) => unknown>
const make = (options: unknown) => () => new HashRing(options as object)
const call =
  (name: string, ...values: unknown[]) =>
  () =>
    anyRing[name]!(...values)

const detached = new Uint8Array(8)
structuredClone(detached.buffer, { transfer: [detached.buffer] })
const closed = new HashRing({ nodes: ['a'] })
closed.close()
closed.close()
const empty = new HashRing()
const dead = new HashRing({ nodes: [{ id: 'a', status: 'dead' }] })
const throwing = new Error('from a getter')
const spoiled = {
  get id() {
    throw throwing
  },
}

/**
 * Among them: Z-7 a negative count, Z-8 a replication factor of 0, Z-10 a virtual node count of 0 or below,
 * Z-11 an unknown hash function, Z-19 a load of NaN, Z-20 a node that is there already, Z-22 an empty id.
 */
const refused: [code: string, shown: string, call: () => unknown][] = [
  // Options.
  ['INVALID_TYPE', 'null', make(null)],
  ['INVALID_TYPE', '5', make(5)],
  ['INVALID_TYPE', 'an array', make([])],
  ['UNKNOWN_FIELD', 'vnodes', make({ vnodes: 1 })],
  ...[0, -1, 1.5, NaN, Infinity, 65_537, 2 ** 53].map(
    (count) => ['OUT_OF_RANGE', `${count}`.slice(0, 1), make({ virtualNodeCount: count })] as const,
  ),
  ...[0, -1, 1.5, NaN, 65_536].map(
    (count) => ['OUT_OF_RANGE', `${count}`, make({ replicationFactor: count })] as const,
  ),
  ['INVALID_TYPE', '"256"', make({ virtualNodeCount: '256' })],
  ['INVALID_TYPE', 'null', make({ virtualNodeCount: null })],
  ['INVALID_TYPE', '3n', make({ replicationFactor: 3n })],
  ['UNKNOWN_HASH_FUNCTION', '"md5"', make({ hashFunction: 'md5' })],
  ['UNKNOWN_HASH_FUNCTION', '""', make({ hashFunction: '' })],
  ['INVALID_TYPE', '7', make({ hashFunction: 7 })],
  ['INVALID_TYPE', '1', make({ hashSeed: 1 })],
  ['OUT_OF_RANGE', '-1n', make({ hashSeed: -1n })],
  ['OUT_OF_RANGE', '18446744073709551616n', make({ hashSeed: 2n ** 64n })],
  ['SEED_NOT_SUPPORTED', 'sha256', make({ hashSeed: 1n, hashFunction: 'sha256' })],
  ['INVALID_TYPE', '1', make({ zoneAware: 1 })],
  ['NO_ROUTABLE_STATUS', '0', make({ routableStatuses: [] })],
  ['UNKNOWN_STATUS', '"up"', make({ routableStatuses: ['up'] })],
  ['INVALID_TYPE', '"alive"', make({ routableStatuses: 'alive' })],
  ['INVALID_TYPE', 'null', make({ routableStatuses: [null] })],
  ['INVALID_TYPE', '"ab"', make({ nodes: 'ab' })],
  ['INVALID_TYPE', '5', make({ nodes: 5 })],
  ['DUPLICATE_NODE', '"a"', make({ nodes: ['a', 'a'] })],
  ['INVALID_TYPE', 'nodes[1]', make({ nodes: ['a', undefined] })],
  // Nodes.
  ['INVALID_TYPE', 'undefined', call('addNode')],
  ['INVALID_TYPE', 'null', call('addNode', null)],
  ['INVALID_TYPE', '7', call('addNode', 7)],
  ['INVALID_TYPE', 'an array', call('addNode', ['x'])],
  ['INVALID_TYPE', 'undefined', call('addNode', {})],
  ['INVALID_TEXT', '0 bytes', call('addNode', '')],
  ['INVALID_TEXT', '256 bytes', call('addNode', 'x'.repeat(256))],
  ['INVALID_TEXT', '258 bytes', call('addNode', '東'.repeat(86))],
  ['INVALID_TEXT', 'U+0000', call('addNode', 'x\0')],
  ['INVALID_TEXT', 'U+007F', call('addNode', 'x\x7f')],
  ['INVALID_TEXT', 'U+0085', call('addNode', 'x\x85')],
  ['INVALID_TEXT', 'lone surrogate', call('addNode', 'x\ud800')],
  ['UNKNOWN_FIELD', 'wieght', call('addNode', { id: 'x', wieght: 1 })],
  ['UNKNOWN_FIELD', 'load', call('addNode', { id: 'x', load: 1 })],
  ['DUPLICATE_NODE', '"a"', call('addNode', 'a')],
  ...[0, -1, NaN, Infinity, -Infinity].map(
    (weight) => ['OUT_OF_RANGE', `${weight}`.slice(0, 3), call('addNode', { id: 'x', weight })] as const,
  ),
  ['TOO_MANY_POINTS', 'e302', call('addNode', { id: 'x', weight: 1e300 })],
  ['TOO_MANY_POINTS', '16000768', call('addNode', { id: 'x', weight: 62_500 })],
  ['INVALID_TYPE', '"2"', call('addNode', { id: 'x', weight: '2' })],
  ['INVALID_TYPE', 'null', call('addNode', { id: 'x', weight: null })],
  ['INVALID_TYPE', 'null', call('addNode', { id: 'x', zone: null })],
  ['INVALID_TEXT', '0 bytes', call('addNode', { id: 'x', zone: '' })],
  ['INVALID_TEXT', 'address', call('addNode', { id: 'x', address: '\n' })],
  ['UNKNOWN_STATUS', '"up"', call('addNode', { id: 'x', status: 'up' })],
  ['INVALID_TYPE', '"ssd"', call('addNode', { id: 'x', capabilities: 'ssd' })],
  ['INVALID_TYPE', 'capabilities[0]', call('addNode', { id: 'x', capabilities: [1] })],
  ['TOO_MANY_ITEMS', '257', call('addNode', { id: 'x', capabilities: Array(257).fill('c') })],
  ['INVALID_TYPE', 'metadata', call('addNode', { id: 'x', metadata: 'm' })],
  ['INVALID_TYPE', 'metadata.a', call('addNode', { id: 'x', metadata: { a: 1 } })],
  ['INVALID_TEXT', '4097 bytes', call('addNode', { id: 'x', metadata: { a: 'm'.repeat(4_097) } })],
  ['DUPLICATE_NODE', '"x"', call('addNodes', ['x', 'y', 'x'])],
  ['DUPLICATE_NODE', '"c"', call('addNodes', ['x', 'y', 'c'])],
  ['INVALID_TYPE', '"xy"', call('addNodes', 'xy')],
  ['INVALID_TYPE', 'undefined', call('addNodes')],
  [
    'TOO_MANY_NODES',
    '65538',
    call(
      'addNodes',
      Array.from({ length: 65_535 }, (_, at) => `n${at}`),
    ),
  ],
  ['UNKNOWN_NODE', '"x"', call('removeNode', 'x')],
  ['UNKNOWN_NODE', '""', call('removeNode', '')],
  ['INVALID_TYPE', 'undefined', call('removeNode')],
  ['INVALID_TYPE', 'null', call('removeNode', null)],
  ['UNKNOWN_NODE', '"x"', call('removeNodes', ['a', 'x'])],
  ['DUPLICATE_NODE', '"a"', call('removeNodes', ['a', 'a'])],
  ['INVALID_TYPE', '"a"', call('removeNodes', 'a')],
  ['UNKNOWN_NODE', '"x"', call('updateNode', 'x', {})],
  ['INVALID_TYPE', 'undefined', call('updateNode', 'a')],
  ['INVALID_TYPE', 'null', call('updateNode', 'a', null)],
  ['INVALID_TYPE', 'null', call('updateNode', 'a', { weight: null })],
  ['INVALID_TYPE', 'null', call('updateNode', 'a', { status: null })],
  ['OUT_OF_RANGE', '0', call('updateNode', 'a', { weight: 0 })],
  ['UNKNOWN_FIELD', 'id', call('updateNode', 'a', { id: 'b' })],
  ['UNKNOWN_STATUS', '"up"', call('setNodeStatus', 'a', 'up')],
  ['INVALID_TYPE', 'undefined', call('setNodeStatus', 'a')],
  ['UNKNOWN_NODE', '"x"', call('setNodeStatus', 'x', 'dead')],
  ...[-0.1, 1.1, NaN, Infinity].map(
    (load) => ['OUT_OF_RANGE', `${load}`.slice(0, 3), call('updateNodeLoad', 'a', load)] as const,
  ),
  ['INVALID_TYPE', '"1"', call('updateNodeLoad', 'a', '1')],
  ['UNKNOWN_NODE', '"x"', call('updateNodeLoad', 'x', 1)],
  ['DUPLICATE_NODE', '"x"', call('setNodes', ['x', 'x'])],
  ['OUT_OF_RANGE', '-1', call('setNodes', ['x', { id: 'a', weight: -1 }])],
  ['INVALID_TYPE', 'undefined', call('setNodes')],
  ['INVALID_TYPE', '1', call('node', 1)],
  ['INVALID_TYPE', 'undefined', call('hasNode')],
  // Keys and counts.
  ...[
    undefined,
    null,
    5,
    5n,
    true,
    {},
    [],
    Symbol('k'),
    () => 'k',
    new Uint16Array(1),
    new DataView(new ArrayBuffer(1)),
  ].flatMap(
    (key) =>
      [
        ['INVALID_KEY', 'key is', call('getNode', key)],
        ['INVALID_KEY', 'key is', call('getReplicas', key)],
        ['INVALID_KEY', 'key is', call('explain', key)],
        ['INVALID_KEY', 'keys[1]', call('getNodeBatch', ['a', key])],
        ['INVALID_KEY', 'keys[1]', call('analyzeDistribution', ['a', key])],
      ] as [string, string, () => unknown][],
  ),
  ['INVALID_KEY', 'detached', call('getNode', detached)],
  ['INVALID_KEY', 'detached', call('getReplicas', detached)],
  ['INVALID_KEY', 'detached', call('explain', detached)],
  ['INVALID_KEY', 'keys[2]', call('getNodeBatch', ['a', 'b', detached])],
  ['INVALID_TYPE', '"abc"', call('getNodeBatch', 'abc')],
  ['INVALID_TYPE', 'undefined', call('getNodeBatch')],
  ['INVALID_TYPE', '"abc"', call('analyzeDistribution', 'abc')],
  ...[0, -1, 1.5, NaN, 65_536, Infinity].flatMap(
    (count) =>
      [
        ['OUT_OF_RANGE', `${count}`, call('getReplicas', 'k', count)],
        ['OUT_OF_RANGE', `${count}`, call('explain', 'k', count)],
      ] as [string, string, () => unknown][],
  ),
  ['INVALID_TYPE', 'null', call('getReplicas', 'k', null)],
  ['INVALID_TYPE', '"3"', call('getReplicas', 'k', '3')],
  ['INVALID_TYPE', 'an object', call('getReplicas', 'k', { valueOf: () => 3 })],
  ['INVALID_TYPE', 'undefined', call('getNodeBatchPacked')],
  ['INVALID_TYPE', 'keys.bytes', call('getNodeBatchPacked', { bytes: 'x', offsets: Uint32Array.of(0) })],
  ['INVALID_TYPE', 'keys.offsets', call('getNodeBatchPacked', { bytes: Buffer.from('x'), offsets: [0, 1] })],
  ...[[], [0, 2], [1, 0], [0, -1], [0, 1, 0]].map(
    (offsets) =>
      [
        'INVALID_PACKED_KEYS',
        `${offsets.length} numbers`,
        call('getNodeBatchPacked', { bytes: Buffer.from('x'), offsets: Int32Array.from(offsets) }),
      ] as const,
  ),
  // No answer.
  ['NO_ROUTABLE_NODE', '0 nodes', () => empty.getNode('k')],
  ['NO_ROUTABLE_NODE', '0 nodes', () => empty.getReplicas('k')],
  ['NO_ROUTABLE_NODE', '0 nodes', () => empty.getNodeBatch(['k'])],
  ['NO_ROUTABLE_NODE', '0 nodes', () => empty.explain('k')],
  ['NO_ROUTABLE_NODE', '0 nodes', () => empty.analyzeDistribution(['k'])],
  ['NO_ROUTABLE_NODE', '1 in the ring', () => dead.getNode('k')],
  ['NO_ROUTABLE_NODE', '1 in the ring', () => dead.getReplicas('k')],
  ['NO_ROUTABLE_NODE', '1 in the ring', () => dead.getNodeBatch(['k'])],
  // Closed.
  ...[
    () => closed.getNode('k'),
    () => closed.getReplicas('k'),
    () => closed.getNodeBatch(['k']),
    () => closed.getNodeBatchPacked({ bytes: Buffer.from('k'), offsets: Uint32Array.of(0, 1) }),
    () => closed.explain('k'),
    () => closed.analyzeDistribution([]),
    () => closed.addNode('x'),
    () => closed.removeNode('a'),
    () => closed.updateNode('a', {}),
    () => closed.updateNodeLoad('a', 1),
    () => closed.setNodes([]),
    () => closed.node('a'),
    () => closed.nodes(),
    () => closed.hasNode('a'),
    () => closed.points(),
    () => closed.nodeCount,
    () => closed.pointCount,
    () => closed.version,
    () => closed.checksum,
  ].map((each) => ['RING_CLOSED', 'closed', each] as const),
] as [string, string, () => unknown][]

describe('every refused call has a code, shows the value, and changes nothing', () => {
  test.each(
    refused.map(([code, shown, run], at) => ({ code, shown, run, title: `${at} ${code}: ${shown}` })),
  )('$title', ({ code, shown, run }) => {
    const before = JSON.stringify([ring.nodes(), ring.version, ring.checksum])
    let caught: unknown
    try {
      run()
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(Error)
    const { name, code: found, message, stack } = caught as HyperCacheError
    expect([name, found]).toEqual(['HyperCacheError', `ERR_HYPERCACHE_${code}`])
    expect(message).toContain(shown)
    expect(stack).toContain('HyperCacheError')
    expect(JSON.stringify([ring.nodes(), ring.version, ring.checksum])).toBe(before)
  })

  test('there are many', () => expect(refused.length).toBeGreaterThan(150))
})

test('an error of the caller’s own code comes through as it is', () => {
  expect(call('addNode', spoiled)).toThrow(throwing)
  const iterable = {
    *[Symbol.iterator]() {
      yield 'x'
      throw throwing
    },
  }
  for (const name of ['addNodes', 'setNodes', 'removeNodes', 'getNodeBatch', 'analyzeDistribution']) {
    expect(call(name, iterable)).toThrow(throwing)
  }
  expect(ring.nodeCount).toBe(3)
})

test('a call after an error answers as before', () => {
  expect(() => ring.getNode(undefined as unknown as string)).toThrow()
  expect(ring.getNode('key:0')).toBe(new HashRing({ nodes: ['a', 'b', 'c'] }).getNode('key:0'))
})
