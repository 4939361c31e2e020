// Threads that read one ring while another changes it: no answer is stale, and none is of two versions.
//
//   npm run test:stale -- --reads 1e8 --threads 4 --seconds 600
//
// The writer counts each change before it begins and after it has ended. A reader looks at these counts round each
// call: the answer must be the one of a version that was current in between, in whole, by rings built apart.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { Worker, isMainThread, workerData } from 'node:worker_threads'

const { HashRing } = createRequire(import.meta.url)('../dist/index.js')

/** Places of the writer: the last version that it began to make, the last that is done, and 1 at the end. */
const Place = { Begun: 0, Done: 1, IsOver: 2, size: 3 }
/** Places of each reader. */
const Count = { Reads: 0, Overlaps: 1, Wrong: 2, Keys: 3, size: 4 }

const KEYS = Array.from({ length: 64 }, (_, number) => `key:${number}`)
const KEYS_OF_BYTES = KEYS.map((key) => Buffer.from(key))
const repeated = (keys, count) => Array.from({ length: count }, (_, at) => keys[at % keys.length])
const packed = (keys) => {
  const ends = keys.reduce((ends, key) => [...ends, ends.at(-1) + key.length], [0])
  return { bytes: Buffer.concat(keys), offsets: Uint32Array.from(ends) }
}

const HOME = Array.from({ length: 8 }, (_, number) => ({ id: `node${number}`, zone: `zone${number % 3}` }))
const node = (id) => ({ id, zone: 'zone0' })
const add = (...ids) => ({
  make: (ring) => ring.addNodes(ids.map(node)),
  model: (nodes) => ids.forEach((id) => nodes.set(id, node(id))),
})
const remove = (...ids) => ({
  make: (ring) => ring.removeNodes(ids),
  model: (nodes) => ids.forEach((id) => nodes.delete(id)),
})
const update = (id, change) => ({
  make: (ring) => ring.updateNode(id, change),
  model: (nodes) => nodes.set(id, { ...nodes.get(id), ...change }),
})
const set = (...guests) => ({
  make: (ring) => ring.setNodes([...HOME, ...guests.map(node)]),
  model: (nodes) => {
    nodes.clear()
    for (const spec of [...HOME, ...guests.map(node)]) nodes.set(spec.id, spec)
  },
})
const all = (status) => ({
  make: (ring) => ring.plan({ update: ring.nodes().map(({ id }) => ({ id, status })) }).apply(),
  model: (nodes) => nodes.forEach((spec, id) => nodes.set(id, { ...spec, status })),
})

/** One change each, again and again. Names come and go, so that slots are given to others. */
const STEPS = [
  ...[add('ant'), add('bee'), update('node1', { status: 'dead' }), remove('ant'), add('cat')],
  ...[update('node1', { status: 'alive' }), remove('bee'), add('dog', 'eel'), remove('cat'), add('fox')],
  ...[update('node2', { weight: 2.5 }), remove('dog', 'eel'), update('node3', { zone: 'zone1' }), add('gnu')],
  ...[update('node2', { weight: 1 }), update('node3', { zone: 'zone0' }), set('hen', 'ibis'), set('jay')],
  ...[all('dead'), add('kiwi'), remove('kiwi'), all('alive'), set('ant', 'bee', 'cat', 'dog', 'eel'), set()],
]

/** What a question is answered, or how it is refused. */
function ask(question) {
  try {
    return question()
  } catch (error) {
    return `${error.code}: ${error.message}`
  }
}

/** A ring with requests in flight to nodes that stay. */
function ringOf(nodes, hashFunction) {
  const ring = new HashRing({
    nodes,
    virtualNodeCount: 64,
    zoneAware: true,
    hashFunction,
    lookupCacheSize: 40,
  })
  for (const id of ['node0', 'node0', 'node0', 'node0', 'node4', 'node4', 'node5']) ring.acquire(id)
  return ring
}

