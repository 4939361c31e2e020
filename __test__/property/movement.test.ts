/** What plans and comparisons say of random rings is what a plain model says, and what then happens. */

import { expect, test } from 'vitest'

import { HashRing, type Movement, type MovementPlan, type NodeOwnership } from '../../dist/index.js'
import { type Random, seeded } from '../helpers/random.js'
import { type ModelNode, type ModelOptions, ModelRing, byBytes } from './model.js'
import { RING_ARC, arcOf, holds, movedRanges, stretches, transfersOf } from './movement-model.js'
import { randomPlan } from './random-plan.js'
import { type Subject, randomRing } from './random-ring.js'

const sumOf = (arcs: bigint[]) => arcs.reduce((sum, arc) => sum + arc, 0n)
const shareOf = (arc: bigint) => Number(arc) / 2 ** 64

/** The share of each node that its weight asks for. */
function fairShares(options: ModelOptions, nodes: Map<string, ModelNode>): Map<string, number> {
  const isRoutable = ({ status }: ModelNode) => options.routableStatuses.includes(status)
  const sum = [...nodes.values()].filter(isRoutable).reduce((total, { weight }) => total + weight, 0)
  return new Map([...nodes].map(([id, node]) => [id, isRoutable(node) ? node.weight / sum : 0]))
}

/** What the nodes gain by their weights; nobody has all of a ring where no node may answer. */
function idealShare(options: ModelOptions, before: Map<string, ModelNode>, after: Map<string, ModelNode>) {
  const [old, now] = [fairShares(options, before), fairShares(options, after)]
  const nobodyOf = (shares: Map<string, number>) => ([...shares.values()].some((share) => share > 0) ? 0 : 1)
  const gains = [...new Set([...old.keys(), ...now.keys()])].map(
    (id) => (now.get(id) ?? 0) - (old.get(id) ?? 0),
  )
  gains.push(nobodyOf(now) - nobodyOf(old))
  return gains.filter((gain) => gain > 0).reduce((sum, gain) => sum + gain, 0)
}

function checkOwnership(
  found: readonly NodeOwnership[],
  options: ModelOptions,
  nodes: Map<string, ModelNode>,
) {
  const model = new ModelRing(options, nodes.values())
  const all = stretches(model.allTokens())
  const fair = fairShares(options, nodes)
  const ids = [...nodes.keys()].sort(byBytes)
  const arcs = new Map<string | undefined, bigint>()
  const homeArcs = new Map<string | undefined, bigint>()
  for (const stretch of all) {
    const [owner, home] = [model.replicasAt(stretch.end, 1)[0], model.homeAt(stretch.end)]
    arcs.set(owner, (arcs.get(owner) ?? 0n) + arcOf(stretch))
    homeArcs.set(home, (homeArcs.get(home) ?? 0n) + arcOf(stretch))
  }
  const wanted = ids.map((id) => {
    const arc = arcs.get(id) ?? 0n
    const fairShare = expect.closeTo(fair.get(id)!, 12) as number
    return { id, arc, share: shareOf(arc), fairShare, homeArc: homeArcs.get(id) ?? 0n }
  })
  expect(found).toEqual(wanted)
  const isRouted = [...fair.values()].some((share) => share > 0)
  expect(sumOf(found.map(({ arc }) => arc))).toBe(isRouted ? RING_ARC : 0n)
  expect(sumOf(found.map(({ homeArc }) => homeArc))).toBe(nodes.size > 0 ? RING_ARC : 0n)
}

function checkCopies(
  movement: Movement,
  before: ModelRing,
  after: ModelRing,
  count: number,
  dead: Set<string>,
) {
  const copies = movement.copies!
  let arc = 0n
  for (const stretch of stretches([...before.allTokens(), ...after.allTokens()])) {
    const [had, has] = [before.replicasAt(stretch.end, count), after.replicasAt(stretch.end, count)]
    const from = had.find((id) => !dead.has(id)) ?? null
    const wanted = has.filter((id) => !had.includes(id)).map((to) => ({ from, to }))
    arc += arcOf(stretch) * BigInt(wanted.length)
    const found = copies.filter((copy) => holds(copy, stretch.end)).map(({ from, to }) => ({ from, to }))
    const byTo = (one: { to: string | null }, other: { to: string | null }) => byBytes(one.to!, other.to!)
    expect(found.sort(byTo)).toEqual(wanted.sort(byTo))
  }
  expect(sumOf(copies.map(arcOf))).toBe(arc)
}

interface Case {
  subject: Subject
  after: Map<string, ModelNode>
  keys: string[]
  count: number
}

