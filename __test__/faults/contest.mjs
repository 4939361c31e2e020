// Two clusters on the same hosts, one of ours and one of Serf agents: every fault happens to both at once.

import { randomBytes } from 'node:crypto'
import { Cluster, until } from './cluster.mjs'
import { Network } from './network.mjs'
import { SerfProcess } from './serf-process.mjs'

const LIMIT_MS = 180_000

/** The two systems, by the names that results have. */
export const SYSTEMS = ['ours', 'serf']

export class Contest {
  #profile
  #key = randomBytes(32).toString('base64')
  #agents = new Map()

  constructor(network, profile) {
    this.network = network
    this.#profile = profile
    this.cluster = new Cluster(network, { preset: profile })
  }

  /** Starts a node and an agent on each of so many hosts, and waits until they know each other. */
  static async start(size, profile) {
    const names = Array.from({ length: size }, (_, number) => `n${number + 1}`)
    const contest = new Contest(await Network.open(names), profile)
    for (const id of names) await contest.begin(id)
    await contest.agreed(0)
    return contest
  }

  get names() {
    return this.network.names
  }

  /** The processes of a system that run, by id. */
  of(system) {
    return system === 'ours' ? this.cluster.nodes : this.#agents
  }

  /** Begins a node and an agent on a host. */
  async begin(id) {
    const seeds = this.names.slice(0, 2).map((name) => this.network.address(name))
    const options = { id, profile: this.#profile, seeds, key: this.#key }
    this.#agents.set(id, new SerfProcess(this.network, options))
    await this.cluster.begin(id).started()
  }

  /** Waits until everybody knows everybody, of processes that have been begun at or after a time. */
  async agreed(sinceMs, newcomers = this.names) {
    await this.cluster.agreed('the start')
    await this.allTold('serf', 'joined', newcomers, this.names, sinceMs)
    await this.allTold('serf', 'joined', this.names, newcomers, sinceMs)
  }

  /** Kills what runs on a host, both at once. Answers when. */
  async kill(id) {
    const agent = this.#agents.get(id)
    this.#agents.delete(id)
    const ended = agent.kill()
    const atMs = await this.cluster.kill(id)
    await ended
    return atMs
  }

  /** Waits until all of `tellers` have told an event of each of `ids`; answers how long that took. */
  async allTold(system, event, tellers, ids, sinceMs) {
    const processes = tellers.map((id) => this.of(system).get(id))
    const pairs = processes.flatMap((teller) =>
      ids.filter((id) => id !== teller.id).map((id) => [teller, id]),
    )
    const missing = () => pairs.find(([teller, id]) => !teller.has(event, id, sinceMs))
    await until(
      `${system}: ${event}`,
      () => {
        const found = missing()
        return found === undefined ? undefined : `${found[0].id} has not told it of ${found[1]}`
      },
      LIMIT_MS,
    )
    return Math.max(0, ...pairs.map(([teller, id]) => teller.firstMs(event, id, sinceMs) - sinceMs))
  }

  /** How often some of the members were declared dead, by one another, since a time. */
  failureCount(system, sinceMs, ids = this.names) {
    const tellers = ids.map((id) => this.of(system).get(id))
    const failures = tellers.flatMap((teller) => teller.eventsOf('failed', sinceMs))
    return failures.filter(({ id }) => ids.includes(id)).length
  }
}