/** The answers at each of the versions, from rings that nobody changes. */
function tablesOf(hashFunction) {
  const nodes = new Map(HOME.map((spec) => [spec.id, spec]))
  const tables = STEPS.map((step) => {
    const ring = ringOf(nodes.values(), hashFunction)
    const owners = KEYS.map((key) => ask(() => ring.getNode(key)))
    const replicas = KEYS.map((key) => ask(() => ring.getReplicas(key)))
    const bounded = KEYS.map((key) => ask(() => ring.getNodeBounded(key)))
    step.model(nodes)
    return { owners, replicas, bounded, checksum: ring.checksum }
  })
  const end = ringOf(nodes.values(), hashFunction)
  assert.equal(end.checksum, tables[0].checksum, 'the steps lead back to their beginning')
  return tables
}

const isSame = (answer, expected) =>
  answer === expected ||
  (typeof answer === 'object' &&
    typeof expected === 'object' &&
    answer.length === expected.length &&
    answer.every((id, at) => id === expected[at]))
/** Whether a batch is all of one version. */
const isBatchOf = (answer, { owners }) =>
  typeof answer === 'string'
    ? answer === owners[0]
    : answer.every((id, at) => id === owners[at % owners.length])

/** The questions: each is asked for a key's number, and each answer compared with a table. Frequent ones often. */
function questionsTo(ring) {
  const single = (question, list) => ({
    question,
    keyCount: 1,
    fits: (answer, table, key) => isSame(answer, table[list][key]),
  })
  const batch = (keys, question) => ({ question, keyCount: keys.length, fits: isBatchOf })
  const ofKeys = (keys) => batch(keys, () => ring.getNodeBatch(keys))
  const node = single((key) => ring.getNode(KEYS[key]), 'owners')
  const replicas = single((key) => ring.getReplicas(KEYS[key]), 'replicas')
  const bounded = single((key) => ring.getNodeBounded(KEYS[key]), 'bounded')
  const ofBytes = single((key) => ring.getNode(KEYS_OF_BYTES[key]), 'owners')
  const pack = packed(KEYS_OF_BYTES)
  const inPack = batch(KEYS, () => {
    const { slots, names } = ring.getNodeBatchPacked(pack)
    return Array.from(slots, (slot) => names[slot])
  })
  const often = [node, replicas, node, bounded, node, replicas, ofBytes, node]
  // The longer ones are in several parts on the way.
  const rare = [ofKeys(KEYS), inPack, ofKeys(KEYS_OF_BYTES), ofKeys(repeated(KEYS, 1_300))]
  return { often, rare, longest: ofKeys(repeated(KEYS_OF_BYTES, 9_000)) }
}

/** How a reader would err: so that the test can be tested. */
const BROKEN = {
  /** Answers are kept for one read longer than they may be. */
  late: (question) => {
    const kept = new Map()
    return (key) => {
      const last = kept.get(key)
      if (last === undefined)
        kept.set(
          key,
          ask(() => question(key)),
        )
      else kept.delete(key)
      return last ?? kept.get(key)
    }
  },
  /** The second half of a batch is of another look at the ring. */
  torn: (question) => (key) => {
    const [first, second] = [ask(() => question(key)), ask(() => question(key))]
    if (!Array.isArray(first) || !Array.isArray(second)) return second
    return first.map((id, at) => (at * 2 < first.length ? id : second[at]))
  },
}

