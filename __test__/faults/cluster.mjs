// A cluster of node processes under test, and what must be true of it when all is calm.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { NodeProcess } from './node-process.mjs'

export const PORT = 7946
const LOOK_MS = 50
const LIMIT_MS = 60_000
const KEYS = Array.from({ length: 1_000 }, (_, number) => `key:${number}`)

/** Waits until `problem` answers nothing, and answers how long that took, in milliseconds. */
export async function until(what, problem, limitMs = LIMIT_MS) {
  const begunMs = performance.now()
  for (;;) {
    const said = await problem()
    const tookMs = performance.now() - begunMs
    if (said === undefined) return tookMs
    if (tookMs > limitMs) throw new Error(`not after ${limitMs / 1000} s: ${what}: ${said}`)
    await delay(LOOK_MS)
  }
}

const inOrder = (texts) => texts.sort().join(', ')

/** The nodes of one cluster, each on a host of its own. */
export class Cluster {
  /** Those that run, by id. */
  nodes = new Map()
  /** Every process that there was, for the story of a failure. */
  processes = []
  #options
  #key = randomBytes(32).toString('base64')
  #broadcastCount = 0
  /** When nodes were killed, by id. */
  #diedMs = new Map()

  /** @param options `preset`; `seeds`, hosts (default: the first two); `isLoaded`, whether nodes route keys. */
  constructor(network, options = {}) {
    this.network = network
    this.#options = { preset: 'lan', seeds: network.names.slice(0, 2), ...options }
  }

  /** Starts nodes on the hosts of their names, and waits until they are one cluster. */
  async startAll(ids) {
    await Promise.all(ids.map((id) => this.begin(id).started()))
    return this.agreed('the beginning')
  }

