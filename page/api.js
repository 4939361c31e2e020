/** Asks the node: JSON and the stream of events, with the token where it wants one. */

/** @import { ErrorAnswer } from '../ts/http/api.js' */

/** How long an answer may take. A stream is watched by its reader instead. */
const timeoutMs = 15_000

/** The node answered, and refused. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} code One of the codes of `docs/errors.md`; empty where the answer had none.
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message)
    this.name = 'Refused'
    this.status = status
    this.code = code
  }
}

/** The node does not answer, or takes too long. */
export class NoAnswer extends Error {}

/** There is no token, and nobody gave one: nothing more is asked until somebody does. */
export class TokenWanted extends Error {}

/**
 * Where the token comes from.
 *
 * @typedef {object} TokenSource
 * @property {() => string | null} current
 * @property {(refused: string | null) => Promise<string | null>} ask Asks for a token in place of one that was
 * refused; `null` where nobody gives one.
 */

/** The node that this page came from. */
export class Api {
  #tokens

  /** @param {TokenSource} tokens */
  constructor(tokens) {
    this.#tokens = tokens
  }

  /**
   * Asks for a path. An answer of 503 with what was asked for in it is one too: `/health` of a node that is
   * not ready.
   *
   * @template T
   * @param {string} path
   * @returns {Promise<T>}
   * @throws {Refused} Where the node says no.
   * @throws {TokenWanted} Where nobody gives it a token.
   * @throws {NoAnswer}
   */
  async get(path) {
    return read(await this.#fetch(path, {}))
  }

  /**
   * Sends a body. Throws as {@link get}.
   *
   * @template T
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<T>}
   */
  async post(path, body) {
    return read(
      await this.#fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  }

  /**
   * Opens the stream of events after the one with a number. Throws as {@link get}.
   *
   * @param {number} lastSequence
   * @param {AbortSignal} signal Ends it.
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  async events(lastSequence, signal) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(lastSequence) }
    const response = await this.#fetch('events', { headers }, signal)
    const type = response.headers.get('Content-Type') ?? ''
    if (response.ok && response.body !== null && type.startsWith('text/event-stream')) return response.body
    throw await refusal(response)
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal} [ends] In place of the time limit.
   */
  async #fetch(path, init, ends) {
    for (let token = this.#tokens.current(); ;) {
      const headers = { ...init.headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) }
      const signal = ends ?? AbortSignal.timeout(timeoutMs)
      const request = { ...init, headers, signal, cache: 'no-store', redirect: 'error' }
      const response = await fetch(path, /** @type {RequestInit} */ (request)).catch((error) => {
        throw ends?.aborted ? ends.reason : noAnswer(error)
      })
      if (response.status !== 401) return response
      await response.body?.cancel()
      token = await this.#tokens.ask(token)
      if (token === null) throw new TokenWanted('the node wants its token')
    }
  }
}

/** @param {Response} response */
async function read(response) {
  if (!response.ok && response.status !== 503) throw await refusal(response)
  const text = await response.text().catch((error) => {
    throw noAnswer(error)
  })
  const body = JSON.parse(text)
  if (response.status === 503 && typeof body.code === 'string') throw refused(503, body)
  return body
}

/** @param {Response} response */
async function refusal(response) {
  return refused(response.status, await response.json().catch(() => ({})))
}

/**
 * @param {number} status
 * @param {Partial<ErrorAnswer>} body
 */
function refused(status, { code, message }) {
  return new Refused(status, code ?? '', message ?? `the node answers with the status ${status}`)
}

/** @param {unknown} error What `fetch` rejected with. */
function noAnswer(error) {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  const words = isLate ? `gives no answer within ${timeoutMs / 1000} seconds` : 'does not answer'
  return new NoAnswer(`The node ${words}.`)
}

/**
 * What went wrong, for people.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function explained(error) {
  if (error instanceof Refused || error instanceof NoAnswer) return error.message
  if (error instanceof TokenWanted) return 'The node wants its token.'
  return `This page cannot show what the node answers (${error instanceof Error ? error.message : error}).`
}
