/** The HTTP server of a node: probes, metrics, JSON, events, and the page. */

import type { AddressInfo, Socket } from 'node:net'

import type { FastifyInstance } from 'fastify'

import { type Fields, checkedCount, checkedFields, checkedFunction } from '../checks.js'
import { type Clock, endsWithin, systemClock } from '../clock.js'
import { isLoopback, hostPort } from '../addresses.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { HyperCacheError } from '../errors.js'
import { describedError, warn } from '../listeners.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import { PrometheusExporter } from '../metrics/prometheus.js'
import type { StopWatching } from '../types.js'
import { clusterRoutes } from './cluster-routes.js'
import { Connections } from './connections.js'
import { EventStreams } from './event-stream.js'
import { makeHttpApp } from './http-app.js'
import { leaveRoute } from './leave-route.js'
import { pageRoutes } from './page-files.js'
import { probeRoutes } from './probe-routes.js'
import { TokenGuard } from './request-guard.js'
import { RingView } from './ring-view.js'

/** Where a server writes what it does. A logger of pino is one. */
export interface HttpLogger {
  /** Each request. */
  debug(fields: object, message: string): void
  /** Requests that failed by a defect, or by the user's own code: `err` is the error. */
  error(fields: object, message: string): void
}

/** Options of a server. */
export interface HttpServerOptions {
  /** In place of `http.port` of the configuration, 0 to 65,535; 0 is any that is free. */
  port?: number | undefined
  /** @defaultValue requests that failed become process warnings */
  logger?: HttpLogger | undefined
  /** Where the time comes from. @defaultValue the machine's clock */
  clock?: Clock | undefined
  /**
   * Called when somebody asks, by `POST /cluster/leave`, that the node leaves: it is to have the coordinator
   * stopped. May be called again meanwhile. @defaultValue none, and then there is no such path
   */
  onLeave?: (() => void) | undefined
}

/** A server that listens. */
export interface HttpServer extends AsyncDisposable {
  /** Where it is reached from this machine, without a slash at the end: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
  /** Takes no requests any more, and resolves when those under way are answered. May be called again. */
  close(): Promise<void>
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof HttpServerOptions>([
  'port',
  'logger',
  'clock',
  'onLeave',
])
const PORT_MAX = 65_535
/** How long connections without a request are kept, once nobody is let in: one may be on its way. */
const LINGER_MS = 250
/** How long requests under way may take from then on. */
const FINISH_MS = 8_000

const warnings: HttpLogger = {
  debug: () => undefined,
  error: (fields, message) => {
    const { problem, detail } = describedError((fields as { err?: unknown }).err)
    warn('ERR_HYPERCACHE_INTERNAL', `${message}: ${problem}`, detail)
  },
}

/**
 * Listens on `http.bind_address` and `http.port` of the coordinator's configuration; `http.enabled` is for
 * `hypercache serve`. When the coordinator stops, the server first answers for `http.drain_seconds` that it
 * is not ready, then lets nobody in, answers what has been asked, and closes; `stop()` waits for that.
 *
 * Every path is described in `docs/http.md`. An open server keeps the process alive.
 *
 * @throws ERR_HYPERCACHE_LISTEN_FAILED with the address and the reason; ERR_HYPERCACHE_OUT_OF_RANGE,
 * ERR_HYPERCACHE_UNKNOWN_FIELD.
 */
export async function startHttpServer(
  coordinator: CoordinatorService,
  options: HttpServerOptions = {},
): Promise<HttpServer> {
  const checked: Fields & HttpServerOptions = checkedFields('options', options, OPTION_NAMES)
  const { logger = warnings, clock = systemClock, onLeave } = checked
  if (onLeave !== undefined) checkedFunction('options.onLeave', onLeave)
  const port = checked.port ?? coordinator.config.http.port
  if (port !== 0) checkedCount(port, 'port', PORT_MAX)
  const server = new RunningServer(coordinator, logger, clock, onLeave)
  await server.listen(port)
  return server
}

class RunningServer implements HttpServer {
  readonly #coordinator: CoordinatorService
  readonly #clock: Clock
  readonly #app: FastifyInstance
  readonly #streams: EventStreams
  readonly #view: RingView
  readonly #connections: Connections
  #onDrain: StopWatching | undefined
  #isClosing = false
  #endPause: (() => void) | undefined
  #close: Promise<void> | undefined
  #port = 0

