/** Hash functions that use the ring they work for while it waits for them. */

import { describe, expect, test } from 'vitest'

import { HashRing } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'
import { xxh64 } from '../../property/model.js'

const NODES = ['a', 'b', 'c', 'd']
const KEYS = Array.from({ length: 40 }, (_, at) => `key:${at}`)
/** More than go into one native call. */
const MANY = Array.from({ length: 9_000 }, (_, at) => `${at}`)
const options = { nodes: NODES, virtualNodeCount: 16 }
const packedKeys = {
  bytes: Buffer.from(KEYS.join('')),
  offsets: Uint32Array.from([0, ...KEYS], (_, at) => KEYS.slice(0, at).join('').length),
}

/** A ring whose hash function runs `inner.act` before it answers; what that hashes runs nothing. */
function entered() {
  const inner: { act: (ring: HashRing, call: number) => void; calls: number } = { act: () => {}, calls: 0 }
  // While the ring is made it does not exist yet.
  let isInside = true
  const ring: HashRing = new HashRing({
    ...options,
    hashFunction: (bytes) => {
      if (!isInside) {
        isInside = true
        try {
          inner.act(ring, inner.calls++)
        } finally {
          isInside = false
        }
      }
      return xxh64(bytes, 0n)
    },
  })
  isInside = false
  return { ring, inner }
}

const batchOf = (ring: HashRing) => {
  const { slots, names } = ring.getNodeBatchPacked(packedKeys)
  return Array.from(slots, (slot) => names[slot])
}

const lookups: [string, (ring: HashRing) => unknown][] = [
  ['getNode', (ring) => ring.getNode('key:0')],
  ['getNode of bytes', (ring) => ring.getNode(Buffer.from('key:0'))],
  ['getReplicas', (ring) => ring.getReplicas('key:0')],
  ['getReplicas of many', (ring) => ring.getReplicas('key:0', 9)],
  ['getNodeBounded', (ring) => ring.getNodeBounded('key:0')],
  ['getNodeBatch', (ring) => ring.getNodeBatch(KEYS)],
  [
    'getNodeBatch of mixed keys',
    (ring) => ring.getNodeBatch(KEYS.map((key, at) => (at % 2 ? key : Buffer.from(key)))),
  ],
  ['getNodeBatch of many keys', (ring) => ring.getNodeBatch(MANY)],
  ['getNodeBatchPacked', batchOf],
  ['explain', (ring) => ring.explain('key:0')],
]

describe.each(lookups)('%s', (_, look) => {
  test('is right where the function looks other keys up', () => {
    const { ring, inner } = entered()
    const other = new HashRing({ nodes: ['x', 'y', 'z'] })
    inner.act = (self) => {
      for (const each of [self, other]) {
        each.getNode('another')
        each.getReplicas('another', 2)
        each.getNodeBounded('another')
        each.getNodeBatch(['another', Buffer.from('one')])
      }
      expect(() => self.getNode(5 as unknown as string)).toThrow(refused('INVALID_KEY'))
    }
    const wanted = look(new HashRing(options))
    expect(look(ring)).toEqual(wanted)
    expect(look(ring)).toEqual(wanted)
    expect(inner.calls).toBeGreaterThan(0)
  })

  test.each([0, 1, 20, 5_000])(
    'answers from one version where the function changes nodes at call %i',
    (when) => {
      const { ring, inner } = entered()
      inner.act = (self, call) => {
        if (call === when) self.setNodes(['b', 'new1', 'new2'])
      }
      const found = look(ring)
      inner.act = () => {}
      const isChanged = ring.hasNode('new1')
      const wanted = look(new HashRing(isChanged ? { ...options, nodes: ['b', 'new1', 'new2'] } : options))
      expect(found).toEqual(wanted)
      const after = new HashRing({ ...options, nodes: ring.nodes().map(({ id }) => id) })
      expect(look(ring)).toEqual(look(after))
      expect(ring.points()).toEqual(after.points())
    },
  )

  test('is refused where the function closes the ring', () => {
    const { ring, inner } = entered()
    inner.act = (self) => self.close()
    expect(() => look(ring)).toThrow(refused('RING_CLOSED'))
    expect(() => ring.nodes()).toThrow(refused('RING_CLOSED'))
  })

  test('is refused where the function leaves no node', () => {
    const { ring, inner } = entered()
    inner.act = (self) => self.setNodes([])
    expect(() => look(ring)).toThrow(refused('NO_ROUTABLE_NODE'))
  })
})

