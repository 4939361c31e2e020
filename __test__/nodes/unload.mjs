// Node unloads an addon when the last thread that has loaded it ends, and this one has threads of its own: it
// has to stay. Here workers load it, begin to gossip and end, before the main thread has ever loaded it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const index = new URL('../../dist/index.js', import.meta.url)
const body = `
  import(${JSON.stringify(index.href)}).then(async ({ startCluster }) => {
    const cluster = { membership: 'gossip', nodeId: 'a', bindAddress: '127.0.0.1', bindPort: PORT, preset: 'local' }
    await startCluster({ cluster, http: { enabled: false } })
    require('node:worker_threads').parentPort.postMessage('joined')
  })`

for (let round = 0; round < 5; round += 1) {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  const worker = new Worker(body.replace('PORT', port), { eval: true })
  await once(worker, 'message')
  await worker.terminate()
}

const { HashRing } = await import(index)
assert.equal(new HashRing({ nodes: ['node1', 'node2', 'node3'] }).getNode('key:0'), 'node2')
console.log(`the addon has stayed, on Node ${process.version}`)
