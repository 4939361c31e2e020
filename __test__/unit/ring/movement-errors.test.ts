/** Plans and comparisons that are refused: each with a code, and the ring as it was. */

import { describe, expect, test } from 'vitest'

import {
  HashRing,
  type HashRingOptions,
  type Key,
  type PlanOptions,
  type PlannedChange,
} from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'

const ring = new HashRing({ nodes: ['a', 'b', { id: 'c', zone: 'z' }] })
const seen = (each: HashRing) => [each.version, each.checksum, each.nodes(), each.getMetrics().rebuildCount]
const closed = new HashRing({ nodes: ['a'] })
closed.close()
const thrown = new Error('from the caller')
const spoiled = {
  *[Symbol.iterator]() {
    yield 'x'
    throw thrown
  },
}

/** Change, code, and what the message shows. */
const changes: [unknown, string, string][] = [
  [undefined, 'INVALID_TYPE', 'change is undefined'],
  [null, 'INVALID_TYPE', 'change is null'],
  ['a', 'INVALID_TYPE', '"a"'],
  [5, 'INVALID_TYPE', '5'],
  [[], 'INVALID_TYPE', 'an array'],
  [['x'], 'INVALID_TYPE', 'an array'],
  [{}, 'INVALID_PLAN', 'asks for nothing'],
  [{ add: [] }, 'INVALID_PLAN', 'asks for nothing'],
  [{ remove: [] }, 'INVALID_PLAN', 'asks for nothing'],
  [{ update: [] }, 'INVALID_PLAN', 'asks for nothing'],
  [{ add: [], remove: new Set(), update: undefined, set: undefined }, 'INVALID_PLAN', 'asks for nothing'],
  [{ update: [{ id: 'a' }] }, 'INVALID_PLAN', 'changes nothing of "a"'],
  [{ update: [{ id: 'a', weight: undefined, zone: undefined }] }, 'INVALID_PLAN', 'change.update[0]'],
  [{ update: [{ id: 'a', weight: 2 }, { id: 'b' }] }, 'INVALID_PLAN', 'change.update[1]'],
  [{ set: ['a'], add: ['x'] }, 'INVALID_PLAN', 'stands alone'],
  [{ set: [], remove: ['a'] }, 'INVALID_PLAN', 'stands alone'],
  [{ set: ['a'], update: [{ id: 'a', weight: 2 }] }, 'INVALID_PLAN', 'stands alone'],
  [{ nodes: ['a'] }, 'UNKNOWN_FIELD', '"nodes"'],
  [{ add: ['x'], Remove: ['a'] }, 'UNKNOWN_FIELD', '"Remove"'],
  [{ update: [{ id: 'a', address: 'h:1' }] }, 'UNKNOWN_FIELD', '"address"'],
  [{ update: [{ id: 'a', metadata: {} }] }, 'UNKNOWN_FIELD', '"metadata"'],
  [{ add: [{ id: 'x', port: 1 }] }, 'UNKNOWN_FIELD', '"port"'],
  [{ remove: ['x'] }, 'UNKNOWN_NODE', '"x"'],
  [{ remove: ['a', 'x'] }, 'UNKNOWN_NODE', '"x"'],
  [{ update: [{ id: 'x', weight: 2 }] }, 'UNKNOWN_NODE', '"x"'],
  [{ add: ['a'] }, 'DUPLICATE_NODE', '"a"'],
  [{ add: ['x', 'x'] }, 'DUPLICATE_NODE', '"x"'],
  [{ remove: ['a', 'a'] }, 'DUPLICATE_NODE', '"a"'],
  [
    {
      update: [
        { id: 'a', weight: 2 },
        { id: 'a', zone: 'z' },
      ],
    },
    'DUPLICATE_NODE',
    '"a"',
  ],
  [{ add: ['a'], remove: ['a'] }, 'DUPLICATE_NODE', '"a"'],
  [{ remove: ['a'], update: [{ id: 'a', weight: 2 }] }, 'DUPLICATE_NODE', '"a"'],
  [{ add: ['x'], update: [{ id: 'x', weight: 2 }] }, 'DUPLICATE_NODE', '"x"'],
  [{ set: ['x', 'x'] }, 'DUPLICATE_NODE', '"x"'],
  ...['add', 'remove', 'update', 'set'].flatMap((part): [unknown, string, string][] => [
    [{ [part]: null }, 'INVALID_TYPE', `change.${part} is null`],
    [{ [part]: 'abc' }, 'INVALID_TYPE', `change.${part} is "abc"`],
    [{ [part]: 5 }, 'INVALID_TYPE', `change.${part} is 5`],
    [{ [part]: {} }, 'INVALID_TYPE', `change.${part} is an object`],
    [{ [part]: [null] }, 'INVALID_TYPE', `change.${part}[0]`],
    [{ [part]: [7] }, 'INVALID_TYPE', `change.${part}[0]`],
  ]),
  [{ remove: [{ id: 'a' }] }, 'INVALID_TYPE', 'change.remove[0]'],
  [{ update: ['a'] }, 'INVALID_TYPE', 'change.update[0]'],
  [{ update: [{ weight: 2 }] }, 'INVALID_TYPE', 'change.update[0].id'],
  [{ update: [{ id: 'a', weight: null }] }, 'INVALID_TYPE', 'change.update[0].weight'],
  [{ update: [{ id: 'a', status: null }] }, 'INVALID_TYPE', 'change.update[0].status'],
  [{ update: [{ id: 'a', weight: '2' }] }, 'INVALID_TYPE', '"2"'],
  [{ update: [{ id: 'a', zone: 5 }] }, 'INVALID_TYPE', 'change.update[0].zone'],
  [{ update: [{ id: 'a', weight: 0 }] }, 'OUT_OF_RANGE', 'weight'],
  [{ update: [{ id: 'a', weight: NaN }] }, 'OUT_OF_RANGE', 'NaN'],
  [{ update: [{ id: 'a', weight: Infinity }] }, 'OUT_OF_RANGE', 'Infinity'],
  [{ update: [{ id: 'a', status: 'up' }] }, 'UNKNOWN_STATUS', '"up"'],
  [{ update: [{ id: 'a', zone: '' }] }, 'INVALID_TEXT', 'zone'],
  [{ add: [''] }, 'INVALID_TEXT', '0 bytes'],
  [{ add: ['\ud800'] }, 'INVALID_TEXT', 'surrogate'],
  [{ add: [{ id: 'x', weight: -1 }] }, 'OUT_OF_RANGE', '-1'],
  [{ add: [{ id: 'x', weight: 1e9 }] }, 'TOO_MANY_POINTS', 'points'],
  [{ set: [{ id: 'x', weight: 0 }] }, 'OUT_OF_RANGE', 'weight'],
]

