/** Asks a node that runs: for its events, its members, its ring, and to leave. */

import type {
  ErrorAnswer,
  EventsAnswer,
  LeaveAnswer,
  LeaveRequest,
  MembersAnswer,
  RingAnswer,
} from '../http/api.js'
import type { ClusterEvent, EventsLost } from '../events/event-map.js'
import { systemReason } from '../system-reason.js'
import { eventData } from './event-source.js'
import { CliFailure, EXIT_FAILED, EXIT_USAGE, usageError } from './failure.js'

/** How long an answer may take. */
const ANSWER_MS_MAX = 15_000
/** A node that is there says something every 15 seconds. */
const SILENCE_MS_MAX = 45_000

/** The node cannot be reached, or has gone away: it may come back. */
export class NodeAway extends CliFailure {
  constructor(url: string, reason: string, cause?: unknown) {
    super(EXIT_FAILED, `${url} does not answer: ${reason}`, { cause })
  }
}

/** The node has ended the stream: it stops, most likely. */
export class StreamEnded extends CliFailure {
  constructor() {
    super(EXIT_FAILED, 'the node has ended the stream')
  }
}

/** Which events. */
export interface EventsWanted {
  types: readonly string[]
  after?: number | undefined
  limit?: number | undefined
}

/** A node at an address. */
export class NodeClient {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  /** @throws CliFailure for an address or a token that cannot be one. */
  constructor(url: string, token: string | undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw usageError(`--url is ${JSON.stringify(url)}; it must be like http://127.0.0.1:8080`)
    // Not shown: it is a secret.
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
      throw usageError('the token is empty, or has something other than visible ASCII characters')
    this.#url = url.replace(/\/+$/, '')
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  /** Events that were. @throws NodeAway, CliFailure where the node says no. */
  async events({ types, after, limit }: EventsWanted): Promise<EventsAnswer> {
    return this.#get<EventsAnswer>(`/cluster/events${queryOf({ type: types, after, limit })}`)
  }

  /** The members as the node sees them. @throws NodeAway, CliFailure where the node says no. */
  members(): Promise<MembersAnswer> {
    return this.#get('/cluster/members')
  }

  /** The ring as the node has it. @throws NodeAway, CliFailure where the node says no. */
  ring(): Promise<RingAnswer> {
    return this.#get('/cluster/ring')
  }

  /**
   * Asks the node to leave, and waits until it has.
   *
   * @param nodeId The node that is meant: another one at this address says no.
   * @param onHeeded Called when the node has said that it will.
   * @throws NodeAway, also where it goes before it has said that it has left; CliFailure where it says no.
   */
  async leave(nodeId: string, onHeeded: () => void): Promise<LeaveAnswer> {
    const asked: LeaveRequest = { nodeId }
    const init = { method: 'POST', body: JSON.stringify(asked) }
    const limit = silenceLimit(SILENCE_MS_MAX)
    try {
      const headers = { 'content-type': 'application/json' }
      const response = await this.#fetch('/cluster/leave', headers, limit.signal, init)
      onHeeded()
      let text = ''
      const decoder = new TextDecoder()
      for await (const piece of response.body as AsyncIterable<Uint8Array>) {
        limit.heard()
        text += decoder.decode(piece, { stream: true })
      }
      return JSON.parse(text) as LeaveAnswer
    } catch (error) {
      throw error instanceof CliFailure ? error : this.#away(error)
    } finally {
      limit.end()
    }
  }

  /**
   * Events as they come, after one that is known. Ends with the signal.
   *
   * @param onOpen Called when the node has answered.
   * @throws StreamEnded where it ends the stream, NodeAway where it goes away otherwise, CliFailure where it
   * says no.
   */
  async *follow(
    { types, after }: EventsWanted,
    signal: AbortSignal,
    onOpen: () => void,
  ): AsyncGenerator<ClusterEvent | EventsLost> {
    const limit = silenceLimit(SILENCE_MS_MAX)
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) }
    try {
      const either = AbortSignal.any([signal, limit.signal])
      const response = await this.#fetch(`/events${queryOf({ type: types })}`, headers, either)
      onOpen()
      const body = response.body as AsyncIterable<Uint8Array>
      for await (const data of eventData(body, limit.heard))
        yield JSON.parse(data) as ClusterEvent | EventsLost
    } catch (error) {
      if (signal.aborted) return
      throw error instanceof CliFailure ? error : this.#away(error)
    } finally {
      limit.end()
    }
    throw new StreamEnded()
  }

  async #get<T>(path: string): Promise<T> {
    const response = await this.#fetch(path, {}, AbortSignal.timeout(ANSWER_MS_MAX))
    try {
      return (await response.json()) as T
    } catch (error) {
      throw this.#away(error)
    }
  }

  async #fetch(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    init: RequestInit = {},
  ): Promise<Response> {
    let response: Response
    try {
      response = await fetch(this.#url + path, { ...init, headers: { ...this.#headers, ...headers }, signal })
    } catch (error) {
      throw this.#away(error)
    }
    if (response.ok) return response
    throw await this.#refusal(response)
  }

  async #refusal(response: Response): Promise<CliFailure> {
    const answer = (await response.json().catch(() => ({}))) as Partial<ErrorAnswer>
    const said = `${this.#url} answers ${response.status}: ${answer.message ?? 'it is no node of this kind'}`
    if (response.status === 503 || response.status === 429)
      return new NodeAway(this.#url, answer.message ?? 'it is not ready')
    return new CliFailure(response.status === 400 ? EXIT_USAGE : EXIT_FAILED, said)
  }

  #away(error: unknown): NodeAway {
    const { cause } = error as { cause?: unknown }
    return new NodeAway(this.#url, systemReason(cause ?? error), error)
  }
}

/** A signal that is aborted when nothing was heard for so long. */
function silenceLimit(limitMs: number): { signal: AbortSignal; heard: () => void; end: () => void } {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('it says nothing')), limitMs)
  return { signal: silence.signal, heard: () => void timer.refresh(), end: () => clearTimeout(timer) }
}

function queryOf(
  parameters: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) for (const one of [value].flat()) query.append(name, String(one))
  }
  return query.size === 0 ? '' : `?${query.toString()}`
}
