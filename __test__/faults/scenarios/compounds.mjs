// Faults within faults, and whole clusters that restart.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../cluster.mjs'

/** Stopped and running in turn, for so long. */
const STOPPED_MS = 700
const RUNNING_MS = 100
const STUTTER_MS = 20_000

const FEW = ['n1', 'n2']
const MANY = ['n3', 'n4', 'n5']

/** Cuts the cluster in two, and waits until the few take the many for failed. */
async function comeApart(cluster) {
  await cluster.network.cut(FEW, MANY)
  const atMs = Date.now()
  const few = FEW.map((id) => cluster.node(id))
  for (const id of MANY) await cluster.told(few, 'failed', id, atMs)
}

export const compounds = [
  {
    name: 'all five are killed at once, and come back',
    async run({ start, time }) {
      const cluster = await start(5)
      const { names } = cluster.network
      await cluster.kill(...names)
      const begunMs = performance.now()
      await Promise.all(names.map((id) => cluster.begin(id).started()))
      await cluster.agreed('the return of all')
      time('all agree since they were begun', performance.now() - begunMs)
      cluster.noneFailed(names)
    },
  },
  {
    name: 'a node that stands still most of the time',
    async run({ start, time }) {
      const cluster = await start(5)
      const node = cluster.node('n3')
      const begunMs = performance.now()
      let stopCount = 0
      while (performance.now() - begunMs < STUTTER_MS) {
        node.pause()
        await delay(STOPPED_MS)
        stopCount++
        node.resume()
        await delay(RUNNING_MS)
      }
      time('all agree', await cluster.agreed('the stutter'))
      const others = cluster.network.names.filter((id) => id !== 'n3')
      cluster.noneFailed(others)
      return `stopped ${stopCount} times`
    },
  },
  {
    name: 'a restart behind a partition',
    async run({ start, time }) {
      const cluster = await start(5)
      await comeApart(cluster)
      await cluster.kill('n5')
      const begunMs = Date.now()
      await cluster.begin('n5').started()
      // None of its seeds is on its side: who knew it before finds it.
      await until('n5 is one of three again', async () => {
        const { members } = await cluster.node('n5').ask('view')
        const missing = ['n3', 'n4'].filter((id) => members.every((member) => member.id !== id))
        return missing.length === 0 ? undefined : `it does not know ${missing.join(', ')}`
      })
      time('n5 is one of three again', Date.now() - begunMs)
      await cluster.network.heal()
      time('all agree after the heal', await cluster.agreed('the heal'))
    },
  },
  {
    name: 'a leave that one side of a partition does not hear of',
    async run({ start, time }) {
      const cluster = await start(5)
      await comeApart(cluster)
      assert.equal(await cluster.node('n5').leave(), 0)
      cluster.nodes.delete('n5')
      await cluster.network.heal()
      const gone = await cluster.agreed('the heal')
      time('all agree after the heal', gone)
    },
  },
]
