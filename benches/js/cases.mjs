// What is measured. Each case runs in a process of its own: `node benches/js/cases.mjs CASE EFFORT`.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

import { HashRing } from '../../dist/index.js'
import { million, publishing } from './event-cases.mjs'
import { BLOCK, measure, timed } from './harness.mjs'
import { distinctKeys, floorAddon, hotKeys, nodeIds, perKey, ringOf, rotating } from './inputs.mjs'
import {
  analyzing,
  attaching,
  boundedLoads,
  lookupCache,
  planning,
  threads,
  watching,
} from './ring-cases.mjs'
import { routing } from './node-cases.mjs'
import { PlainRing, fnv1a, xxh64 } from './plain-ring.mjs'

const require = createRequire(import.meta.url)

const ownerLength = (ring) => (key) => ring.getNode(key).length

/** Lookups on one ring: the call beside its floor, and the other forms beside the call. */
function lookups(size, effort) {
  const ring = ringOf(size)
  const keys = distinctKeys()
  const hot = hotKeys()
  const floor = floorAddon().makeFloor()
  assert.equal(floor('user:1:session'), 14)
  const tests = {
    floor: perKey(keys, (key) => floor(key)),
    getNode: perKey(keys, ownerLength(ring)),
    'floor, hot': perKey(hot, (key) => floor(key)),
    'getNode, hot': perKey(hot, ownerLength(ring)),
    'getReplicas 3': perKey(keys, (key) => ring.getReplicas(key, 3).length),
    'getReplicas 3, hot': perKey(hot, (key) => ring.getReplicas(key, 3).length),
    'getNodeBatch 1000': batch(ring, keys),
    'getNodeBatchPacked 1000': packedBatch(ring, keys),
  }
  assertAnswers(ring, keys, size)
  return measure(tests, effort)
}

function assertAnswers(ring, keys, size) {
  const some = keys.slice(0, 20_000)
  const owners = some.map((key) => ring.getNode(key))
  assert.equal(new Set(owners).size, size)
  assert.deepEqual(ring.getNodeBatch(some), owners)
  assert.deepEqual(
    owners,
    some.map((key) => ring.getReplicas(key, 3)[0]),
  )
  const { slots, names } = ring.getNodeBatchPacked(pack(some))
  assert.deepEqual(
    Array.from(slots, (slot) => names[slot]),
    owners,
  )
}

function batch(ring, keys) {
  const next = rotating(keys.length)
  const blocks = Array.from({ length: keys.length / BLOCK }, (_, at) =>
    keys.slice(at * BLOCK, (at + 1) * BLOCK),
  )
  return () => ring.getNodeBatch(blocks[next() / BLOCK]).length
}

function pack(keys) {
  const offsets = new Uint32Array(keys.length + 1)
  keys.forEach((key, index) => (offsets[index + 1] = offsets[index] + key.length))
  return { bytes: Buffer.from(keys.join(''), 'latin1'), offsets }
}

function packedBatch(ring, keys) {
  const next = rotating(keys.length)
  const blocks = Array.from({ length: keys.length / BLOCK }, (_, at) =>
    pack(keys.slice(at * BLOCK, (at + 1) * BLOCK)),
  )
  return () => ring.getNodeBatchPacked(blocks[next() / BLOCK]).slots.length
}

/** Keys as bytes beside keys as strings. Fewer keys: a Buffer takes ten times the memory of its text. */
function bytes(_size, effort) {
  const ring = ringOf(5)
  const keys = distinctKeys(100_000)
  const buffers = keys.map((key) => Buffer.from(key))
  buffers.forEach((buffer, at) => assert.equal(ring.getNode(buffer), ring.getNode(keys[at])))
  return measure(
    { getNode: perKey(keys, ownerLength(ring)), 'getNode, buffer': perKey(buffers, ownerLength(ring)) },
    effort,
  )
}

/** The same call over a plain sorted array. */
function plainArray(size, effort) {
  const addon = floorAddon()
  const environment = new addon.NativeEnvironment()
  const { mailbox } = environment.calls()
  const options = {
    virtualNodeCount: 256,
    replicationFactor: 3,
    hashFunction: 'xxhash64',
    hashSeed: 0n,
    zoneAware: false,
    hasCustomHash: false,
    lookupCache: 'auto',
    lookupCacheSize: 0,
  }
  const native = new addon.NativeRing(
    environment,
    options,
    nodeIds(size).map((id) => ({ id })),
    0,
  )
  const search = addon.makePlain(environment, native)
  const names = []
  const table = native.namesAfter(0)
  table.slots.forEach((slot, index) => (names[slot] = table.names[index]))
  const plain = {
    getNode(key) {
      mailbox[0] = 0
      if (typeof key === 'string') search(key)
      return mailbox[3] === 1 ? names[mailbox[4]] : 'none'
    },
  }
  const ring = ringOf(size)
  const keys = distinctKeys()
  for (const key of keys.slice(0, 10_000)) assert.equal(plain.getNode(key), ring.getNode(key))
  return measure(
    { partition_point: perKey(keys, ownerLength(plain)), getNode: perKey(keys, ownerLength(ring)) },
    effort,
  )
}