test.each(changes.map(([change, code, shown], at) => ({ at, change, code, shown })))(
  'plan $at is refused: $code, $shown',
  ({ change, code, shown }) => {
    const before = seen(ring)
    const wanted = refused(code, { message: expect.stringContaining(shown) })
    expect(() => ring.plan(change as PlannedChange)).toThrow(wanted)
    expect(seen(ring)).toEqual(before)
    const own = new HashRing({
      nodes: ['a', 'b', 'c'],
      hashFunction: (bytes) => BigInt(bytes.length),
      virtualNodeCount: 8,
    })
    const ownBefore = seen(own)
    expect(() => own.plan(change as PlannedChange)).toThrow(refused(code))
    expect(seen(own)).toEqual(ownBefore)
  },
)

describe('options', () => {
  const calls: [string, (options: unknown) => unknown][] = [
    ['plan', (options) => ring.plan({ add: ['x'] }, options as PlanOptions)],
    ['diff', (options) => HashRing.diff(ring, ring, options as PlanOptions)],
  ]
  test.each(calls)('of %s that are refused', (_, call) => {
    for (const replicas of [0, -1, 1.5, NaN, Infinity, 65_536]) {
      const wanted = refused('OUT_OF_RANGE', { message: expect.stringContaining(`replicas is ${replicas}`) })
      expect(() => call({ replicas })).toThrow(wanted)
    }
    for (const replicas of ['2', null, 2n, {}]) {
      expect(() => call({ replicas })).toThrow(refused('INVALID_TYPE'))
    }
    for (const options of [null, 5, 'x', [2]]) expect(() => call(options)).toThrow(refused('INVALID_TYPE'))
    expect(() => call({ replica: 2 })).toThrow(refused('UNKNOWN_FIELD'))
  })
})

