/** A node for the page's tests: answers as the HTTP server of a node does, from a ring that a test drives. */

import { readFile, readdir } from 'node:fs/promises'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ChangeView, HealthAnswer } from '../../dist/http/api.js'
import { HashRing } from '../../dist/ring/hash-ring.js'
import type { HashRingOptions, PlannedChange } from '../../dist/types.js'
import { changeView, planAnswer, ringAnswer } from './ring-answers'

const pageFolder = join(__dirname, '..', '..', 'page')
const types: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** How the node is to be. */
export interface MockOptions extends HashRingOptions {
  clusterName?: string
  /** @defaultValue the first node */
  localNodeId?: string
  token?: string
  /** Whether changes of the ring are no events, as those that move nothing. */
  isSilent?: boolean
}

interface MockEvent {
  type: string
  sequence: number
  timestampMs: number
  lamportTime: number
  payload: unknown
}

export class MockNode {
  readonly ring: HashRing
  health: Pick<HealthAnswer, 'isReady' | 'reasons' | 'checks'>
  /** What is answered to every request but those of the page's files, while it is set. */
  failure: { status: number; body: unknown } | undefined
  /** Whether routes name who is to be asked. */
  isSelecting = true
  /** Paths that were asked for, with their method. */
  readonly requests: string[] = []
  /** The header `Last-Event-ID` of each stream that was opened. */
  readonly lastEventIds: (string | undefined)[] = []
  readonly #options
  readonly #held = new Map<string, Promise<void>>()
  readonly #streams = new Set<ServerResponse>()
  readonly #events: MockEvent[] = []
  #lastChange: ChangeView | undefined
  #server: Server | undefined
  #port = 0

  constructor({
    clusterName = 'cluster',
    localNodeId,
    token,
    isSilent = false,
    ...options
  }: MockOptions = {}) {
    this.ring = new HashRing(options)
    const first = this.ring.nodes()[0]?.id ?? 'node1'
    this.#options = { clusterName, localNodeId: localNodeId ?? first, token, seed: options.hashSeed ?? 0n }
    this.health = {
      isReady: true,
      reasons: [],
      checks: [{ name: 'coordinator', isPassing: true, durationMs: 0.2, checkedAtMs: Date.now() }],
    }
    this.ring.watch((change) => {
      if (isSilent) return
      this.#lastChange = changeView(change)
      this.publish('ring:changed', change)
    })
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  get streamCount(): number {
    return this.#streams.size
  }

  /** Listens: the second time at the same port. */
  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: { code?: string; message: string }) => {
        json(response, 400, { code: error.code ?? 'ERR_HYPERCACHE_INTERNAL', message: error.message })
      })
    })
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Goes away, as a process does that ends. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#server!.close(resolve))
    this.#server!.closeAllConnections()
    this.#streams.clear()
    await ended
  }

  async close(): Promise<void> {
    await this.stop()
    this.ring.close()
  }

  /** Keeps back the next answers to a path, until the function that it answers is called. */
  hold(path: string): () => void {
    let release = () => {}
    this.#held.set(path, new Promise((resolve) => (release = resolve)))
    return () => {
      this.#held.delete(path)
      release()
    }
  }

  publish(type: string, payload: unknown): void {
    const sequence = this.#events.length + 1
    const event = { type, payload, sequence, timestampMs: Date.now(), lamportTime: sequence }
    this.#events.push(event)
    for (const stream of this.#streams) stream.write(message(event))
  }

  /** Tells every stream that it has lost events. */
  lose(lostCount: number): void {
    for (const stream of this.#streams) {
      stream.write(`event: events:lost\ndata: ${text({ type: 'events:lost', lostCount })}\n\n`)
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.address)
    this.requests.push(`${request.method} ${url.pathname}${url.search}`)
    const name = url.pathname === '/' ? 'index.html' : url.pathname.slice(1)
    if ((await readdir(pageFolder)).includes(name)) {
      const type = types[name.split('.').pop()!]!
      response.writeHead(200, {
        'Content-Type': `${type}; charset=utf-8`,
        'Content-Security-Policy': contentPolicy,
      })
      response.end(await readFile(join(pageFolder, name)))
      return
    }
    await this.#held.get(url.pathname)
    const { token } = this.#options
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      json(response, 401, { code: 'ERR_HYPERCACHE_UNAUTHORIZED', message: 'the token is missing or wrong' })
      return
    }
    if (this.failure !== undefined) {
      json(response, this.failure.status, this.failure.body)
      return
    }
    if (url.pathname === '/events') this.#stream(request, response)
    else if (url.pathname === '/health') json(response, this.health.isReady ? 200 : 503, this.#healthAnswer())
    else json(response, 200, this.#answer(url, await bodyOf(request)))
  }

  #healthAnswer(): HealthAnswer {
    return { ...this.health, nodeId: this.#options.localNodeId, state: 'ready', uptimeMs: 93_784_000 }
  }

  #answer(url: URL, body: string): unknown {
    const { clusterName, localNodeId, seed } = this.#options
    const isSeeded = seed !== 0n
    switch (url.pathname) {
      case '/cluster/ring': {
        const lastChange = this.#lastChange === undefined ? {} : { lastChange: this.#lastChange }
        return { ...ringAnswer(this.ring, localNodeId, isSeeded), ...lastChange }
      }
      case '/cluster/members':
        return { localNodeId, clusterName, version: 1, members: [] }
      case '/cluster/events':
        return { lastSequence: this.#events.length, events: this.#events.slice(-200) }
      case '/cluster/plan':
        return planAnswer(this.ring, JSON.parse(body) as PlannedChange, isSeeded)
      case '/cluster/route': {
        const key = url.searchParams.get('key') ?? ''
        const { owner, home, replicas, token } = this.ring.explain(key)
        const ids = replicas.map(({ id }) => id)
        const isReplica = ids.includes(localNodeId)
        const place = isSeeded ? {} : { token: String(token) }
        return {
          key,
          owner,
          home,
          replicas: ids,
          ...(this.isSelecting ? { selected: ids[0] } : {}),
          isLocal: owner === localNodeId,
          isReplica,
          ...place,
        }
      }
      default:
        throw new Error(`no such path: ${url.pathname}`)
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    const after = request.headers['last-event-id'] as string | undefined
    this.lastEventIds.push(after)
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(': hello\n\n')
    this.#events
      .filter(({ sequence }) => sequence > Number(after ?? 0))
      .forEach((event) => response.write(message(event)))
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
  }
}

function message(event: MockEvent): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${text(event)}\n\n`
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item))
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(text(value))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}