/** A dead node and zones beside all well. */
function deadNode(size, effort) {
  const well = ringOf(size)
  const zoned = new HashRing({
    nodes: nodeIds(size).map((id, index) => ({ id, zone: `zone${index % 3}` })),
    zoneAware: true,
  })
  zoned.setNodeStatus('node3', 'dead')
  const keys = distinctKeys()
  return measure(
    { 'all alive': perKey(keys, ownerLength(well)), 'one dead, zones on': perKey(keys, ownerLength(zoned)) },
    effort,
  )
}

function oneRing(size, effort) {
  return measure({ 'one ring': perKey(distinctKeys(), ownerLength(ringOf(size))) }, effort)
}

/** One line of code that uses four rings in turn. */
function fourRings(size, effort) {
  const rings = Array.from(
    { length: 4 },
    (_, at) => new HashRing({ nodes: nodeIds(size).map((id) => `${id}-${at}`) }),
  )
  let turn = 0
  const test = perKey(distinctKeys(), (key) => {
    turn = (turn + 1) & 3
    return rings[turn].getNode(key).length
  })
  return measure({ 'four rings in turn': test }, effort)
}

/** Beside npm `hashring`, whose answers differ: it places by MD5. */
function hashring(size, effort) {
  const ring = ringOf(size)
  const peer = new (require('hashring'))(nodeIds(size))
  const uniform = distinctKeys()
  const same = hotKeys(1_000)
  const repeated = Array.from({ length: 100 }, () => same).flat()
  const ours = ownerLength(ring)
  const theirs = (key) => peer.get(key).length
  assert.equal(new Set(uniform.slice(0, 2_000).map((key) => peer.get(key))).size, size)
  return {
    ...onFreshKeys({ 'getNode, hot': ours, 'hashring, hot': theirs }, effort),
    ...measure(
      {
        getNode: perKey(uniform, ours),
        'hashring, uniform': perKey(uniform, theirs),
        'getNode, same string objects': perKey(repeated, ours),
        'hashring, same string objects': perKey(repeated, theirs),
      },
      effort,
    ),
  }
}

/**
 * Hot texts in strings that nobody has looked at before: an engine keeps a string's own hash with it, which is what a
 * cache in JavaScript lives on. Each string is used once, so the blocks are timed by hand.
 */
function onFreshKeys(tests, effort) {
  const found = {}
  for (const [name, once] of Object.entries(tests)) {
    const blockCount = effort.rounds * 100
    const test = perKey(hotKeys((blockCount * 6 * BLOCK) / 5), once)
    const { ns, ...rest } = timed(blockCount, test)
    found[name] = { ns: ns / BLOCK, ...rest }
  }
  return found
}

/** A ring in plain JavaScript, with the same search and two hash functions. */
function plainJavaScript(size, effort) {
  const ring = ringOf(size)
  const keys = distinctKeys()
  const fnv = new PlainRing(nodeIds(size), 256, fnv1a)
  const xxh = new PlainRing(nodeIds(size), 256, xxh64)
  for (const key of keys.slice(0, 300)) assert.equal(xxh.getNode(key), ring.getNode(key))
  return measure(
    {
      getNode: perKey(keys, ownerLength(ring)),
      'JavaScript, FNV-1a 32': perKey(keys, ownerLength(fnv)),
      'JavaScript, XXH64': perKey(keys, ownerLength(xxh)),
    },
    effort,
  )
}

/** Adding and removing a node, by hand: microseconds need no blocks. */
function changes(size, effort) {
  const ring = ringOf(size)
  const checksum = ring.checksum
  const times = timed(effort.rounds * 300, (at) => {
    ring.addNode(`other${at}`)
    ring.removeNode(`other${at}`)
  })
  assert.equal(ring.checksum, checksum)
  return { 'addNode + removeNode': times }
}

function thousandAtOnce(_size, effort) {
  const ids = nodeIds(1_000)
  return {
    '1,000 nodes at once': timed(effort.rounds * 5, () =>
      assert.equal(new HashRing({ nodes: ids }).nodeCount, 1_000),
    ),
  }
}

export const cases = {
  lookups,
  bytes,
  plainArray,
  deadNode,
  oneRing,
  fourRings,
  hashring,
  plainJavaScript,
  changes,
  thousandAtOnce,
  planning,
  analyzing,
  watching,
  attaching,
  boundedLoads,
  lookupCache,
  threads,
  routing,
  publishing,
  million,
}

const [name, size, rounds, seconds] = process.argv.slice(2)
if (name) {
  const found = await cases[name](Number(size), { rounds: Number(rounds), seconds: Number(seconds) })
  process.stdout.write(`${JSON.stringify(found)}\n`)
}
