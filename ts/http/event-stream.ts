/** `GET /events`: events as they come (server-sent events, HTML standard, section 9.2). */

import type { ServerResponse } from 'node:http'

import type { Clock } from '../clock.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { ClusterEvent, EventType, EventsLost } from '../events/event-map.js'
import type { PrometheusExporter } from '../metrics/prometheus.js'
import type { Route } from './answer.js'
import { wantedTypes } from './cluster-routes.js'
import { eventJson } from './event-json.js'
import { HttpRefusal } from './http-refusal.js'
import { Query, checkedWholeNumber } from './query.js'

const STREAMS_MAX = 100
/** Shorter than the idle time-outs of proxies. */
const PING_MS = 15_000
/** A client that takes nothing for so many pings is gone, whatever its connection says. */
const STALLED_PINGS_MAX = 8
/** What a client is told to wait before it asks again. */
const RETRY_MS = 2_000

/** Which events a client wants. */
interface Wanted {
  types: EventType[] | undefined
  /** The last one that it has; absent where it wants those from now on. */
  after: number | undefined
}

/** The streams of one server. */
export class EventStreams {
  readonly #coordinator: CoordinatorService
  readonly #clock: Clock
  readonly #exporter: PrometheusExporter
  readonly #open = new Set<AbortController>()
  #isClosed = false

  constructor(coordinator: CoordinatorService, clock: Clock, exporter: PrometheusExporter) {
    this.#coordinator = coordinator
    this.#clock = clock
    this.#exporter = exporter
  }

  /** The path that opens one. */
  route(): Route {
    return {
      method: 'GET',
      path: '/events',
      handle: async ({ raw, headers }, reply) => {
        const query = new Query(raw.url!, ['after', 'type'], ['type'])
        const wanted = { types: wantedTypes(query), after: lastSeen(query, headers['last-event-id']) }
        // Asks the bus for nothing but whether it knows the types, while there can still be an answer that
        // says no.
        this.#coordinator.events.log({ types: wanted.types, limit: 1 })
        if (this.#open.size >= STREAMS_MAX || this.#isClosed) throw this.#refusal()
        reply.hijack()
        const { raw: response } = reply
        for (const [name, value] of Object.entries(reply.getHeaders())) response.setHeader(name, value!)
        response.setHeader('content-type', 'text/event-stream; charset=utf-8')
        // Nothing follows a stream on its connection.
        response.setHeader('connection', 'close')
        // Proxies would hold the events back.
        response.setHeader('x-accel-buffering', 'no')
        response.writeHead(200)
        if (raw.method === 'HEAD') response.end()
        else await this.#run(response, wanted)
        return undefined
      },
    }
  }

  /** Ends every stream, and opens no other. */
  close(): void {
    this.#isClosed = true
    for (const stream of this.#open) stream.abort()
  }

  async #run(response: ServerResponse, wanted: Wanted): Promise<void> {
    const ended = new AbortController()
    const end = () => ended.abort()
    this.#open.add(ended)
    this.#exporter.countStream(1)
    response.once('close', end)
    response.on('error', end)
    const ping = this.#clock.every(PING_MS, pinging(response))
    try {
      await this.#send(response, wanted, ended.signal)
    } catch (error) {
      if (!ended.signal.aborted) throw error
    } finally {
      ping.cancel()
      this.#open.delete(ended)
      this.#exporter.countStream(-1)
      response.end()
    }
  }

  async #send(response: ServerResponse, { types, after }: Wanted, signal: AbortSignal): Promise<void> {
    const { events, routing } = this.#coordinator
    // Before the log is read: what is published in between is in both, and known by its number.
    const stream = types === undefined ? events.stream({ signal }) : events.stream(types, { signal })
    let lastSequence = 0
    await write(response, `retry: ${RETRY_MS}\n\n`, signal)
    for (const event of after === undefined ? [] : replay(events.log({ types }), this.#logged(), after)) {
      if (event.type !== 'events:lost') lastSequence = event.sequence
      await write(response, messageOf(event, routing.isSeeded), signal)
    }
    for await (const event of stream) {
      if (event.type !== 'events:lost' && event.sequence <= lastSequence) continue
      await write(response, messageOf(event, routing.isSeeded), signal)
    }
  }

  /** The numbers of the oldest event in the log and of the newest; 0 where it is empty. */
  #logged(): { first: number; last: number } {
    const { events } = this.#coordinator
    const last = events.log({ limit: 1 })[0]?.sequence ?? 0
    return { first: last - events.metrics().log.eventCount + 1, last }
  }

  #refusal(): HttpRefusal {
    const why = this.#isClosed
      ? 'the node is going away'
      : `${STREAMS_MAX} streams of events are open already`
    return new HttpRefusal(
      this.#isClosed ? 503 : 429,
      'ERR_HYPERCACHE_TOO_MANY_STREAMS',
      `${why}; ask again later`,
      {
        'retry-after': '5',
      },
    )
  }
}

/** The number of the last event that a client has, by what it says. */
function lastSeen(query: Query, header: string | string[] | undefined): number | undefined {
  const max = Number.MAX_SAFE_INTEGER
  // What a client that reconnects says by itself is newer than the address that it was given.
  if (typeof header === 'string' && header !== '') return checkedWholeNumber('Last-Event-ID', header, 0, max)
  return query.count('after', 0, max)
}

/** The events of the log after a number, with what is missing in between. */
function replay(
  events: readonly ClusterEvent[],
  { first, last }: { first: number; last: number },
  after: number,
): (ClusterEvent | EventsLost)[] {
  // A number that was not given yet is of an earlier life of the node: nothing of this one is known.
  const known = after > last ? 0 : after
  const lostCount = first - 1 - known
  const lost: EventsLost[] = lostCount > 0 ? [{ type: 'events:lost', lostCount }] : []
  return [...lost, ...events.filter(({ sequence }) => sequence > known)]
}

function messageOf(event: ClusterEvent | EventsLost, isSeeded: boolean): string {
  // JSON has no line ends. A loss has no number: the client keeps the one it has.
  const id = event.type === 'events:lost' ? '' : `id: ${event.sequence}\n`
  return `${id}event: ${event.type}\ndata: ${eventJson(event, isSeeded)}\n\n`
}

/** Writes, and waits until there is room for more: what a client does not take is not piled up. */
function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> | undefined {
  if (signal.aborted) throw new Error('the stream has ended')
  if (response.write(text)) return undefined
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done)
  })
}

/** Shows that the connection lives, and ends one whose client takes nothing. */
function pinging(response: ServerResponse): () => void {
  let stalledCount = 0
  return () => {
    stalledCount = response.writableNeedDrain ? stalledCount + 1 : 0
    if (stalledCount >= STALLED_PINGS_MAX) response.destroy()
    else if (stalledCount === 0) response.write(': ping\n\n')
  }
}
