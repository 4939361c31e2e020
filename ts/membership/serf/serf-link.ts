/** The session with a Serf agent, opened again for as long as it is wanted. */

import type { Timer } from '../../clock.js'
import { HyperCacheError } from '../../errors.js'
import { Fifo } from '../../fifo.js'
import { describedError } from '../../listeners.js'
import { codeOf } from '../../system-reason.js'
import { Backoff } from './backoff.js'
import type { SerfRpcOptions } from './serf-rpc.js'
import { type SerfNews, SerfSession } from './serf-session.js'

const FIRST_RETRY_MS = 200

/** Events that wait for an agent that is away. More are lost, and counted. */
const WAITING_MAX = 256

/** What is told of the agent. */
export interface LinkNews extends Omit<SerfNews, 'onEnd'> {
  /** A session has been opened, and is not in use before this resolves. Where it rejects, it is none. */
  prepare(session: SerfSession): Promise<void>
  /** The agent is back after it was away. */
  onBack(): void
  /** An event could not be sent, for good. */
  onLost(reason: 'refused_event' | 'unsent_event'): void
}

/** Keeps a session. When the agent goes away it is opened again, with growing waits and without an end. */
export class SerfLink {
  readonly #options: SerfRpcOptions
  readonly #nodeId: string
  readonly #eventName: string
  readonly #news: LinkNews
  readonly #backoff: Backoff
  readonly #waiting = new Fifo<Uint8Array>()
  #session: SerfSession | undefined
  #problem: string | undefined
  #refusal: string | undefined
  #retry: { timer: Timer; give: () => void } | undefined
  /** Rises when what is under way is not wanted any more. */
  #wanted = 0
  /** Ends every connection. */
  #abort = new AbortController()

  constructor(
    options: SerfRpcOptions & { nodeId: string; eventName: string; retryMaxMs: number },
    news: LinkNews,
  ) {
    this.#options = options
    this.#nodeId = options.nodeId
    this.#eventName = options.eventName
    this.#news = news
    this.#backoff = new Backoff(FIRST_RETRY_MS, options.retryMaxMs)
  }

  /** The session; absent while the agent is away. */
  get session(): SerfSession | undefined {
    return this.#session
  }

  problems(): string[] {
    return [this.#problem, this.#refusal].filter((problem) => problem !== undefined)
  }

  /**
   * Opens the session, with further tries for a while where the agent does not answer.
   *
   * @throws What the last try met.
   */
  async open(withinMs: number): Promise<void> {
    const { clock } = this.#options
    const untilMs = clock.elapsedMs() + withinMs
    const wanted = ++this.#wanted
    this.#abort = new AbortController()
    for (;;) {
      try {
        return await this.#openOnce(wanted)
      } catch (error) {
        const isAway = codeOf(error) === 'ERR_HYPERCACHE_SERF_UNREACHABLE'
        if (!isAway || wanted !== this.#wanted || clock.elapsedMs() >= untilMs) throw error
        this.#problem = describedError(error).problem
        // Not beyond the time that there is: the last try is at its end.
        await this.#pause(untilMs - clock.elapsedMs())
        if (wanted !== this.#wanted) throw error
      }
    }
  }

  /** Sends an event to all members, now or when the agent is back. */
  send(payload: Uint8Array): void {
    if (this.#session === undefined) this.#keep(payload)
    else void this.#send(this.#session, payload)
  }

  /** Sends an event that means nothing later: where the agent is away it is not sent. */
  sendNow(payload: Uint8Array): void {
    void this.#session?.sendEvent(this.#eventName, payload).catch(() => this.#news.onLost('unsent_event'))
  }

  /** Ends it. What waits to be sent is dropped. */
  close(): void {
    this.#wanted += 1
    this.#session?.close()
    this.#session = undefined
    this.#abort.abort()
    this.#problem = undefined
    this.#refusal = undefined
    this.#waiting.clear()
    this.#retry?.timer.cancel()
    this.#retry?.give()
  }

  async #openOnce(wanted: number): Promise<void> {
    const opened: { session?: SerfSession } = {}
    const session = await SerfSession.open({ ...this.#options, signal: this.#abort.signal }, this.#nodeId, {
      onMembers: () => this.#news.onMembers(),
      onUserEvent: (name, payload) => this.#news.onUserEvent(name, payload),
      onLog: (news) => this.#news.onLog(news),
      onEnd: (error) => this.#onEnd(opened.session, error),
    })
    opened.session = session
    try {
      await this.#news.prepare(session)
      if (wanted !== this.#wanted)
        throw new HyperCacheError('ERR_HYPERCACHE_MEMBERSHIP_CLOSED', 'it was closed')
    } catch (error) {
      session.close()
      throw error
    }
    this.#session = session
    this.#problem = undefined
    this.#backoff.reset()
    for (let held = this.#waiting.shift(); held !== undefined; held = this.#waiting.shift()) {
      void this.#send(session, held)
    }
  }

  #onEnd(session: SerfSession | undefined, error: HyperCacheError): void {
    // One that ends before it is in use fails what is done with it.
    if (session === undefined || this.#session !== session) return
    this.#session = undefined
    this.#problem = error.message
    void this.#openAgain()
  }

  async #openAgain(): Promise<void> {
    const wanted = this.#wanted
    for (;;) {
      await this.#pause()
      if (wanted !== this.#wanted) return
      try {
        await this.#openOnce(wanted)
        return this.#news.onBack()
      } catch (error) {
        if (wanted !== this.#wanted) return
        this.#problem = describedError(error).problem
      }
    }
  }

  #pause(mostMs = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(Math.min(this.#backoff.next(), mostMs), resolve)
      this.#retry = { timer, give: resolve }
    })
  }

  async #send(session: SerfSession, payload: Uint8Array): Promise<void> {
    try {
      await session.sendEvent(this.#eventName, payload)
      this.#refusal = undefined
    } catch (error) {
      // Whether it went out is not known: who gets it twice tells it once.
      if (codeOf(error) === 'ERR_HYPERCACHE_SERF_UNREACHABLE') return this.#keep(payload)
      this.#refusal = describedError(error).problem
      this.#news.onLost('refused_event')
    }
  }

  #keep(payload: Uint8Array): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(payload)
    else this.#news.onLost('unsent_event')
  }
}
