// What is measured of plans, watches, threads, caches and bounded loads. See cases.mjs.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

import { HashRing } from '../../dist/index.js'
import { BLOCK, measure, summary, timed, timedLater } from './harness.mjs'
import { distinctKeys, hotKeys, perKey, ringOf } from './inputs.mjs'

const require = createRequire(import.meta.url)

const turn = () => new Promise(setImmediate)

/** A plan with its transfers. In between turns end, so that plans are collected as they would be in a service. */
export async function planning(size, effort) {
  const ring = ringOf(size)
  const plan = ring.plan({ add: ['other'] })
  assert.ok(plan.transfers.length >= Math.min(size, 200))
  assert.ok(Math.abs(plan.movedShare * (size + 1) - 1) < 0.5)
  const samples = []
  for (let at = 0; at < effort.rounds * (size > 100 ? 20 : 200); at += 1) {
    const { ns } = timed(1, () => ring.plan({ add: [`other${at}`] }).transfers.length)
    samples.push(ns)
    if (at % 10 === 0) await turn()
  }
  return { plan: summary(samples) }
}

export function analyzing(size, effort) {
  const ring = ringOf(size)
  const plan = ring.plan({ add: ['other'] })
  const keys = distinctKeys(100_000)
  const blocks = Array.from({ length: keys.length / BLOCK }, (_, at) =>
    keys.slice(at * BLOCK, (at + 1) * BLOCK),
  )
  const next = (
    (at) => () =>
      blocks[(at = (at + 1) % blocks.length)]
  )(0)
  const { keyCount, movedKeyCount } = plan.analyze(keys)
  assert.ok(Math.abs(movedKeyCount / keyCount / plan.movedShare - 1) < 0.05)
  return measure(
    {
      analyze: () => plan.analyze(next()).movedKeyCount,
      batch: () => ring.getNodeBatch(next()).length,
    },
    effort,
  )
}

/** Ten changes in a turn, until the listener has had them all. */
export async function watching(size, effort) {
  const CHANGES = 10
  const ring = ringOf(size)
  let heard = 0
  const changes = async (wanted) => {
    heard = 0
    for (let at = 0; at < CHANGES / 2; at += 1) {
      ring.addNode(`other${at}`)
      ring.removeNode(`other${at}`)
    }
    do await turn()
    while (heard < wanted)
  }
  const found = {}
  const count = effort.rounds * 100
  const one = async (wanted) => {
    const { ns, ...rest } = await timedLater(count, () => changes(wanted))
    return { ns: ns / CHANGES, ...rest }
  }
  found['no watcher'] = await one(0)
  ring.watch((change) => (heard += change.transfers.length === size ? 1 : 0))
  found['one watcher'] = await one(CHANGES)
  return found
}

export function attaching(size, effort) {
  const ring = ringOf(size)
  const handle = ring.handle()
  const attach = () => {
    const attached = HashRing.attach(handle)
    assert.equal(attached.nodeCount, size)
    attached.close()
  }
  return { attach: timed(effort.rounds * 50, attach) }
}

export function boundedLoads(size, effort) {
  const ring = ringOf(size)
  const keys = distinctKeys()
  for (const key of keys.slice(0, 1_000)) ring.acquire(ring.getNodeBounded(key))
  const counts = ring.nodes().map(({ inFlightCount }) => inFlightCount)
  assert.ok(Math.max(...counts) <= Math.ceil((1.25 * 1_001) / size))
  return measure(
    {
      getNode: perKey(keys, (key) => ring.getNode(key).length),
      getNodeBounded: perKey(keys, (key) => ring.getNodeBounded(key).length),
    },
    effort,
  )
}

/** The lookup cache on and off, with both hash functions. */
export function lookupCache(size, effort) {
  const tests = {}
  const keys = { hot: hotKeys(), uniform: distinctKeys() }
  for (const hashFunction of ['sha256', 'xxhash64']) {
    for (const [name, used] of Object.entries(keys)) {
      const rings = ['off', 'on'].map((lookupCache) => [
        lookupCache,
        ringOf(size, { hashFunction, lookupCache }),
      ])
      for (const key of used.slice(0, 1_000)) assert.equal(rings[0][1].getNode(key), rings[1][1].getNode(key))
      for (const [state, ring] of rings) {
        tests[`${hashFunction}, ${name}, ${state}`] = perKey(used, (key) => ring.getNode(key).length)
      }
    }
  }
  return measure(tests, effort)
}

/** Workers that read one ring for a while, and answer nanoseconds per read. */
const reader = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { HashRing } = require(workerData.dist)
  const ring = HashRing.attach(workerData.handle)
  const keys = Array.from({ length: 20_000 }, (_, at) => Buffer.from('user:' + at + ':session').latin1Slice())
  let sum = 0
  const block = () => {
    const start = process.hrtime.bigint()
    for (const key of keys) sum += ring.getNode(key).length
    return Number(process.hrtime.bigint() - start) / keys.length
  }
  for (let at = 0; at < 20; at += 1) block()
  parentPort.on('message', (blocks) => parentPort.postMessage(Array.from({ length: blocks }, block)))
  parentPort.postMessage('ready')`

export async function threads(size, effort) {
  const ring = ringOf(size)
  const workerData = { dist: require.resolve('../../dist/index.js'), handle: ring.handle() }
  const workers = [0, 1].map(() => new Worker(reader, { eval: true, workerData }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const read = async (some) => {
    for (const worker of some) worker.postMessage(Math.ceil(20 * effort.seconds))
    return (await Promise.all(some.map((worker) => once(worker, 'message')))).flat(2)
  }
  const samples = { 'one reader': [], 'two readers': [], 'two readers, changes': [] }
  let changes = 0
  for (let round = 0; round < effort.rounds * 3; round += 1) {
    samples['one reader'].push(...(await read(workers.slice(0, 1))))
    samples['two readers'].push(...(await read(workers)))
    const publisher = setInterval(
      () => ((changes += 1) % 2 ? ring.addNode('other') : ring.removeNode('other')),
      1,
    )
    samples['two readers, changes'].push(...(await read(workers)))
    clearInterval(publisher)
    ring.setNodes(
      ring
        .nodes()
        .map(({ id }) => id)
        .filter((id) => id !== 'other'),
    )
    changes = 0
  }
  await Promise.all(workers.map((worker) => worker.terminate()))
  return Object.fromEntries(Object.entries(samples).map(([name, found]) => [name, summary(found)]))
}