  constructor(
    coordinator: CoordinatorService,
    logger: HttpLogger,
    clock: Clock,
    onLeave: (() => void) | undefined,
  ) {
    this.#coordinator = coordinator
    this.#clock = clock
    const { bindAddress, token } = coordinator.config.http
    const exporter = new PrometheusExporter({
      metrics: () => coordinator.metrics(),
      ownership: () => coordinator.routing.ring.ownership(),
    })
    this.#streams = new EventStreams(coordinator, clock, exporter)
    this.#view = new RingView(coordinator)
    const tokens = token === undefined ? undefined : new TokenGuard(token)
    const release = (socket: Socket) => this.#connections.release(socket)
    this.#app = makeHttpApp({
      routes: [
        ...probeRoutes(coordinator, exporter, tokens),
        ...clusterRoutes(coordinator, this.#view),
        this.#streams.route(),
        ...(onLeave === undefined ? [] : [leaveRoute(coordinator, { clock, onLeave, release })]),
        ...pageRoutes(),
      ],
      exporter,
      logger,
      isOnLoopback: isLoopback(bindAddress),
      tokens,
      closing: () => this.#connections.closing,
      isClosing: () => this.#isClosing,
      refuse: (socket, text) => this.#connections.refuse(socket, text),
    })
    this.#connections = new Connections(this.#app.server)
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    const { bindAddress } = this.#coordinator.config.http
    const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[bindAddress] ?? bindAddress
    return `http://${hostPort(host, this.#port)}`
  }

  async listen(port: number): Promise<void> {
    const { bindAddress } = this.#coordinator.config.http
    try {
      await this.#app.ready()
      await listening(this.#app, bindAddress, port)
    } catch (error) {
      this.#view.close()
      await this.#app.close()
      throw listenFailure(bindAddress, port, error)
    }
    this.#port = (this.#app.server.address() as AddressInfo).port
    this.#onDrain = this.#coordinator.onDrain(() => this.#drain())
    announce(this.#coordinator, this.#port)
  }

  close(): Promise<void> {
    this.#close ??= this.#doClose()
    return this.#close
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Goes on for a while, so that those who send requests here can see that they should not. */
  async #drain(): Promise<void> {
    const { drainSeconds } = this.#coordinator.config.http
    if (this.#close === undefined && drainSeconds > 0) {
      await endsWithin(
        this.#clock,
        drainSeconds * 1000,
        new Promise<void>((resolve) => (this.#endPause = resolve)),
      )
    }
    await this.close()
  }

  async #doClose(): Promise<void> {
    this.#onDrain?.close()
    this.#endPause?.()
    announce(this.#coordinator, undefined)
    const connections = this.#connections
    this.#isClosing = true
    await connections.stopListening()
    this.#streams.close()
    const ended = connections.ended()
    await endsWithin(this.#clock, LINGER_MS, ended)
    connections.closeIdle()
    const timer = this.#clock.after(FINISH_MS, () => connections.closeAll())
    await ended
    timer.cancel()
    this.#view.close()
    const closed = this.#app.close()
    // Who has asked for the leave is answered after the end of it, which waits for this one.
    if (!this.#connections.hasReleased) await closed
  }
}

/** Tells the other members, where there are any, where this server is, or that it is not any more. */
function announce({ membership }: CoordinatorService, port: number | undefined): void {
  ;(membership as Partial<DistributedMembership>).announcePort?.('http', port)
}

function listening({ server }: FastifyInstance, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  EAFNOSUPPORT: 'this machine has no addresses of that kind',
  EAI_AGAIN: 'the name cannot be resolved',
  ENOTFOUND: 'the name is not known',
}

function listenFailure(host: string, port: number, cause: unknown): HyperCacheError {
  const { code, message } = cause as NodeJS.ErrnoException
  const reason = LISTEN_REASONS[code ?? ''] ?? message
  return new HyperCacheError(
    'ERR_HYPERCACHE_LISTEN_FAILED',
    `cannot listen on ${hostPort(host, port)}: ${reason}`,
    {
      cause,
    },
  )
}
