// Seeds that are not there, and seeds that are no members.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { PORT, until } from '../cluster.mjs'

const GARBAGE = fileURLToPath(new URL('../garbage.mjs', import.meta.url))

/** Waits until a node says what stands against it. */
const complains = (node, pattern) =>
  until(`${node.id} has a problem`, async () => {
    const { problems, isReady } = await node.ask('view')
    if (problems.some((problem) => pattern.test(problem)) && !isReady) return undefined
    return `problems: ${problems.join('; ') || 'none'}; ready: ${isReady}`
  })

/** A server on a host that answers everything with random bytes. Counts what it was asked. */
async function garbage(network, host) {
  const [program, ...words] = [...network.on(host), process.execPath, GARBAGE, network.address(host), PORT]
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const server = { askedCount: 0, end: () => child.kill('SIGKILL') }
  let isThere = false
  child.stdout.on('data', (text) => {
    isThere = true
    server.askedCount += String(text).split('asked').length - 1
  })
  await until('the server of garbage listens', () => (isThere ? undefined : 'not yet'))
  return server
}

export const seeds = [
  {
    name: 'all seeds are down at the start, and come up',
    async run({ make, time }) {
      const cluster = await make(5)
      const early = ['n3', 'n4', 'n5'].map((id) => cluster.begin(id))
      await Promise.all(early.map((node) => node.started()))
      for (const node of early) await complains(node, /no seed has answered/)
      const begunMs = performance.now()
      await Promise.all(['n1', 'n2'].map((id) => cluster.begin(id).started()))
      await cluster.agreed('the seeds have come')
      time('all agree since the seeds were begun', performance.now() - begunMs)
    },
  },
  {
    name: 'a seed that answers garbage',
    async run({ make, time }) {
      const cluster = await make(4, { seeds: ['n4', 'n1'] })
      const server = await garbage(cluster.network, 'n4')
      try {
        const first = cluster.begin('n2')
        await first.started()
        await complains(first, /n4|10\.77\.0\.4/)
        time('all agree', await cluster.startAll(['n1', 'n3']))
        assert.ok(server.askedCount > 0, 'the server was asked')
        cluster.noneFailed(cluster.network.names)
        return `asked ${server.askedCount} times`
      } finally {
        server.end()
      }
    },
  },
]
