/** Golden vectors of what nodes own and of what moves: the arcs to the last token. */

import { describe, expect, test } from 'vitest'

import { HashRing, type Movement } from '../../dist/index.js'
import { decoded, goldenJson, goldenRings, goldenRows, ringNamed } from '../helpers/golden.js'

interface Shares {
  movement: {
    before: string
    after: string
    key_count: number
    moved_keys: number
    moved_arc: string
    moved_share: string
    flows: { from: string; to: string; arc: string; share: string }[]
    file: string
  }[]
  rings: { ring: string; nodes: { node: string; arc: string; share: string }[] }[]
}

const shares = goldenJson('shares.json') as Shares
const RING_ARC = 2n ** 64n
const byId = (one: { id: string }, other: { id: string }) =>
  Buffer.compare(Buffer.from(one.id), Buffer.from(other.id))
const sumOf = (arcs: bigint[]) => arcs.reduce((sum, arc) => sum + arc, 0n)

describe.each(shares.rings)('golden shares of ring $ring', ({ ring: name, nodes }) => {
  const ring = ringNamed(name)
  const weights = new Map(ring.nodes().map(({ id, weight }) => [id, weight]))
  const weightSum = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const found = ring.ownership()

  test('every arc to the last token, and shares to twelve digits', () => {
    const wanted = nodes.map(({ node, arc, share }) => ({ id: node, arc: BigInt(arc), share })).sort(byId)
    expect(found.map(({ id, arc, share }) => ({ id, arc, share: share.toFixed(12) }))).toEqual(wanted)
    expect(sumOf(found.map(({ arc }) => arc))).toBe(RING_ARC)
  })

  test('all nodes are well: each owns what is its home; fair shares are the weights', () => {
    for (const { id, arc, homeArc, fairShare } of found) {
      expect(homeArc).toBe(arc)
      expect(fairShare).toBeCloseTo(weights.get(id)! / weightSum, 15)
    }
  })
})

test('every golden ring of more than a few nodes has its shares', () => {
  const told = shares.rings.map(({ ring }) => ring)
  expect(goldenRings.map(({ name }) => name)).toEqual(expect.arrayContaining(told))
  expect(told).toEqual(expect.arrayContaining(['r1', 'r2', 'r3', 'r4', 'w1']))
})

test.each(goldenRings)('the arcs of golden ring $name add up to 2^64', ({ name }) => {
  const ring = ringNamed(name)
  const found = ring.ownership()
  expect(sumOf(found.map(({ arc }) => arc))).toBe(RING_ARC)
  expect(sumOf(found.map(({ homeArc }) => homeArc))).toBe(RING_ARC)
  // Each point owns from the one before it, exclusive, to itself, inclusive.
  const owned = new Map(found.map(({ id }) => [id, 0n]))
  const points = ring.points()
  points.forEach(({ token, node }, at) => {
    const arc = BigInt.asUintN(64, token - points.at(at - 1)!.token)
    owned.set(node, owned.get(node)! + (points.length === 1 ? RING_ARC : arc))
  })
  expect(found.map(({ id, arc }) => [id, arc])).toEqual([...owned])
})

describe.each(shares.movement)('golden movement from $before to $after', (golden) => {
  const keys = Array.from({ length: golden.key_count }, (_, at) => `key:${at}`)
  const [before, after] = [ringNamed(golden.before), ringNamed(golden.after)]
  const ids = new Set(before.nodes().map(({ id }) => id))
  const added = after.nodes().filter(({ id }) => !ids.has(id))
  const ways: [string, Movement][] = [
    ['plan of add', before.plan({ add: added.map(({ id }) => id) })],
    ['plan of set', before.plan({ set: after.nodes().map(({ id }) => id) })],
    ['diff', HashRing.diff(before, after)],
  ]

  test.each(ways)('%s: the moved arc and every flow', (_, movement) => {
    expect(movement.movedArc).toBe(BigInt(golden.moved_arc))
    expect(movement.movedShare.toFixed(12)).toBe(golden.moved_share)
    expect(movement.movedShare.toFixed(12)).toBe('0.237218137211')
    expect(movement.idealShare).toBeCloseTo(0.25, 15)
    const flows = movement.transfers.map(({ from, to, arc, share }) => {
      return { from, to, arc: `${arc}`, share: share.toFixed(12) }
    })
    expect(flows).toEqual(golden.flows)
  })

  test.each(ways)('%s: 243 of 1,000 keys move, each as the vectors say', (_, movement) => {
    const rows = goldenRows(golden.file).map(([key, , from, to]) => [key!, from!, to!].map(decoded))
    const moved = keys.flatMap((key) => {
      const change = movement.ownerChange(key)
      return change === undefined ? [] : [[key, change.from, change.to]]
    })
    expect(moved).toEqual(rows)
    const found = movement.analyze(keys)
    expect([found.keyCount, found.movedKeyCount]).toEqual([1_000, 243])
    expect(found.transfers).toEqual(
      golden.flows.map(({ from, to }) => {
        return { from, to, keyCount: rows.filter(([, old, now]) => old === from && now === to).length }
      }),
    )
  })

  test.each(ways)('%s: before and after are the two rings', (_, movement) => {
    expect(movement.before.ownership).toEqual(before.ownership())
    expect(movement.after.ownership).toEqual(after.ownership())
    expect([movement.before.checksum, movement.after.checksum]).toEqual([before.checksum, after.checksum])
  })
})
