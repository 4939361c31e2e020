import { describe, expect, test } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { decoded, goldenJson, goldenRings, goldenRows, ringNamed, ringOf } from '../helpers/golden.js'

interface Owner {
  key: string
  hash: bigint
  owner: string
  replicas: string[]
}

function ownersOf(file: string): Owner[] {
  return goldenRows(file).map(([key, repeat, hash, owner, replicas]) => ({
    key: decoded(key!).repeat(Number(repeat)),
    hash: BigInt(`0x${hash!}`),
    owner: decoded(owner!),
    replicas: replicas!.split('|').map(decoded),
  }))
}

describe.each(goldenRings)('golden ring $name', (golden) => {
  const ring = ringOf(golden)
  const owners = ownersOf(golden.owners_file)
  const keys = owners.map(({ key }) => key)
  const expected = owners.map(({ owner }) => owner)

  test('has all its rows', () => {
    expect(owners.length).toBe(golden.keys)
    expect(golden.keys).toBeGreaterThanOrEqual(300)
  })

  test('every owner, as string and as bytes', () => {
    expect(keys.map((key) => ring.getNode(key))).toEqual(expected)
    expect(keys.map((key) => ring.getNode(Buffer.from(key)))).toEqual(expected)
  })

  test('every list of replicas', () => {
    const replicas = owners.map((row) => row.replicas)
    expect(keys.map((key) => ring.getReplicas(key))).toEqual(replicas)
    expect(keys.map((key) => ring.getReplicas(Buffer.from(key), 3))).toEqual(replicas)
  })

  test('batches', () => {
    expect(ring.getNodeBatch(keys)).toEqual(expected)
    const mixed = keys.map((key, index) => (index % 3 ? key : Buffer.from(key)))
    expect(ring.getNodeBatch(mixed)).toEqual(expected)
    const parts = keys.map((key) => Buffer.from(key))
    const offsets = Uint32Array.of(0, ...parts.map((_, at) => Buffer.concat(parts.slice(0, at + 1)).length))
    const { slots, names } = ring.getNodeBatchPacked({ bytes: Buffer.concat(parts), offsets })
    expect(Array.from(slots, (slot) => names[slot])).toEqual(expected)
  })

  test('tokens of keys, and explanations', () => {
    for (const { key, hash, owner, replicas } of owners.slice(0, 60)) {
      const explained = ring.explain(key)
      expect(explained.token).toBe(hash)
      expect(explained).toMatchObject({ owner, home: owner, skipped: [] })
      expect(explained.replicas.map(({ id }) => id)).toEqual(replicas)
    }
  })

  test('points', () => {
    const points = ring.points()
    expect([points.length, ring.pointCount]).toEqual([golden.points, golden.points])
    expect(points[0]!.token).toBe(BigInt(`0x${golden.first_point}`))
    expect(points.at(-1)!.token).toBe(BigInt(`0x${golden.last_point}`))
  })

  test('whatever the order and the way of insertion', () => {
    const oneByOne = new HashRing({ hashFunction: golden.hash, virtualNodeCount: golden.vnodes })
    const nodes = golden.nodes.map((id, index) => ({ id, weight: golden.weights?.[index] })).reverse()
    nodes.forEach((node) => oneByOne.addNode(node))
    expect(oneByOne.checksum).toBe(ring.checksum)
    expect(oneByOne.getNodeBatch(keys)).toEqual(expected)
  })
})

test('golden points of r1 with their virtual nodes', () => {
  const points = ringNamed('r1').points()
  const rows = goldenRows('points-r1.csv')
  expect(rows.length).toBe(128)
  for (const [position, hash, node, vnode] of rows) {
    const point = { token: BigInt(`0x${hash!}`), node, virtualNode: Number(vnode) }
    expect(points[Number(position)]).toEqual(point)
  }
})

test('golden movement: 243 of 1,000 keys move when node4 joins, all to it', () => {
  const [before, after] = [ringNamed('r3'), ringNamed('r2')]
  const moved = Array.from({ length: 1_000 }, (_, at) => `key:${at}`)
    .map((key) => [key, before.getNode(key), after.getNode(key)])
    .filter(([, from, to]) => from !== to)
  const rows = goldenRows('movement.csv').map(([key, , from, to]) => [key!, from!, to!].map(decoded))
  expect(moved).toEqual(rows)
  expect(rows.length).toBe(243)
})

test('golden distribution: the figures of 10,000 keys on five nodes', () => {
  const [golden] = goldenJson('distribution.json') as [{ counts: number[]; population_std_deviation: number }]
  const ring = ringNamed('r1')
  const found = ring.analyzeDistribution(Array.from({ length: 10_000 }, (_, at) => `key:${at}`))
  expect(found.nodes.map(({ keyCount }) => keyCount)).toEqual(golden.counts)
  expect(found.standardDeviation).toBeCloseTo(golden.population_std_deviation, 9)
  expect(found).toMatchObject({ keyCount: 10_000, mean: 2_000, loadFactor: 1.071 })
})
