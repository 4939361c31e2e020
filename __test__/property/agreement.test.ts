/** Every way to ask gives one answer, and it is that of the contract. */

import { describe, expect, test } from 'vitest'

import { HashRing, type HyperCacheError, type Key } from '../../dist/index.js'
import { type Random, seeded } from '../helpers/random.js'
import { ModelRing, xxh64 } from './model.js'
import { type Subject, changeSomehow, randomRing } from './random-ring.js'

function randomKey(random: Random): Key {
  const text = random.text(random.pick([3, 20, 20, 40, 700]))
  if (random.oneIn(2)) return text
  return Uint8Array.from({ length: random.below(random.pick([4, 40, 300])) }, () => random.below(256))
}

const randomKeys = (random: Random, count: number) => Array.from({ length: count }, () => randomKey(random))

/** The owners of keys that are packed into one buffer. */
function packedOwners(ring: HashRing, keys: readonly Key[]): string[] {
  const parts = keys.map((key) => Buffer.from(key as string))
  const offsets = new Uint32Array(parts.length + 1)
  parts.forEach((part, at) => (offsets[at + 1] = offsets[at]! + part.length))
  const { slots, names } = ring.getNodeBatchPacked({ bytes: Buffer.concat(parts), offsets })
  return Array.from(slots, (slot) => names[slot]!)
}

function expectRefused(ring: HashRing, keys: Key[]) {
  const calls = [
    () => ring.getNode(keys[0]!),
    () => ring.getReplicas(keys[0]!),
    () => ring.explain(keys[0]!),
    () => ring.getNodeBatch(keys),
    () => packedOwners(ring, keys),
  ]
  for (const call of calls) {
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_HYPERCACHE_NO_ROUTABLE_NODE' }) as HyperCacheError,
    )
  }
}

/** How many answers are not the right ones: of thousands, a list of differences says nothing. */
const wrongCount = (found: string[], owners: string[]) =>
  found.filter((owner, at) => owner !== owners[at]).length + Math.abs(found.length - owners.length)

/** Asks in every way, with the model's word as the right one. */
function checkAgainstModel({ ring, options, nodes }: Subject, someKeys: Key[], random: Random) {
  // Keys that are texts of virtual nodes: their tokens are those of points.
  const keys = [...someKeys, ...Array.from(nodes.keys(), (id) => `${id}:0`).slice(0, 3)]
  const model = new ModelRing(options, nodes.values())
  if (model.replicas('', 1).length === 0) return expectRefused(ring, keys)
  const batch = ring.getNodeBatch(keys)
  expect(packedOwners(ring, keys)).toEqual(batch)
  const texts = keys.map((key) => (typeof key === 'string' ? key : `${key.length}`))
  expect(ring.getNodeBatch(texts)).toEqual(texts.map((key) => ring.getNode(key)))
  keys.forEach((key, index) => {
    const count = 1 + random.below(nodes.size + 2)
    const replicas = model.replicas(key, count)
    expect(ring.getReplicas(key, count)).toEqual(replicas)
    expect([ring.getNode(key), batch[index]]).toEqual([replicas[0], replicas[0]])
    const explained = ring.explain(key, count)
    expect(explained.token).toBe(model.token(key))
    expect([explained.owner, explained.home]).toEqual([replicas[0], model.home(key)])
    expect(explained.replicas.map(({ id }) => id)).toEqual(replicas)
  })
}

describe('the model itself', () => {
  test('has XXH64: vectors of its reference implementation', () => {
    expect(xxh64(Buffer.from(''), 0n)).toBe(0xef46db3751d8e999n)
    expect(xxh64(Buffer.from('abc'), 0n)).toBe(0x44bc2cf5ad770999n)
    expect(xxh64(Buffer.from('Nobody inspects the spammish repetition'), 0n)).toBe(0xfbcea83c8a378bf1n)
  })

  test('token of keys of every length, with every kind of seed', () => {
    const random = seeded('token of keys of every length, with every kind of seed')
    for (const hashSeed of [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, BigInt(random.below(2 ** 32))]) {
      const ring = new HashRing({ nodes: ['a'], virtualNodeCount: 1, hashSeed })
      for (let length = 0; length < 200; length += 1) {
        const key = Uint8Array.from({ length }, () => random.below(256))
        expect(ring.explain(key).token).toBe(xxh64(key, hashSeed))
      }
    }
  })
})

test('random rings under random changes: all lookups agree with each other and with the contract', () => {
  const random = seeded('random rings under random changes')
  const kinds = new Set<string>()
  for (let round = 0; round < 60; round += 1) {
    const subject = randomRing(random)
    checkAgainstModel(subject, randomKeys(random, 8), random)
    for (let step = 0; step < 8; step += 1) {
      kinds.add(changeSomehow(random, subject))
      checkAgainstModel(subject, randomKeys(random, 8), random)
    }
    subject.ring.close()
  }
  expect([...kinds].sort()).toEqual(['add', 'load', 'remove', 'set', 'status', 'update'])
})

test('random rings of many nodes: long lists of replicas, too', () => {
  const random = seeded('random rings of many nodes')
  for (let round = 0; round < 6; round += 1) {
    const subject = randomRing(random, 90)
    for (let step = 0; step < 2; step += 1) {
      checkAgainstModel(subject, randomKeys(random, 12), random)
      changeSomehow(random, subject)
    }
  }
})

test('batches of any size and mixture answer as single lookups do', () => {
  const random = seeded('batches of any size and mixture')
  const ring = new HashRing({ nodes: ['a', 'b', 'c', 'd', 'e'] })
  for (const count of [0, 1, 2, 511, 512, 513, 1_025, 8_192, 8_193, 20_000]) {
    const texts = Array.from({ length: count }, () => random.text(24))
    const bytes = texts.map((text) => Buffer.from(text))
    const mixed = texts.map((text, at) => (random.oneIn(2) ? text : bytes[at]!))
    const owners = texts.map((text) => ring.getNode(text))
    const found = [texts, bytes, mixed].map((keys) => ring.getNodeBatch(keys))
    expect([...found, packedOwners(ring, mixed)].map((each) => wrongCount(each, owners))).toEqual([
      0, 0, 0, 0,
    ])
    const counts = ring.analyzeDistribution(mixed).nodes.map(({ keyCount }) => keyCount)
    expect(counts).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((id) => owners.filter((owner) => owner === id).length),
    )
  }
})

test('batches of long keys answer as single lookups do', () => {
  const random = seeded('batches of long keys')
  const ring = new HashRing({ nodes: ['a', 'b', 'c', 'd', 'e'] })
  const texts = Array.from({ length: 12 }, (_, at) => `${at}`.repeat(random.below(600_000)))
  const owners = texts.map((text) => ring.getNode(text))
  const found = [texts, texts.map((text) => Buffer.from(text))].map((keys) => ring.getNodeBatch(keys))
  expect(found.map((each) => wrongCount(each, owners))).toEqual([0, 0])
})
