// Processes that stand still, and go on.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../cluster.mjs'

/** Less than a suspicion with the lan preset: 4 s. */
const SHORT_MS = 3_000
/** For how long a node that is dead already stays stopped. */
const LONGER_MS = 5_000

async function pause(node) {
  const atMs = Date.now()
  node.pause()
  await until('the process is stopped', () => (node.systemState === 'T' ? undefined : node.systemState))
  return atMs
}

export const pauses = [
  {
    name: 'SIGSTOP for less than the detection takes',
    async run({ start, time }) {
      const cluster = await start(5)
      const atMs = await pause(cluster.node('n3'))
      await delay(SHORT_MS)
      cluster.node('n3').resume()
      time('stopped', Date.now() - atMs)
      time('all agree', await cluster.agreed('the pause'))
      cluster.noneFailed(cluster.network.names)
      const doubted = cluster.others().filter((node) => node.has('suspected', 'n3')).length
      return `suspected, and taken back, by ${doubted} of 4`
    },
  },
  {
    name: 'SIGSTOP for longer than the detection takes',
    async run({ start, time }) {
      const cluster = await start(5)
      const stopped = cluster.node('n3')
      const atMs = await pause(stopped)
      time('dead for all', await cluster.told(cluster.others(), 'failed', 'n3', atMs))
      await cluster.agreed('the death', ['n3'])
      await delay(LONGER_MS)
      const wokenMs = Date.now()
      stopped.resume()
      time('stopped', wokenMs - atMs)
      time('recovered for all', await cluster.told(cluster.others('n3'), 'recovered', 'n3', wokenMs))
      time('all agree', await cluster.agreed('the pause'))
      const others = cluster.network.names.filter((id) => id !== 'n3')
      cluster.noneFailed(others)
      assert.deepEqual(stopped.eventsOf('failed'), [], 'who wakes declares nobody dead')
    },
  },
]
