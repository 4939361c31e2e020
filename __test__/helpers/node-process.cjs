// A process that is a node, and stands still or comes to its end as its parent asks for.

'use strict'

const { join } = require('node:path')
const { Worker } = require('node:worker_threads')

for (const end of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(end, () => process.exit())

const { startCluster } = require(join(__dirname, '../../dist/index.js'))

/** Cell 0: 1 when the worker has seen the key move. */
const cells = new Int32Array(new SharedArrayBuffer(4))
let node

/** Asks for the owner of a key again and again, without the main thread. */
const WATCHER = `
  const { HashRing } = require(process.env.DIST)
  const { handle, key, from, cells } = require('node:worker_threads').workerData
  const ring = HashRing.attach(handle)
  require('node:worker_threads').parentPort.postMessage('watches')
  while (ring.getNode(key) === from) Atomics.wait(cells, 0, 0, 1)
  Atomics.store(cells, 0, 1)
  Atomics.notify(cells, 0)`

const calls = {
  start: async ({ config }) => {
    node = await startCluster(config)
  },
  /** A worker waits until a key has another owner than now. */
  watch: async ({ key }) => {
    const from = node.routing.routeKey(key)
    const workerData = { handle: node.routing.ring.handle(), key, from, cells }
    const env = { ...process.env, DIST: join(__dirname, '../../dist/index.js') }
    const worker = new Worker(WATCHER, { eval: true, workerData, env })
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    return from
  },
  /** Stands still until the worker has seen the key move, and answers whether it has. */
  blockUntilMoved: ({ mostMs }) => Atomics.wait(cells, 0, 0, mostMs),
  block: ({ ms }) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  hang: () => {
    for (;;);
  },
  /** Comes to its end and never past it, as one that waits for somebody to read what it says. */
  end: ({ byError }) => {
    process.on('exit', () => calls.hang())
    setImmediate(() => {
      if (byError) throw new Error('a defect of the program')
      process.exit()
    })
  },
}

process.on('message', async ({ number, call, argument }) => {
  try {
    process.send({ number, value: await calls[call](argument) })
  } catch (error) {
    process.send({ number, problem: error.stack })
  }
})