describe('apply', () => {
  const make = (options?: HashRingOptions) => new HashRing({ nodes: ['a', 'b', 'c'], ...options })

  test('a second time is refused, also where the plan changed nothing', () => {
    for (const change of [
      { add: ['x'] },
      { update: [{ id: 'a', weight: 1 }] },
      { add: [{ id: 'x', status: 'dead' }] },
    ]) {
      const own = make()
      const plan = own.plan(change as PlannedChange)
      plan.apply()
      const after = seen(own)
      expect(() => plan.apply()).toThrow(refused('PLAN_APPLIED'))
      expect(seen(own)).toEqual(after)
    }
  })

  test('after another change is refused, whatever it was, and stays so', () => {
    const others: ((own: HashRing) => void)[] = [
      (own) => own.addNode('y'),
      (own) => own.removeNode('a'),
      (own) => own.updateNode('b', { weight: 2 }),
      (own) => own.setNodeStatus('c', 'dead'),
      (own) => own.setNodes(['a']),
      (own) => own.plan({ add: ['y'] }).apply(),
      (own) => own.plan({ add: ['x'] }).apply(),
      (own) => {
        // There and back again: the same nodes, two versions on.
        own.addNode('y')
        own.removeNode('y')
      },
    ]
    for (const other of others) {
      const own = make()
      const plan = own.plan({ add: ['x'] })
      other(own)
      const before = seen(own)
      const message = expect.stringMatching(/of version 1; .* now at [23]/) as string
      expect(() => plan.apply()).toThrow(refused('PLAN_OUTDATED', { message }))
      expect(() => plan.apply()).toThrow(refused('PLAN_OUTDATED'))
      expect(seen(own)).toEqual(before)
    }
  })

  test('after a change that raised no version keeps that change', () => {
    const own = make()
    const plan = own.plan({ add: ['x'], update: [{ id: 'a', weight: 2 }], remove: ['b'] })
    own.updateNode('a', { metadata: { rack: '7' }, address: 'host:1', capabilities: ['ssd'] })
    own.updateNodeLoad('a', 0.5)
    own.setNodeStatus('c', 'suspected')
    own.addNode({ id: 'idle', status: 'dead' })
    own.acquire('a')
    expect(own.version).toBe(1)
    plan.apply()
    expect(own.node('a')).toMatchObject({
      metadata: { rack: '7' },
      address: 'host:1',
      capabilities: ['ssd'],
      weight: 2,
      load: 0.5,
      inFlightCount: 1,
    })
    expect(own.node('c')!.status).toBe('suspected')
    expect(own.nodes().map(({ id }) => id)).toEqual(['a', 'c', 'idle', 'x'])
    expect([own.version, own.checksum]).toEqual([plan.after.version, plan.after.checksum])
  })

  test('where nodes have changed behind its back so that something else would come out is refused', () => {
    const cases: [PlannedChange, (own: HashRing) => void, string][] = [
      [{ add: ['x'] }, (own) => own.addNode({ id: 'x', status: 'dead' }), 'PLAN_OUTDATED'],
      [{ remove: ['d'] }, (own) => own.removeNode('d'), 'PLAN_OUTDATED'],
      [{ update: [{ id: 'd', weight: 2 }] }, (own) => own.removeNode('d'), 'PLAN_OUTDATED'],
      [
        { update: [{ id: 'd', status: 'alive' }] },
        (own) => own.updateNode('d', { weight: 3 }),
        'PLAN_OUTDATED',
      ],
      [{ set: ['a', 'b', 'd'] }, (own) => own.addNode({ id: 'e', status: 'dead' }), 'PLAN_OUTDATED'],
      // It would undo the change of what it leaves out.
      [{ set: ['a', 'b', 'd'] }, (own) => own.updateNode('a', { address: 'a:1' }), 'PLAN_OUTDATED'],
      [{ remove: ['b'] }, (own) => own.updateNode('a', { address: 'a:1' }), ''],
      [{ set: ['a', 'd', 'e'] }, (own) => own.addNode({ id: 'e', status: 'dead' }), 'PLAN_OUTDATED'],
    ]
    for (const [change, behind, code] of cases) {
      const own = make({ nodes: ['a', 'b', 'c', { id: 'd', status: 'dead' }] })
      const plan = own.plan(change)
      behind(own)
      expect(own.version).toBe(1)
      const before = seen(own)
      if (code === '') {
        plan.apply()
        expect(own.checksum).toBe(plan.after.checksum)
        continue
      }
      expect(() => plan.apply()).toThrow(refused(code))
      expect(seen(own)).toEqual(before)
    }
  })

  test('after close, and a plan of a closed ring, are refused', () => {
    const own = make()
    const plan = own.plan({ add: ['x'] })
    own.close()
    expect(() => plan.apply()).toThrow(refused('RING_CLOSED'))
    expect(() => closed.plan({ add: ['x'] })).toThrow(refused('RING_CLOSED'))
    expect(() => closed.ownership()).toThrow(refused('RING_CLOSED'))
    expect(() => closed.getMetrics()).toThrow(refused('RING_CLOSED'))
    expect(() => HashRing.diff(closed, ring)).toThrow(refused('RING_CLOSED'))
    expect(() => HashRing.diff(ring, closed)).toThrow(refused('RING_CLOSED'))
  })
})