  /** Begins a process of a node; it has not joined yet. What is given is in place of its usual options. */
  begin(id, host = id, options = {}) {
    const { preset, seeds, isLoaded } = this.#options
    const node = new NodeProcess(this.network, host, {
      load: isLoaded,
      cluster: {
        preset,
        nodeId: id,
        clusterName: 'faults',
        membership: 'gossip',
        bindAddress: this.network.address(host),
        bindPort: PORT,
        seeds: seeds.map((seed) => `${this.network.address(seed)}:${PORT}`),
        encryptionKeys: [this.#key],
        ...options,
      },
    })
    this.nodes.set(id, node)
    this.processes.push(node)
    return node
  }

  node(id) {
    return this.nodes.get(id)
  }

  /** Kills nodes, all at once. Answers when, by `Date.now()`. */
  async kill(...ids) {
    const atMs = Date.now()
    const ended = ids.map((id) => this.node(id).kill())
    for (const end of await Promise.all(ended)) assert.equal(end, 'SIGKILL', 'the process was killed')
    for (const id of ids) {
      this.nodes.delete(id)
      this.#diedMs.set(id, performance.now())
    }
    return atMs
  }

  /** The nodes that can be asked, but for some. */
  others(...ids) {
    return [...this.nodes.values()].filter((node) => node.isAnswering && !ids.includes(node.id))
  }

  /** Waits until nodes have told such an event of a member; answers when the last one did, since a time. */
  async told(nodes, event, id, sinceMs) {
    await until(`${id} ${event}`, () => {
      const missing = nodes.filter((node) => !node.has(event, id, sinceMs))
      return missing.length === 0 ? undefined : `not told by ${missing.map((node) => node.id).join(', ')}`
    })
    return Math.max(...nodes.map((node) => node.firstMs(event, id, sinceMs))) - sinceMs
  }

  /** No node has told, since a time, that one of these members failed. */
  noneFailed(ids, sinceMs = 0, nodes = this.processes) {
    const failures = nodes.flatMap((node) =>
      node
        .eventsOf('failed', sinceMs)
        .filter(({ id }) => ids.includes(id))
        .map(({ id }) => `${node.id}: ${id}`),
    )
    assert.deepEqual(failures, [], 'members that were well were declared dead (by whom: who)')
  }

  /**
   * Waits until all nodes that run agree: the same members, alive but for those that `dead` names (who came
   * later does not know of these), the same ring, nothing that stands against their health. Then has each route
   * 1,000 keys, and one tell the others something. Answers how long the agreement took.
   */
  async agreed(when, dead = []) {
    const tookMs = await until(`agreement after ${when}`, () => this.#disagreement(dead))
    const nodes = this.others()
    const routes = await Promise.all(nodes.map((node) => node.ask(`route ${KEYS.join(' ')}`)))
    const ids = nodes.map(({ id }) => id)
    assert.deepEqual([...new Set(routes[0])].sort(), [...ids].sort(), 'the owners are the live nodes')
    routes.forEach((owners, index) =>
      assert.deepEqual(owners, routes[0], `${ids[index]} routes as ${ids[0]}`),
    )
    await this.#broadcastReachesAll(nodes)
    return tookMs
  }

  async #disagreement(dead) {
    const nodes = this.others()
    const ids = nodes.map(({ id }) => id)
    let first
    // One after another: of many nodes that do not agree yet, not all are to be asked all the time.
    for (const [index, node] of nodes.entries()) {
      const view = await node.ask('view')
      first ??= view
      const { members, checksum, ringChecksums, problems, reasons, isReady } = view
      const found = inOrder(members.map(({ id, status }) => `${id} ${status}`))
      const known = dead.filter((id) => !(this.#diedMs.get(id) < node.spawnedMs))
      const wanted = inOrder([...ids.map((id) => `${id} alive`), ...known.map((id) => `${id} dead`)])
      if (found !== wanted) return `${ids[index]} has ${found}; wanted: ${wanted}`
      const elsewhere = members.find(({ id, address }) => this.#addressOf(id, address) !== address)
      if (elsewhere !== undefined) return `${ids[index]} has ${elsewhere.id} at ${elsewhere.address}`
      if (checksum !== first.checksum) return `the rings of ${ids[0]} and ${ids[index]} differ`
      const told = ids.find((id) => ringChecksums[id] !== checksum)
      if (told !== undefined) return `${ids[index]} believes that ${told} has the ring ${ringChecksums[told]}`
      if (problems.length > 0 || !isReady) return `${ids[index]}: ${[...problems, ...reasons].join('; ')}`
    }
    return undefined
  }

  /** Where a node that runs is; one that does not may be anywhere. */
  #addressOf(id, otherwise) {
    const node = this.node(id)
    return node === undefined ? otherwise : this.network.address(node.host)
  }

  async #broadcastReachesAll([origin, ...others]) {
    const name = `calm-${++this.#broadcastCount}`
    await origin.ask(`broadcast ${name}`)
    const wanted = `${origin.id} ${name}`
    const counts = async () => {
      const heard = await Promise.all(others.map((node) => node.ask('heard')))
      return heard.map((messages) => messages.filter((message) => message === wanted).length)
    }
    await until('a broadcast reaches every node', async () => {
      const missing = (await counts()).filter((count) => count === 0).length
      return missing === 0 ? undefined : `${missing} have not got it`
    })
    assert.deepEqual(
      await counts(),
      others.map(() => 1),
      'each node gets a broadcast once',
    )
  }

  /** Packets that hosts have lost to faults: each must have, over all protocols or one. */
  async assertDropped(names, protocol) {
    for (const name of names) {
      const { udp, tcp } = await this.network.dropped(name)
      const count = protocol === 'udp' ? udp : protocol === 'tcp' ? tcp : udp + tcp
      assert.ok(count > 0, `the fault has happened at ${name}: packets dropped (udp ${udp}, tcp ${tcp})`)
    }
  }

  /** What every process has told, in the order of time. */
  story() {
    const told = this.processes.flatMap((node) => node.events.map((event) => ({ by: node.id, ...event })))
    const lines = told
      .sort((a, b) => a.atMs - b.atMs)
      .map(
        ({ by, event, id, atMs }) => `  ${new Date(atMs).toISOString().slice(11, 23)} ${by}: ${id} ${event}`,
      )
    const complaints = this.processes.flatMap((node) =>
      node.complaints.map((line) => `  ${node.id}! ${line}`),
    )
    return [...lines, ...complaints].join('\n')
  }
}
