// Nodes that cannot be reached where they say that they are: they say so themselves, and nobody else suffers.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { PORT, until } from '../cluster.mjs'

const WATCH_MS = 25_000
/** Of nodes that are well, at all nodes together, while they are watched. */
const SUSPICIONS_MAX = 1
const WRONG = 'n5'
const WELL = ['n1', 'n2', 'n3', 'n4']

/** Waits until all nodes see one as suspected because it cannot be reached, and it says so of itself. */
const saysSo = (cluster) =>
  until(`${WRONG} is seen as unreachable`, async () => {
    for (const node of cluster.others()) {
      const { members } = await node.ask('view')
      const { status, doubt } = members.find(({ id }) => id === WRONG) ?? {}
      if (status !== 'suspected' || doubt !== 'unreachable') return `${node.id} has it as ${status}, ${doubt}`
    }
    const { problems, isReady } = await cluster.node(WRONG).ask('view')
    const isTold = problems.some((problem) => problem.includes('cannot reach this node at'))
    return isTold && !isReady
      ? undefined
      : `its problems: ${problems.join('; ') || 'none'}; ready: ${isReady}`
  })

/** Watches for a while: nodes that are well are not suspected, keep their keys, and no verdict changes. */
async function isStable(cluster) {
  const sinceMs = Date.now()
  const { checksum } = await cluster.node('n1').ask('view')
  await delay(WATCH_MS)
  const nodes = cluster.others()
  const told = (event) => nodes.flatMap((node) => node.eventsOf(event, sinceMs).map(({ id }) => id))
  const suspicions = told('suspected').filter((id) => WELL.includes(id))
  assert.ok(suspicions.length <= SUSPICIONS_MAX, `suspected although well: ${suspicions.join(', ')}`)
  assert.deepEqual(told('failed'), [], 'nobody is declared dead')
  for (const node of nodes) {
    const view = await node.ask('view')
    assert.equal(view.checksum, checksum, `${node.id} has the same ring as at first`)
    const shown = view.members.map(({ id, status }) => `${id} ${status}`).sort()
    assert.deepEqual(shown, [...WELL.map((id) => `${id} alive`), `${WRONG} suspected`], node.id)
  }
  return `${suspicions.length} suspicions of nodes that are well in ${WATCH_MS / 1000} s`
}

/** Waits until each of these nodes has warned. */
const hasWarned = (nodes, code) =>
  until(`a warning ${code}`, () => {
    const silent = nodes.filter(({ complaints }) => !complaints.some((line) => line.includes(code)))
    return silent.length === 0 ? undefined : `not of ${silent.map(({ id }) => id).join(', ')}`
  })

/** A cluster of four, and a fifth node with options of its own. */
async function withWrong({ make, time }, options) {
  const cluster = await make(5)
  time('four nodes agree', await cluster.startAll(WELL))
  await cluster.begin(WRONG, WRONG, options).started()
  return cluster
}

export const unreachables = [
  {
    name: 'a wrong advertise_port',
    async run({ make, time }) {
      const cluster = await withWrong({ make, time }, { advertisePort: PORT + 1 })
      time('it is seen as unreachable', await saysSo(cluster))
      await hasWarned([cluster.node(WRONG)], 'ERR_HYPERCACHE_UNREACHABLE')
      return isStable(cluster)
    },
  },
  {
    name: 'a wrong advertise_address, where nobody is',
    async run({ make, time }) {
      const cluster = await withWrong({ make, time }, { advertiseAddress: '10.77.0.99' })
      time('it is seen as unreachable', await saysSo(cluster))
      return isStable(cluster)
    },
  },
  {
    name: 'UDP that is dropped where TCP passes',
    async run({ start, time }) {
      const cluster = await start(5)
      await cluster.network.dropDatagrams(WRONG)
      time('it is seen as unreachable', await saysSo(cluster))
      await cluster.assertDropped([WRONG], 'udp')
      const note = await isStable(cluster)
      await cluster.network.heal()
      time('all agree after the heal', await cluster.agreed('the heal'))
      return note
    },
  },
  {
    name: 'two members with one address',
    async run({ make, time }) {
      const cluster = await make(5)
      time('four nodes agree', await cluster.startAll(WELL))
      await cluster.begin(WRONG, WRONG, { advertiseAddress: cluster.network.address('n4') }).started()
      time('all have warned', await hasWarned(cluster.others(), 'ERR_HYPERCACHE_ADDRESS_SHARED'))
      time('it is seen as unreachable', await saysSo(cluster))
      return isStable(cluster)
    },
  },
]