describe('keys', () => {
  const plan = ring.plan({ add: ['x'] })
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const bad = [undefined, null, 5, 5n, {}, [], new Uint16Array(1), new ArrayBuffer(1), detached]

  test('of a wrong type are refused, with their index', async () => {
    for (const key of bad) {
      const keys = ['k', 'k', key as Key]
      async function* later() {
        for (const each of keys) yield await Promise.resolve(each)
      }
      const wanted = refused('INVALID_KEY', { message: expect.stringContaining('keys[2]') })
      expect(() => plan.analyze(keys)).toThrow(wanted)
      await expect(plan.analyze(later())).rejects.toThrow(wanted)
      expect(() => plan.ownerChange(key as Key)).toThrow(refused('INVALID_KEY'))
    }
    const many = [...Array.from({ length: 10_000 }, (_, at) => `${at}`), 7 as unknown as Key]
    const wanted = refused('INVALID_KEY', { message: expect.stringContaining('keys[10000]') })
    expect(() => plan.analyze(many)).toThrow(wanted)
  })

  test('that are no list are refused at once', () => {
    for (const keys of [
      undefined,
      null,
      5,
      'abc',
      Buffer.from('abc'),
      {},
      () => ['k'],
      Promise.resolve(['k']),
    ]) {
      expect(() => plan.analyze(keys as Iterable<Key>)).toThrow(refused('INVALID_TYPE'))
    }
  })

  test('an error of the caller’s own iterable comes through, and the iterable is closed', async () => {
    let closedCount = 0
    function* keys(last: unknown) {
      try {
        yield 'k'
        if (last === thrown) throw thrown
        yield last as Key
      } finally {
        closedCount += 1
      }
    }
    async function* later(last: unknown) {
      for (const key of keys(last)) yield await Promise.resolve(key)
    }
    expect(() => plan.analyze(keys(thrown))).toThrow(thrown)
    await expect(plan.analyze(later(thrown))).rejects.toBe(thrown)
    expect(() => plan.analyze(keys(5))).toThrow(refused('INVALID_KEY'))
    await expect(plan.analyze(later(5))).rejects.toThrow(refused('INVALID_KEY'))
    expect(closedCount).toBe(4)
    for (const part of ['add', 'remove', 'update', 'set']) {
      const update = {
        *[Symbol.iterator]() {
          yield { id: 'a', weight: 2 }
          throw thrown
        },
      }
      const change = { [part]: part === 'update' ? update : spoiled }
      expect(() => ring.plan(change)).toThrow(thrown)
    }
    const getter = {
      get add(): string[] {
        throw thrown
      },
    }
    expect(() => ring.plan(getter)).toThrow(thrown)
  })
})

describe('diff', () => {
  const different = refused('DIFFERENT_HASH')

  test('of something that is no ring is refused', () => {
    for (const other of [undefined, null, {}, 'ring', [], ring.plan({ add: ['x'] })]) {
      const wrong = other as HashRing
      const shownAs = (name: string) => refused('INVALID_TYPE', { message: expect.stringContaining(name) })
      expect(() => HashRing.diff(wrong, ring)).toThrow(shownAs('before'))
      expect(() => HashRing.diff(ring, wrong)).toThrow(shownAs('after'))
    }
  })

  test('of rings with other hash functions or seeds is refused', () => {
    const make = (options: HashRingOptions) => new HashRing({ nodes: ['a'], ...options })
    const rings = [
      make({}),
      make({ hashSeed: 1n }),
      make({ hashSeed: 2n ** 64n - 1n }),
      make({ hashFunction: 'sha256' }),
    ]
    for (const one of rings) {
      for (const other of rings) {
        if (one === other) expect(HashRing.diff(one, other).movedArc).toBe(0n)
        else expect(() => HashRing.diff(one, other)).toThrow(different)
      }
    }
  })

  test('of rings that differ in all else is none of these', () => {
    const one = new HashRing({ nodes: ['a', 'b'], virtualNodeCount: 8, zoneAware: true })
    const other = new HashRing({ nodes: ['b', 'c'], routableStatuses: ['alive'], replicationFactor: 1 })
    const movement = HashRing.diff(one, other, { replicas: 2 })
    expect(movement.movedShare).toBeGreaterThan(0.3)
    expect(movement).not.toHaveProperty('apply')
  })
})
