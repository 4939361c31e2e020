// `npm run demo:cluster`: three nodes, one of which is killed and comes back, and who has which words meanwhile.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, main, root } from './run.mjs'

const source = 'an-array-of-english-words'
const ids = ['node1', 'node2', 'node3']
const victim = 'node2'
/** Longer than anything here should take on a slow machine. */
const waitMs = 20_000
/** How often a node is asked. */
const lookMs = 50

/** The processes that run, by the ids of their nodes. */
const processes = new Map()
let isEnding = false

/** Ends all that was started; nothing is left behind, however the demo ends. */
function endAll() {
  isEnding = true
  for (const child of processes.values()) child.kill('SIGKILL')
}

process.on('exit', endAll)
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => {
    console.log(`\n${signal}: the nodes are ended.`)
    process.exit(128 + number)
  })
}

/** The story. */
async function tell(cluster, keys) {
  say(
    `Three nodes run, and have found each other: ${ids.map((id) => `${id} at ${cluster.url(id)}`).join(', ')}.`,
  )
  const before = await keys.owners(cluster)
  say(`They route the ${count(keys.length)} words of the npm package ${source}, each node the same way:`)
  table(ids.map((id) => [id, shareOf(before, id)]))

  const killedMs = performance.now()
  cluster.kill(victim)
  say(`kill -9 ${victim}. Nothing tells the others; they find out:`)
  const since = () => `${((performance.now() - killedMs) / 1000).toFixed(1)} s`
  await cluster.until(survivors(), victim, 'suspected', 'dead')
  console.log(
    `  after ${since()}  ${victim} is suspected: it still has its words, for it may come to its senses`,
  )
  await cluster.until(survivors(), victim, 'dead')
  console.log(`  after ${since()}  ${victim} is dead: its words go to the others`)
  const without = await keys.owners(cluster, survivors())
  say(`Who has taken over the ${count(countOf(before, victim))} words of ${victim}:`)
  const moved = (id) => keys.count((at) => before[at] === victim && without[at] === id)
  table(survivors().map((id) => [id, `+ ${count(moved(id))}`, `now ${shareOf(without, id)}`]))
  const others = keys.count((at) => before[at] !== victim && without[at] !== before[at])
  console.log(`  ${count(others)} words of the others moved`)

  say(`${victim} is started again.`)
  await cluster.run(victim)
  await cluster.until(ids, victim, 'alive')
  const after = await keys.owners(cluster)
  const elsewhere = keys.count((at) => after[at] !== before[at])
  table(ids.map((id) => [id, shareOf(after, id)]))
  if (others > 0 || elsewhere > 0)
    throw new CommandFailed(`${others + elsewhere} words are where they should not be: please report it`)
  say(`Every one of the ${count(keys.length)} words is back where it was.`)
}

/** The keys, and who has each by the rings of the nodes. */
class Keys {
  #words
  #HashRing

  constructor(words, HashRing) {
    this.#words = words
    this.#HashRing = HashRing
  }

  get length() {
    return this.#words.length
  }

  /** How many of the keys, by their places in the list, pass. */
  count(passes) {
    return this.#words.filter((_, at) => passes(at)).length
  }

  /** The owner of each key by the ring that the nodes have, which must be one and the same. */
  async owners(cluster, asked = ids) {
    const views = await cluster.agreed(asked)
    const { virtualNodeCount, nodes, checksum } = views[0]
    const ring = new this.#HashRing({ virtualNodeCount })
    try {
      ring.setNodes(nodes.map(({ id, weight, status }) => ({ id, weight, status })))
      if (ring.checksum !== checksum) throw new CommandFailed('this ring is not that of the nodes')
      return ring.getNodeBatch(this.#words)
    } finally {
      ring.close()
    }
  }
}

/** Three nodes, each a process that runs `hypercache serve`. */
class Cluster {
  #ports = new Map()

