/** Keeps the page and the node together: loads, follows the events, and begins anew when the node was away. */

/** @import { Api } from './api.js' */

import { NoAnswer, TokenWanted, explained } from './api.js'
import { messagesOf } from './sse.js'

/**
 * An event as the stream gives it. `events:lost` has a count in place of a payload.
 *
 * @typedef {object} StreamedEvent
 * @property {string} type
 * @property {number} [sequence]
 * @property {number} [timestampMs]
 * @property {any} [payload]
 * @property {number} [lostCount]
 */

/**
 * How the page and the node stand. The message is that of a node that cannot be had.
 *
 * @typedef {{ name: 'connecting' | 'live' | 'locked' } | { name: 'waiting', message: string }} LiveState
 */

const firstDelayMs = 1_000
const longestDelayMs = 30_000

/** A stream that says nothing for so long is taken for dead: the node sends a comment more often than that. */
const silenceMs = 60_000

/**
 * How long to wait before the next attempt: twice as long each time, up to half a minute, and up to a fifth
 * less by chance, so that pages do not come back all at once.
 *
 * @param {number} failureCount Attempts that failed in a row, from 1.
 * @param {number} random 0 to 1.
 * @returns {number} Milliseconds.
 */
export function retryDelayMs(failureCount, random) {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** (failureCount - 1)) * (1 - random / 5)
}

/** The connection. It runs as long as the page does. */
export class LiveConnection {
  #api
  #load
  #onEvent
  #onState
  #failureCount = 0
  #stream = new AbortController()
  /** @type {() => void} */
  #retry = () => {}

  /**
   * @param {object} options
   * @param {Api} options.api
   * @param {() => Promise<number>} options.load Gets everything anew, and answers the number of the last event
   * that it has seen.
   * @param {(event: StreamedEvent) => void} options.onEvent
   * @param {(state: LiveState) => void} options.onState
   */
  constructor({ api, load, onEvent, onState }) {
    this.#api = api
    this.#load = load
    this.#onEvent = onEvent
    this.#onState = onState
  }

  /** Does not wait for the time of the next attempt. */
  retryNow() {
    this.#retry()
  }

  /**
   * Ends the stream, and begins anew after a while.
   *
   * @param {unknown} error Why.
   */
  drop(error) {
    this.#stream.abort(error)
  }

  /** Loads and follows, again and again. */
  async run() {
    for (;;) {
      try {
        this.#onState({ name: 'connecting' })
        await this.#follow()
        this.#failureCount += 1
        await this.#wait('The node has ended the stream of events.')
      } catch (error) {
        if (error instanceof TokenWanted) {
          this.#onState({ name: 'locked' })
          await new Promise((resolve) => (this.#retry = () => resolve(undefined)))
        } else {
          this.#failureCount += 1
          await this.#wait(explained(error))
        }
      }
    }
  }

  async #follow() {
    const lastSequence = await this.#load()
    this.#stream = new AbortController()
    const watchdog = silenceOf(silenceMs, this.#stream)
    try {
      const body = await this.#api.events(lastSequence, this.#stream.signal)
      this.#onState({ name: 'live' })
      for await (const { event, data } of messagesOf(body, watchdog.heard)) {
        this.#failureCount = 0
        this.#onEvent({ type: event, ...JSON.parse(data) })
      }
      this.#stream.signal.throwIfAborted()
    } finally {
      watchdog.stop()
    }
  }

  /** @param {string} message */
  async #wait(message) {
    const delayMs = retryDelayMs(this.#failureCount, Math.random())
    this.#onState({ name: 'waiting', message })
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#retry = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
    })
  }
}

/**
 * Ends a stream once nothing was heard of it for a time.
 *
 * @param {number} ms
 * @param {AbortController} stream
 */
function silenceOf(ms, stream) {
  const wait = () => setTimeout(() => stream.abort(new NoAnswer('The node has fallen silent.')), ms)
  let timer = wait()
  const stop = () => clearTimeout(timer)
  const heard = () => {
    stop()
    timer = wait()
  }
  return { heard, stop }
}