function checkMovement(movement: Movement, { subject: { options, nodes }, after, keys, count }: Case) {
  const [old, now] = [new ModelRing(options, nodes.values()), new ModelRing(options, after.values())]
  const ranges = movedRanges(old, now)
  expect([...movement.ranges()]).toEqual(ranges)
  expect(movement.transfers).toEqual(transfersOf(ranges))
  expect(movement.movedArc).toBe(sumOf(ranges.map(arcOf)))
  expect(movement.movedShare).toBe(shareOf(movement.movedArc))
  expect(movement.idealShare).toBeCloseTo(idealShare(options, nodes, after), 9)
  checkOwnership(movement.before.ownership, options, nodes)
  checkOwnership(movement.after.ownership, options, after)
  for (const side of [movement.before, movement.after]) {
    const largest = Math.max(0, ...side.ownership.map(({ share }) => share))
    expect(side.loadFactor).toBeCloseTo(largest * side.ownership.length, 9)
  }
  const changes = keys.map((key) => ({
    from: old.replicas(key, 1)[0] ?? null,
    to: now.replicas(key, 1)[0] ?? null,
  }))
  const moved = changes.filter(({ from, to }) => from !== to)
  expect(keys.map((key) => movement.ownerChange(key))).toEqual(
    changes.map((change) => (change.from === change.to ? undefined : change)),
  )
  const counts = movement.transfers.map(({ from, to }) => {
    return { from, to, keyCount: moved.filter((change) => change.from === from && change.to === to).length }
  })
  const transfers = counts.filter(({ keyCount }) => keyCount > 0)
  expect(movement.analyze(keys)).toEqual({ keyCount: keys.length, movedKeyCount: moved.length, transfers })
  // A ring may let the dead answer: then they can be copied from.
  const isLost = ({ status }: ModelNode) => status === 'dead' && !options.routableStatuses.includes(status)
  const dead = [...after.values()].filter(isLost).map(({ id }) => id)
  checkCopies(movement, old, now, count, new Set(dead))
}

/** The ring does what the plan said. */
function checkApplied(ring: HashRing, plan: MovementPlan, keys: string[]) {
  const before = plan.before.ownership.some(({ arc }) => arc > 0n) ? ring.getNodeBatch(keys) : undefined
  plan.apply()
  const { version, checksum, ownership } = plan.after
  expect({ version: ring.version, checksum: ring.checksum, ownership: ring.ownership() }).toEqual({
    version,
    checksum,
    ownership,
  })
  if (before === undefined || !ownership.some(({ arc }) => arc > 0n)) return
  ring.getNodeBatch(keys).forEach((to, at) => {
    const [key, from] = [keys[at]!, before[at]!]
    expect(plan.ownerChange(key)).toEqual(from === to ? undefined : { from, to })
  })
}

/** What a caller can see of a ring. */
const seen = (ring: HashRing) => [ring.version, ring.checksum, ring.nodes(), ring.points(), ring.ownership()]

const keysOf = (random: Random, { nodes }: Subject) => [
  ...Array.from({ length: 20 }, () => random.text(12)),
  ...[...nodes.keys()].slice(0, 3).map((id) => `${id}:0`),
]

test('plans of random changes: what they show is what the model finds, and what they then do', () => {
  const random = seeded('plans of random changes')
  let [rangeCount, copyCount, nobodyCount] = [0, 0, 0]
  for (let round = 0; round < 30; round += 1) {
    const subject = randomRing(random, 8)
    const { ring } = subject
    for (let step = 0; step < 6; step += 1) {
      const before = seen(ring)
      const { change, nodes: after } = randomPlan(random, subject)
      const count = 1 + random.below(5)
      const plan = ring.plan(change, { replicas: count })
      const keys = keysOf(random, subject)
      checkMovement(plan, { subject, after, keys, count })
      expect(seen(ring)).toEqual(before)
      const old = new HashRing({ ...subject.options, nodes: subject.nodes.values() })
      checkApplied(ring, plan, keys)
      const movement = HashRing.diff(old, ring, { replicas: count })
      expect([...movement.ranges()]).toEqual([...plan.ranges()])
      expect(movement.copies).toEqual(plan.copies)
      expect(movement.transfers).toEqual(plan.transfers)
      subject.nodes = after
      rangeCount += [...plan.ranges()].length
      copyCount += plan.copies!.length
      nobodyCount += plan.transfers.some(({ from, to }) => from === null || to === null) ? 1 : 0
    }
  }
  console.log(`${rangeCount} ranges, ${copyCount} copies, ${nobodyCount} changes from or to nobody`)
  expect(Math.min(rangeCount, copyCount)).toBeGreaterThan(300)
})

test('comparisons of two rings that share nothing but the hash', () => {
  const random = seeded('comparisons of two rings')
  let compared = 0
  for (let round = 0; round < 60; round += 1) {
    const [one, other] = [randomRing(random, 6), randomRing(random, 6)]
    const isSame =
      one.options.hashFunction === other.options.hashFunction &&
      one.options.hashSeed === other.options.hashSeed
    if (!isSame) {
      expect(() => HashRing.diff(one.ring, other.ring)).toThrow('tokens do not compare')
      continue
    }
    compared += 1
    const movement = HashRing.diff(one.ring, other.ring)
    const models = [one, other].map(({ options, nodes }) => new ModelRing(options, nodes.values()))
    const ranges = movedRanges(models[0]!, models[1]!)
    expect([...movement.ranges()]).toEqual(ranges)
    expect(movement.transfers).toEqual(transfersOf(ranges))
    checkOwnership(movement.before.ownership, one.options, one.nodes)
    checkOwnership(movement.after.ownership, other.options, other.nodes)
  }
  expect(compared).toBeGreaterThan(3)
})
