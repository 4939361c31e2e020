// Networks that lose what some nodes send to others.

import { setTimeout as delay } from 'node:timers/promises'

/** Longer than the detection of a failure takes with the lan preset. */
const LONG_MS = 15_000
/** The same with the local preset. */
const LONG_LOCAL_MS = 5_000
const LOSS_PERCENT = 20
const LOSS_MS = 60_000

/** Every one of `some` has declared every one of `others` dead. */
async function allDead(cluster, some, others, sinceMs) {
  const nodes = some.map((id) => cluster.node(id))
  const times = []
  for (const id of others) times.push(await cluster.told(nodes, 'failed', id, sinceMs))
  return Math.max(...times)
}

/** Takes the fault away, and waits until all is as if it had not been. */
async function heal({ cluster, time }) {
  const healedMs = Date.now()
  await cluster.network.heal()
  time('all agree after the heal', await cluster.agreed('the heal'))
  cluster.noneFailed(cluster.network.names, healedMs)
}

const pairs = (names) => names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other]))

export const cuts = [
  {
    name: 'a partition into two and three, and its heal',
    async run({ start, time }) {
      const cluster = await start(5)
      const [few, many] = [
        ['n1', 'n2'],
        ['n3', 'n4', 'n5'],
      ]
      const atMs = Date.now()
      await cluster.network.cut(few, many)
      time('two see three dead', await allDead(cluster, few, many, atMs))
      time('three see two dead', await allDead(cluster, many, few, atMs))
      await cluster.assertDropped(cluster.network.names)
      for (const side of [few, many])
        cluster.noneFailed(
          side,
          0,
          side.map((id) => cluster.node(id)),
        )
      await heal({ cluster, time })
    },
  },
  {
    name: 'one node does not hear another one',
    async run({ start, time }) {
      const cluster = await start(5)
      await cluster.network.deafen(['n2'], ['n1'])
      await delay(LONG_MS)
      await cluster.assertDropped(['n2'])
      await heal({ cluster, time })
      cluster.noneFailed(cluster.network.names)
    },
  },
  {
    name: 'nobody hears one node, which hears all',
    async run({ start, time }) {
      const cluster = await start(5)
      const others = ['n1', 'n2', 'n4', 'n5']
      const atMs = Date.now()
      await cluster.network.deafen(others, ['n3'])
      time('dead for all others', await allDead(cluster, others, ['n3'], atMs))
      await delay(LONG_MS)
      await cluster.assertDropped(others)
      cluster.noneFailed(
        others,
        0,
        others.map((id) => cluster.node(id)),
      )
      await heal({ cluster, time })
    },
  },
  {
    // What it says of the others is old: they have said since that they are well. Each time it is a race between
    // its word that they are dead, and theirs that it is.
    name: 'one node hears nobody, and all hear it',
    async run({ start, time }) {
      const cluster = await start(5, { preset: 'local' })
      const { names } = cluster.network
      for (const deaf of names) {
        const others = names.filter((id) => id !== deaf)
        const atMs = Date.now()
        await cluster.network.deafen([deaf], others)
        await delay(LONG_LOCAL_MS)
        await cluster.assertDropped([deaf])
        cluster.noneFailed(
          others,
          atMs,
          others.map((id) => cluster.node(id)),
        )
        await heal({ cluster, time: (what, ms) => time(`${deaf}: ${what}`, ms) })
      }
    },
  },
  {
    name: 'each pair is cut from one another in turn',
    async run({ start, time }) {
      const cluster = await start(5, { preset: 'local' })
      for (const [one, other] of pairs(cluster.network.names)) {
        await cluster.network.cut([one], [other])
        await delay(LONG_LOCAL_MS)
        await cluster.assertDropped([one, other])
        await heal({ cluster, time: () => undefined })
      }
      cluster.noneFailed(cluster.network.names)
      time('all agree', await cluster.agreed('ten cuts'))
    },
  },
  {
    name: `${LOSS_PERCENT} % loss for ${LOSS_MS / 1000} s`,
    async run({ start, time }) {
      const cluster = await start(5)
      await cluster.network.lose(cluster.network.names, LOSS_PERCENT)
      await delay(LOSS_MS)
      await cluster.assertDropped(cluster.network.names, 'udp')
      await cluster.assertDropped(cluster.network.names, 'tcp')
      const doubts = cluster.others().flatMap((node) => node.eventsOf('suspected')).length
      await heal({ cluster, time })
      cluster.noneFailed(cluster.network.names)
      return `${doubts} suspicions, each taken back`
    },
  },
]