/** A reader: asks until it is told to stop. */
function read({ handle, versions, counts, tables, broken }) {
  const { often, rare, longest } = questionsTo(HashRing.attach(handle))
  for (const asked of new Set([...often, ...rare, longest]))
    if (broken !== undefined) asked.question = BROKEN[broken](asked.question)
  const examples = []
  let [reads, overlaps, wrong, keys] = [0, 0, 0, 0]
  const readOnce = ({ question, keyCount, fits }, key) => {
    const done = Atomics.load(versions, Place.Done)
    const answer = ask(() => question(key))
    const begun = Atomics.load(versions, Place.Begun)
    reads += 1
    keys += keyCount
    if (begun !== done) overlaps += 1
    const last = Math.min(begun, done + tables.length - 1)
    for (let version = done; version <= last; version += 1)
      if (fits(answer, tables[(version - 1) % tables.length], key)) return
    wrong += 1
    if (examples.length < 3) examples.push({ key, answer: String(answer).slice(0, 200), done, begun })
  }
  for (let round = 0; Atomics.load(versions, Place.IsOver) === 0; round += 1) {
    // Each question twice: what is kept too long is asked for again at once.
    for (let at = 0; at < 1_024; at += 1) readOnce(often[(at >> 1) & 7], (at >> 1) % KEYS.length)
    readOnce(rare[round % rare.length], 0)
    if (round % 64 === 0) readOnce(longest, 0)
    for (const [place, count] of [reads, overlaps, wrong, keys].entries())
      Atomics.store(counts, place, BigInt(count))
  }
  if (wrong > 0) console.error(`wrong, for example: ${JSON.stringify(examples)}`)
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Makes changes while it may. Answers how many. */
async function write(ring, versions, mayGoOn) {
  let version = 1
  while (mayGoOn()) {
    for (let at = 0; at < 100; at += 1) {
      const step = STEPS[(version - 1) % STEPS.length]
      version += 1
      Atomics.store(versions, Place.Begun, version)
      step.make(ring)
      Atomics.store(versions, Place.Done, version)
      assert.equal(ring.version, version, 'each step is one change')
    }
    await turn()
  }
  return version - 1
}

function options() {
  const { values } = parseArgs({
    options: {
      reads: { type: 'string', default: '1e8' },
      seconds: { type: 'string', default: '0' },
      threads: { type: 'string', default: '4' },
      hash: { type: 'string', default: 'xxhash64' },
      broken: { type: 'string' },
    },
  })
  const { reads, seconds, threads, hash, broken } = values
  if (broken !== undefined) assert.ok(broken in BROKEN, `--broken is one of ${Object.keys(BROKEN)}`)
  const numbers = { reads: Number(reads), seconds: Number(seconds), threads: Number(threads) }
  for (const [name, number] of Object.entries(numbers)) assert.ok(number >= 0, `--${name} is a number`)
  return { ...numbers, hash, broken }
}

async function main() {
  const { reads, seconds, threads, hash, broken } = options()
  const tables = tablesOf(hash)
  const ring = ringOf(HOME, hash)
  const versions = new Int32Array(new SharedArrayBuffer(4 * Place.size)).fill(1, 0, 2)
  const begunMs = performance.now()
  const secondsPassed = () => (performance.now() - begunMs) / 1_000
  const readers = Array.from({ length: threads }, () => {
    const counts = new BigInt64Array(new SharedArrayBuffer(8 * Count.size))
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { handle: ring.handle(), versions, counts, tables, broken },
    })
    return { counts, exited: new Promise((resolve) => worker.on('error', console.error).on('exit', resolve)) }
  })
  let endedCount = 0
  for (const { exited } of readers) void exited.then(() => (endedCount += 1))
  const sum = (place) => readers.reduce((sum, { counts }) => sum + Number(Atomics.load(counts, place)), 0)
  const mayGoOn = () => endedCount === 0 && (sum(Count.Reads) < reads || secondsPassed() < seconds)
  const changes = await write(ring, versions, mayGoOn)
  Atomics.store(versions, Place.IsOver, 1)
  const codes = await Promise.all(readers.map(({ exited }) => exited))
  const said = {
    ...{ reads: sum(Count.Reads), keys: sum(Count.Keys), changes, overlaps: sum(Count.Overlaps) },
    ...{ wrong: sum(Count.Wrong), threads, seconds: Math.round(secondsPassed()), hash },
  }
  console.log(JSON.stringify(said))
  if (said.wrong > 0 || codes.some((code) => code !== 0)) process.exitCode = 1
}

if (isMainThread) await main()
else read(workerData)
