// Processes that are killed, and that come back.

import assert from 'node:assert/strict'
import { until } from '../cluster.mjs'

/** What must be true once a node that was killed is back. */
async function comesBack({ cluster, time }, id, { host = id, dead = [] } = {}) {
  const node = cluster.begin(id, host)
  await node.started()
  time(`${id} joins again`, performance.now() - node.spawnedMs)
  time('all agree', await cluster.agreed(`the return of ${id}`, dead))
}

/** Nobody but these has ever been declared dead. */
function onlyFailed(cluster, ...ids) {
  cluster.noneFailed(cluster.network.names.filter((id) => !ids.includes(id)))
}

export const crashes = [
  {
    name: 'kill -9 of one of five',
    async run({ start, time }) {
      const cluster = await start(5)
      const atMs = await cluster.kill('n5')
      time('suspected by all', await cluster.told(cluster.others(), 'suspected', 'n5', atMs))
      time('dead for all', await cluster.told(cluster.others(), 'failed', 'n5', atMs))
      time('all agree', await cluster.agreed('the death', ['n5']))
      await comesBack({ cluster, time }, 'n5')
      onlyFailed(cluster, 'n5')
    },
  },
  {
    name: 'kill -9 of two at once',
    async run({ start, time }) {
      const cluster = await start(5)
      const atMs = await cluster.kill('n1', 'n4')
      for (const id of ['n1', 'n4']) {
        time(`${id} dead for all`, await cluster.told(cluster.others(), 'failed', id, atMs))
      }
      time('all agree', await cluster.agreed('the deaths', ['n1', 'n4']))
      await comesBack({ cluster, time }, 'n4', { dead: ['n1'] })
      await comesBack({ cluster, time }, 'n1')
      onlyFailed(cluster, 'n1', 'n4')
    },
  },
  {
    name: 'a node that joins while another one is dead',
    async run({ start, time }) {
      const cluster = await start(3)
      await cluster.network.addHost('n4')
      const atMs = await cluster.kill('n3')
      await cluster.told(cluster.others(), 'failed', 'n3', atMs)
      const begunMs = Date.now()
      await cluster.begin('n4').started()
      time('all know it', await cluster.told(cluster.others('n4'), 'joined', 'n4', begunMs))
      const rings = () => Promise.all(cluster.others().map((other) => other.ask('checksum')))
      const differ = async () => {
        const checksums = await rings()
        return new Set(checksums).size === 1 ? undefined : `the rings are ${checksums.join(', ')}`
      }
      time('rings are equal', await until('a late node has the same ring', differ, 20_000))
    },
  },
  {
    name: 'leave of one while another one is killed',
    async run({ start, time }) {
      const cluster = await start(5)
      const leaver = cluster.node('n4')
      const left = leaver.leave()
      const atMs = await cluster.kill('n5')
      assert.equal(await left, 0)
      cluster.nodes.delete('n4')
      time('n5 dead for all', await cluster.told(cluster.others(), 'failed', 'n5', atMs))
      await cluster.told(cluster.others(), 'left', 'n4', 0)
      time('all agree', await cluster.agreed('both', ['n5']))
      onlyFailed(cluster, 'n5')
      const gone = cluster.others().filter((node) => node.has('left', 'n5'))
      assert.deepEqual(gone, [], 'who is killed has not left')
    },
  },
  {
    name: 'a restart within a second',
    async run({ start, time }) {
      const cluster = await start(5)
      const begunMs = Date.now()
      await cluster.kill('n5')
      const node = cluster.begin('n5')
      const pauseMs = Date.now() - begunMs
      assert.ok(pauseMs < 1_000, `it was away for ${pauseMs} ms`)
      await node.started()
      time('away', pauseMs)
      time('joins again', performance.now() - node.spawnedMs)
      time('all agree', await cluster.agreed('the restart'))
      const views = await Promise.all(cluster.others().map((other) => other.ask('view')))
      const lives = views.map(({ members }) => members.find(({ id }) => id === 'n5').startedAtMs)
      assert.equal(new Set(lives).size, 1, 'all know the same life of it')
      assert.ok(lives[0] >= begunMs, 'and that is the new one')
      onlyFailed(cluster)
    },
  },
  {
    name: 'a restart with the same id at another address',
    async run({ start, time }) {
      const cluster = await start(5)
      await cluster.network.addHost('elsewhere')
      await cluster.kill('n5')
      await comesBack({ cluster, time }, 'n5', { host: 'elsewhere' })
      const atMs = await cluster.kill('n5')
      await cluster.told(cluster.others(), 'failed', 'n5', atMs)
      await comesBack({ cluster, time }, 'n5')
      onlyFailed(cluster, 'n5')
    },
  },
  {
    name: 'rolling restart of five under routing load',
    async run({ start, time }) {
      const cluster = await start(5, { isLoaded: true })
      const begunMs = performance.now()
      let routedCount = 0
      const check = ({ routedCount: count, errors }, id) => {
        assert.deepEqual(errors, [], `lookups of ${id} that failed`)
        routedCount += count
      }
      for (const id of cluster.network.names) {
        const node = cluster.node(id)
        check(await node.ask('load'), id)
        assert.equal(await node.leave(), 0)
        cluster.nodes.delete(id)
        await cluster.begin(id).started()
        await cluster.agreed(`the restart of ${id}`)
      }
      time('five restarts', performance.now() - begunMs)
      const minCount = 10_000
      for (const node of cluster.others()) {
        await until(`${node.id} has routed`, async () => {
          const load = await node.ask('load')
          return load.routedCount >= minCount ? undefined : `${load.routedCount} keys`
        })
        check(await node.ask('load'), node.id)
      }
      assert.ok(routedCount >= 10 * minCount, `${routedCount} keys were routed`)
      onlyFailed(cluster)
      return `${routedCount} keys routed without an error`
    },
  },
]
