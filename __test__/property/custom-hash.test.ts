/** A ring with XXH64 written in JavaScript is the ring with the built-in one, whatever is done to both. */

import { expect, test } from 'vitest'

import { HashRing, type HyperCacheError, type Key, type PlannedChange } from '../../dist/index.js'
import { type Random, seeded } from '../helpers/random.js'
import { xxh64 } from './model.js'
import { randomPlan } from './random-plan.js'
import { changeSomehow, randomRing } from './random-ring.js'

/** Two rings as one: what is called is called on both, and the first one answers. */
const both = (one: HashRing, other: HashRing) =>
  new Proxy(one, {
    get: (_, name) => {
      return (...values: unknown[]) => {
        const [answer] = [one, other].map((ring) =>
          (ring as unknown as Record<PropertyKey, (...values: unknown[]) => unknown>)[name]!(...values),
        )
        return answer
      }
    },
  })

function randomKeys(random: Random): Key[] {
  const texts = Array.from({ length: 12 }, () => random.text(random.pick([3, 20, 40, 300])))
  const shared = new Uint8Array(new SharedArrayBuffer(random.below(40)))
  shared.forEach((_, at) => (shared[at] = random.below(256)))
  const bytes = texts.slice(0, 4).map((text) => Buffer.from(text, 'utf16le'))
  return ['', ...texts, '\udc00', ...bytes, new Uint8Array(), shared]
}

/** An answer, or the code of the refusal. */
function answer(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return (error as HyperCacheError).code
  }
}

function answers(ring: HashRing, keys: Key[], change: PlannedChange): unknown {
  const parts = keys.map((key) => Buffer.from(key as string))
  const offsets = new Int32Array(keys.length + 1)
  parts.forEach((part, at) => (offsets[at + 1] = offsets[at]! + part.length))
  const packed = () => {
    const { slots, names } = ring.getNodeBatchPacked({ bytes: Buffer.concat(parts), offsets })
    return Array.from(slots, (slot) => names[slot])
  }
  const plan = ring.plan(change, { replicas: 2 })
  const { checksum: _a, ...before } = plan.before
  const { checksum: _b, ...after } = plan.after
  return {
    owners: keys.map((key) => answer(() => ring.getNode(key))),
    replicas: keys.map((key, at) => answer(() => ring.getReplicas(key, 1 + (at % 7)))),
    bounded: keys.map((key) => answer(() => ring.getNodeBounded(key))),
    explained: keys.map((key) => answer(() => ring.explain(key))),
    batches: [keys, keys.map((key) => `${key.length}`)].map((each) => answer(() => ring.getNodeBatch(each))),
    packed: answer(packed),
    distribution: answer(() => ring.analyzeDistribution(keys)),
    points: ring.points(),
    ownership: ring.ownership(),
    nodes: ring.nodes().map(({ statusSinceMs: _, ...node }) => node),
    counts: [ring.version, ring.nodeCount, ring.pointCount],
    plan: [plan.movedArc, plan.idealShare, plan.transfers, [...plan.ranges()], plan.copies, before, after],
    moved: [plan.analyze(keys), keys.map((key) => plan.ownerChange(key))],
  }
}

test('a ring with XXH64 of its own is the built-in ring, through all changes', () => {
  const random = seeded('a ring with XXH64 of its own is the built-in ring')
  const kinds = new Set<string>()
  for (let round = 0; round < 25; round += 1) {
    const subject = randomRing(random, 8)
    const options = { ...subject.options, hashFunction: 'xxhash64' as const, hashSeed: 0n }
    const nodes = [...subject.nodes.values()]
    const cache = random.pick([{}, { lookupCache: 'off' }, { lookupCacheSize: 1 + random.below(6) }] as const)
    const builtIn = new HashRing({ ...options, nodes })
    const custom = new HashRing({ ...options, ...cache, nodes, hashFunction: (bytes) => xxh64(bytes, 0n) })
    const pair = { ...subject, options, ring: both(builtIn, custom) }
    for (let step = 0; step < 8; step += 1) {
      const keys = randomKeys(random)
      const plan = randomPlan(random, pair)
      expect(answers(custom, keys, plan.change)).toEqual(answers(builtIn, keys, plan.change))
      if (random.oneIn(3)) {
        for (const ring of [builtIn, custom]) ring.plan(plan.change).apply()
        pair.nodes = plan.nodes
        kinds.add('plan')
      } else kinds.add(changeSomehow(random, pair))
    }
  }
  expect([...kinds].sort()).toEqual(['add', 'load', 'plan', 'remove', 'set', 'status', 'update'])
})
