/** Bounded loads of random rings against the sentence that defines them. */

import { expect, test } from 'vitest'

import { seeded } from '../helpers/random.js'
import { type ModelNode, ModelRing } from './model.js'
import { changeSomehow, randomRing } from './random-ring.js'

/** The first node clockwise below ceil(factor × (in flight + 1) × weight ÷ total routable weight). */
function boundedOwner(way: ModelNode[], counts: Map<string, number>, factor: number): string | undefined {
  const inFlightCount = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const weightSum = way.reduce((sum, { weight }) => sum + weight, 0)
  const hasRoom = ({ id, weight }: ModelNode) => {
    const capacity = (factor * (inFlightCount + 1) * weight) / weightSum
    // Where doubles of another order of additions may round to the other side, either answer is right.
    if (Math.abs(capacity - Math.round(capacity)) < 1e-9 * capacity && weightSum % 0.25 !== 0)
      return undefined
    return (counts.get(id) ?? 0) < Math.ceil(capacity)
  }
  for (const node of way) {
    const found = hasRoom(node)
    if (found === undefined) return undefined
    if (found) return node.id
  }
  return way[0]!.id
}

test('bounded loads follow their definition, with weights, statuses and nodes that come and go', () => {
  const random = seeded('bounded loads follow their definition')
  let [compared, moved, gone] = [0, 0, 0]
  for (let round = 0; round < 40; round += 1) {
    const subject = randomRing(random, 7)
    const { ring, options } = subject
    const counts = new Map<string, number>()
    for (let step = 0; step < 60; step += 1) {
      if (random.oneIn(12)) {
        changeSomehow(random, subject)
        // A node that left has taken its requests along, whether or not one of its name is back: a set may
        // keep it, an addition begins at none.
        for (const [id, count] of counts) {
          if (subject.nodes.has(id)) continue
          if (count > 0) gone += 1
          counts.delete(id)
          expect(ring.release(id)).toBe(false)
        }
      }
      const ids = [...subject.nodes.keys()]
      const model = new ModelRing({ ...options, zoneAware: false }, subject.nodes.values())
      const key = random.text(6)
      const way = model.replicas(key, 100).map((id) => subject.nodes.get(id)!)
      if (way.length > 0) {
        const maxLoadFactor = random.pick([1, 1.25, 1.25, 1.5, 2, 10])
        const wanted = boundedOwner(way, counts, maxLoadFactor)
        const found = ring.getNodeBounded(key, { maxLoadFactor })
        if (wanted !== undefined) {
          expect(found).toBe(wanted)
          compared += 1
          if (found !== way[0]!.id) moved += 1
        }
        ring.acquire(found)
        counts.set(found, (counts.get(found) ?? 0) + 1)
      }
      if (ids.length > 0 && random.oneIn(3)) {
        const id = random.pick(ids)
        const count = counts.get(id) ?? 0
        expect(ring.release(id)).toBe(count > 0)
        counts.set(id, Math.max(0, count - 1))
      }
      const inFlightCount = ring.nodes().map((node) => [node.id, node.inFlightCount])
      expect(inFlightCount).toEqual(ring.nodes().map(({ id }) => [id, counts.get(id) ?? 0]))
      const sum = [...counts.values()].reduce((total, count) => total + count, 0)
      expect(ring.getMetrics().inFlightCount).toBe(sum)
    }
  }
  console.log(`${compared} compared, ${moved} were not the owner, ${gone} nodes left with requests in flight`)
  expect(Math.min(compared, moved, gone)).toBeGreaterThan(10)
})