  async start() {
    const free = await freePorts(2 * ids.length)
    for (const id of ids) this.#ports.set(id, { gossip: free.pop(), http: free.pop() })
    await Promise.all(ids.map((id) => this.run(id)))
    for (const id of ids) await this.until(ids, id, 'alive')
    return this
  }

  url(id) {
    return `http://127.0.0.1:${this.#ports.get(id).http}`
  }

  /** Starts a node, and waits until it is ready. */
  async run(id) {
    const { gossip, http } = this.#ports.get(id)
    const fields = {
      'cluster.membership': 'gossip',
      'cluster.preset': 'local',
      'cluster.bind_port': gossip,
      'cluster.seeds': ids.map((other) => `127.0.0.1:${this.#ports.get(other).gossip}`).join(','),
      'http.drain_seconds': 0,
      'logging.level': 'silent',
    }
    const flags = Object.entries(fields).flatMap(([path, value]) => ['--set', `${path}=${value}`])
    const args = [
      join(root, 'dist', 'cli', 'main.js'),
      'serve',
      '--node-id',
      id,
      '--http-port',
      http,
      ...flags,
    ]
    // A signal to the group of a terminal is for this process alone: it decides what becomes of the nodes.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true })
    processes.set(id, child)
    child.once('close', () => processes.delete(id))
    await this.#wait(`${id} to be ready`, async () => (await this.#ask(id, 'readyz')).isReady)
  }

  kill(id) {
    processes.get(id).kill('SIGKILL')
  }

  /** Has the nodes leave. */
  async stop() {
    if (isEnding) return
    const ended = [...processes.values()].map(
      (child) => new Promise((resolve) => child.once('close', resolve)),
    )
    for (const child of processes.values()) child.kill('SIGTERM')
    await Promise.all(ended)
  }

  /** Waits until every one of the nodes that are asked sees a node in one of these statuses. */
  async until(asked, id, ...statuses) {
    await this.#wait(`${id} to be ${statuses.join(' or ')}`, async () => {
      const answers = await Promise.all(asked.map((other) => this.#ask(other, 'cluster/members')))
      return answers.every(({ members }) => {
        const member = members.find((one) => one.id === id)
        return member !== undefined && statuses.includes(member.status)
      })
    })
  }

  /** The rings of nodes, as soon as all of them are the same. */
  async agreed(asked) {
    let views = []
    await this.#wait('the rings to be the same', async () => {
      views = await Promise.all(asked.map((id) => this.#ask(id, 'cluster/ring')))
      return new Set(views.map(({ checksum }) => checksum)).size === 1
    })
    return views
  }

  async #ask(id, path) {
    return (await fetch(`${this.url(id)}/${path}`)).json()
  }

  async #wait(what, isSo) {
    const endMs = performance.now() + waitMs
    // A node that starts does not answer yet.
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > endMs) throw new CommandFailed(`waited ${waitMs / 1000} s in vain for ${what}`)
      await pause(lookMs)
    }
  }
}

/** Ports of loopback that are free now. */
async function freePorts(wanted) {
  const servers = Array.from({ length: wanted }, () => createServer())
  const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  await Promise.all(servers.map(listening))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function survivors() {
  return ids.filter((id) => id !== victim)
}

function countOf(owners, id) {
  return owners.filter((owner) => owner === id).length
}

function shareOf(owners, id) {
  const own = countOf(owners, id)
  return `${count(own)} words (${((100 * own) / owners.length).toFixed(1)} %)`
}

function count(number) {
  return number.toLocaleString('en-US')
}

function say(text) {
  console.log(`\n${text}`)
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows)
    console.log(
      `  ${row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd()}`,
    )
}

await main(async () => {
  buildWhatIsMissing()
  const { HashRing } = await import('../dist/index.js')
  const words = JSON.parse(readFileSync(join(root, 'node_modules', source, 'index.json'), 'utf8'))
  const cluster = await new Cluster().start()
  try {
    await tell(cluster, new Keys(words, HashRing))
  } finally {
    await cluster.stop()
  }
})
