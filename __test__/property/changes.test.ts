/** What changes do, whatever the ring: all or nothing, told by the version, forgotten by the checksum. */

import { expect, test } from 'vitest'

import { HashRing, type HyperCacheError, type NodeSpec, type RingNode } from '../../dist/index.js'
import { type Random, seeded } from '../helpers/random.js'
import { byBytes, pointCountOf } from './model.js'
import { changeSomehow, placementOf, randomRing, refusedCalls } from './random-ring.js'

const KEYS = Array.from({ length: 40 }, (_, at) => `key${at}`)

/** What a caller can see of a ring. */
const seen = (ring: HashRing) => ({
  version: ring.version,
  checksum: ring.checksum,
  nodes: ring.nodes(),
  points: ring.points(),
})

const specOf = ({ id, address, weight, zone, status, capabilities, metadata }: RingNode): NodeSpec => {
  return { id, address, weight, zone, status, capabilities, metadata }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items]
  return Array.from(items, () => rest.splice(random.below(rest.length), 1)[0]!)
}

/** Replicas of all keys, or the refusal. */
function answers(ring: HashRing): unknown {
  try {
    return KEYS.map((key) => ring.getReplicas(key, 100))
  } catch (error) {
    return (error as HyperCacheError).code
  }
}

test('a refused change leaves everything as it was', () => {
  const random = seeded('a refused change leaves everything as it was')
  for (let round = 0; round < 40; round += 1) {
    const subject = randomRing(random)
    const { ring } = subject
    for (let step = 0; step < 3; step += 1) {
      changeSomehow(random, subject)
      const before = { ...seen(ring), answers: answers(ring) }
      for (const call of refusedCalls(random, subject)) {
        expect(call).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^ERR_HYPERCACHE_/) }) as Error,
        )
        expect({ version: ring.version, checksum: ring.checksum }).toMatchObject({
          version: before.version,
          checksum: before.checksum,
        })
      }
      expect({ ...seen(ring), answers: answers(ring) }).toEqual(before)
    }
  }
})

test('the version rises by one, and the checksum changes, where and only where the placement does', () => {
  const random = seeded('the version rises by one, and the checksum changes')
  const outcomes = { moved: 0, stayed: 0 }
  for (let round = 0; round < 60; round += 1) {
    const subject = randomRing(random)
    const { ring } = subject
    expect(ring.version).toBe(1)
    for (let step = 0; step < 25; step += 1) {
      const before = { placement: placementOf(subject), version: ring.version, checksum: ring.checksum }
      const answersBefore = answers(ring)
      const kind = changeSomehow(random, subject)
      const isMoved = placementOf(subject) !== before.placement
      outcomes[isMoved ? 'moved' : 'stayed'] += 1
      expect([kind, ring.version]).toEqual([kind, before.version + (isMoved ? 1 : 0)])
      expect([kind, ring.checksum !== before.checksum]).toEqual([kind, isMoved])
      if (!isMoved) expect(answers(ring)).toEqual(answersBefore)
    }
  }
  expect(Math.min(outcomes.moved, outcomes.stayed)).toBeGreaterThan(100)
})

test('a ring is what its nodes are, whatever the order of changes that led there', () => {
  const random = seeded('a ring is what its nodes are')
  for (let round = 0; round < 60; round += 1) {
    const subject = randomRing(random)
    const { ring, options, nodes } = subject
    for (let step = random.below(20); step > 0; step -= 1) changeSomehow(random, subject)
    const listed = ring.nodes()
    expect(listed.map(({ id }) => id)).toEqual([...nodes.keys()].sort(byBytes))
    for (const { id, weight, zone, status, pointCount } of listed) {
      const node = nodes.get(id)!
      expect({ id, weight, zone, status }).toEqual({ zone: undefined, ...node })
      expect(pointCount).toBe(pointCountOf(node, options))
    }
    const specs = shuffled(listed.map(specOf), random)
    const whole = new HashRing({ ...options, nodes: specs })
    const grown = new HashRing(options)
    for (const spec of shuffled(specs, random)) grown.addNode(spec)
    for (const same of [whole, grown]) {
      expect([same.checksum, answers(same)]).toEqual([ring.checksum, answers(ring)])
      expect(same.points()).toEqual(ring.points())
      const unchanged = same.setNodes(shuffled(specs, random))
      expect(unchanged).toEqual({ added: [], removed: [], updated: [] })
    }
  }
})

test('a node that comes or goes moves only its own keys', () => {
  const random = seeded('a node that comes or goes moves only its own keys')
  for (let round = 0; round < 40; round += 1) {
    const { ring, options } = randomRing(random)
    ring.addNodes(['always', 'also'].map((id) => ({ id, status: options.routableStatuses[0] })))
    const keys = Array.from({ length: 100 }, () => random.text(12))
    const before = ring.getNodeBatch(keys)
    ring.addNode({ id: 'coming', weight: random.pick([0.5, 1, 3]), status: options.routableStatuses[0] })
    const during = ring.getNodeBatch(keys)
    during.forEach((owner, at) => expect([before[at], 'coming']).toContain(owner))
    ring.removeNode('coming')
    expect(ring.getNodeBatch(keys)).toEqual(before)
  }
})