const changes: [
  string,
  (ring: HashRing) => unknown,
  act: (ring: HashRing) => unknown,
  code: string | undefined,
][] = [
  [
    'addNode of a node that it adds',
    (ring) => ring.addNode('x'),
    (ring) => ring.addNode('x'),
    'DUPLICATE_NODE',
  ],
  ['addNode beside one that it adds', (ring) => ring.addNode('x'), (ring) => ring.addNode('y'), undefined],
  [
    'updateNode of a node that it removes',
    (ring) => ring.updateNode('a', { weight: 3 }),
    (ring) => ring.removeNode('a'),
    'UNKNOWN_NODE',
  ],
  [
    'updateNode of a node that it makes heavier still',
    (ring) => ring.updateNode('a', { weight: 3 }),
    (ring) => ring.updateNode('a', { weight: 5 }),
    undefined,
  ],
  [
    'updateNode of a node that it removes and adds again',
    (ring) => ring.updateNode('a', { weight: 3 }),
    (ring) => {
      ring.removeNode('a')
      ring.addNode({ id: 'a', weight: 0.5 })
    },
    undefined,
  ],
  ['setNodes', (ring) => ring.setNodes(['a', 'x']), (ring) => ring.setNodes(['b', 'x', 'y']), undefined],
  [
    'plan',
    (ring) => ring.plan({ add: ['x'], update: [{ id: 'a', weight: 2 }] }).apply(),
    (ring) => ring.updateNode('a', { weight: 7 }),
    undefined,
  ],
  [
    'plan of a node that it adds',
    (ring) => ring.plan({ add: ['x'] }),
    (ring) => ring.addNode('x'),
    'DUPLICATE_NODE',
  ],
  ['addNode to a ring that it closes', (ring) => ring.addNode('x'), (ring) => ring.close(), 'RING_CLOSED'],
  [
    'plan of a ring that it closes',
    (ring) => ring.plan({ add: ['x'] }),
    (ring) => ring.close(),
    'RING_CLOSED',
  ],
]

test.each(changes)('a change in a change: %s', (_, change, act, code) => {
  const { ring, inner } = entered()
  inner.act = (self, call) => {
    if (call === 0) act(self)
  }
  if (code === undefined) change(ring)
  else expect(() => change(ring)).toThrow(refused(code))
  if (code === 'RING_CLOSED') return
  const specs = ring.nodes().map(({ id, weight }) => ({ id, weight }))
  const plain = new HashRing({ ...options, nodes: specs })
  expect(ring.points()).toEqual(plain.points())
  expect(ring.getNodeBatch(KEYS)).toEqual(plain.getNodeBatch(KEYS))
  expect(ring.ownership()).toEqual(plain.ownership())
})

test('a plan that the function makes outdated while it is applied is not half applied', () => {
  const { ring, inner } = entered()
  const plan = ring.plan({ add: ['x'] })
  inner.act = (self) => self.removeNode('a')
  // Nothing is hashed when a plan is applied: its tokens came with it.
  plan.apply()
  expect(inner.calls).toBe(1 + 15)
  expect(ring.nodes().map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'x'])
})

test('counting keys goes on with the ring that it began with', () => {
  const { ring, inner } = entered()
  const plan = ring.plan({ remove: ['a'] })
  const wanted = new HashRing(options).plan({ remove: ['a'] }).analyze(KEYS)
  const distribution = new HashRing(options).analyzeDistribution(KEYS)
  inner.act = (self, call) => {
    if (call === 3) self.setNodes(['z'])
  }
  expect(ring.analyzeDistribution(KEYS)).toEqual(distribution)
  expect(plan.analyze(KEYS)).toEqual(wanted)
  inner.act = (self) => self.close()
  expect(plan.analyze(KEYS)).toEqual(wanted)
})
