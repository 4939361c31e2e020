/** The connections to a Serf agent that a node keeps. */

import type { Timer } from '../../clock.js'
import { HyperCacheError } from '../../errors.js'
import { logNews, type LogNews, NewLines } from './serf-log.js'
import { type SerfMember, serfMembers } from './serf-members.js'
import { SerfRpc, type SerfRpcOptions } from './serf-rpc.js'
import type { Tags } from './serf-tags.js'

const STREAMED_EVENTS = 'member-join,member-leave,member-failed,member-update,member-reap,user'

/** After this the lines of the log are new, where the one about the connection has not come. */
const OLD_LINES_MS = 1_000

/** What an agent tells by itself. */
export interface SerfNews {
  /** The list of members may have changed. */
  onMembers(): void
  onUserEvent(name: string, payload: Uint8Array): void
  onLog(news: LogNews): void
  /** The agent is gone. Nothing follows. */
  onEnd(error: HyperCacheError): void
}

/**
 * Two connections: one is told what happens and lists members, which is quick; the other gets commands that
 * the agent answers when they have reached others, seconds later. One connection is answered in order.
 */
export class SerfSession {
  readonly #options: SerfRpcOptions
  readonly #watching: SerfRpc
  readonly #commands: SerfRpc
  #timer: Timer | undefined

  private constructor(options: SerfRpcOptions, watching: SerfRpc, commands: SerfRpc) {
    this.#options = options
    this.#watching = watching
    this.#commands = commands
  }

  /**
   * Connects to the agent of a node, and is told what happens from then on: a list of members that is asked
   * for later misses nothing.
   *
   * @throws ERR_HYPERCACHE_SERF_UNREACHABLE, ERR_HYPERCACHE_SERF_REFUSED; ERR_HYPERCACHE_SERF_DIFFERENT_NODE
   * where the agent has another name.
   */
  static async open(options: SerfRpcOptions, nodeId: string, news: SerfNews): Promise<SerfSession> {
    const watching = await SerfRpc.connect(options)
    let commands: SerfRpc | undefined
    try {
      await checkName(watching, options.address, nodeId)
      commands = await SerfRpc.connect(options)
      const session = new SerfSession(options, watching, commands)
      await session.#listen(news)
      return session
    } catch (error) {
      watching.close()
      commands?.close()
      throw error
    }
  }

  /** Who is in the agent's list now. @throws As the rest, ERR_HYPERCACHE_SERF_UNREACHABLE or …_REFUSED. */
  async members(): Promise<SerfMember[]> {
    return serfMembers(await this.#watching.request('members', undefined, { hasBody: true }))
  }

  /**
   * Sets some tags and takes others away. Resolves when other agents have been told, or could be for a while.
   */
  async setTags(tags: Tags, deleted: readonly string[]): Promise<void> {
    try {
      await this.#commands.request('tags', { Tags: tags, DeleteTags: deleted })
    } catch (error) {
      // They are set; others are told with the next exchange of whole states.
      if (!/timeout waiting for update broadcast/.test((error as Error).message)) throw error
    }
  }

  /** Sends an event to all members. */
  async sendEvent(name: string, payload: Uint8Array): Promise<void> {
    await this.#commands.request('event', { Name: name, Payload: payload, Coalesce: false })
  }

  /**
   * Joins other agents: works where one of them answers. Over a connection of its own: an address where
   * nobody answers takes long.
   */
  async join(peers: readonly string[]): Promise<void> {
    const rpc = await SerfRpc.connect(this.#options)
    try {
      // Without the events from before: who joins later does not get them.
      const asks = { hasBody: true, timeoutMs: Math.max(this.#options.timeoutMs, 60_000) }
      await rpc.request('join', { Existing: peers, Replay: false }, asks)
    } finally {
      rpc.close()
    }
  }

  /** Has the agent leave its cluster, and end. */
  async leaveAgent(): Promise<void> {
    await this.#commands.request('leave')
  }

  /** Ends the connections, without a word. */
  close(): void {
    this.#timer?.cancel()
    this.#watching.close()
    this.#commands.close()
  }

  async #listen(news: SerfNews): Promise<void> {
    await this.#watching.stream('stream', { Type: STREAMED_EVENTS }, (record) => tellEvent(record, news))
    const lines = new NewLines(this.#watching.localPort)
    await this.#watching.stream('monitor', { LogLevel: 'INFO' }, (record) => {
      const { Log: line } = (record ?? {}) as { Log?: unknown }
      if (typeof line !== 'string' || !lines.take(line)) return
      const found = logNews(line)
      if (found !== undefined) news.onLog(found)
    })
    this.#timer = this.#options.clock.after(OLD_LINES_MS, () => lines.begin())
    const end = (error: HyperCacheError) => {
      this.close()
      news.onEnd(error)
    }
    this.#watching.onEnd(end)
    this.#commands.onEnd(end)
  }
}

function tellEvent(record: unknown, news: SerfNews): void {
  const { Event: event, Name: name, Payload: payload } = (record ?? {}) as Record<string, unknown>
  if (event !== 'user') news.onMembers()
  else if (typeof name === 'string' && payload instanceof Uint8Array) news.onUserEvent(name, payload)
}

async function checkName(rpc: SerfRpc, address: string, nodeId: string): Promise<void> {
  const stats = await rpc.request('stats', undefined, { hasBody: true })
  const { agent } = (stats ?? {}) as { agent?: { name?: unknown } }
  if (agent?.name === nodeId) return
  throw new HyperCacheError(
    'ERR_HYPERCACHE_SERF_DIFFERENT_NODE',
    `the Serf agent at ${address} is ${JSON.stringify(agent?.name)}, and this node is ` +
      `${JSON.stringify(nodeId)}: they must have the same name (serf agent -node=, cluster.node_id)`,
  )
}
