/** A batch answers from one version of the ring, whatever other threads do meanwhile. */

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HashRing, type Key } from '../../../dist/index.js'

const KEY_COUNT = 30_000
const texts = Array.from({ length: KEY_COUNT }, (_, at) => `key:${at}`)

/** Makes the ring one of two that share no node, in turn. */
const changing = `
const { parentPort, workerData } = require('node:worker_threads')
const { HashRing } = require(workerData.path)
const ring = HashRing.attach(workerData.handle)
const isOver = new Int32Array(workerData.isOver)
parentPort.postMessage('ready')
for (let at = 0; Atomics.load(isOver, 0) === 0; at += 1) {
  ring.setNodes(at % 2 ? ['a1', 'a2'] : ['b1', 'b2'])
}
ring.close()
`

describe('while another thread changes all nodes', () => {
  const ring = new HashRing({ nodes: ['a1', 'a2'], virtualNodeCount: 8 })
  const isOver = new Int32Array(new SharedArrayBuffer(4))
  let worker: Worker

  beforeAll(async () => {
    const path = join(__dirname, '../../../dist/index.js')
    const workerData = { handle: ring.handle(), path, isOver: isOver.buffer }
    worker = new Worker(changing, { eval: true, workerData })
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  })

  afterAll(async () => {
    Atomics.store(isOver, 0, 1)
    await new Promise((resolve) => worker.once('exit', resolve))
  })

  test.each([
    ['strings', texts],
    ['bytes', texts.map((key) => Buffer.from(key))],
    ['both', texts.map((key, at) => (at % 2 ? key : Buffer.from(key)))],
  ] as [string, Key[]][])('a batch of many %s has owners of one version', (_, keys) => {
    const versions = new Set<string>()
    for (let round = 0; round < 30; round += 1) {
      const owners = ring.getNodeBatch(keys)
      const letters = new Set(owners.map((owner) => owner[0]!))
      expect([owners.length, letters.size]).toEqual([KEY_COUNT, 1])
      versions.add([...letters].join())
    }
    expect(ring.version).toBeGreaterThan(10)
    expect(versions.size).toBeGreaterThan(0)
  })
})
