/** One connection to the RPC of a Serf agent. */

import { connect, type Socket } from 'node:net'

import type { Clock, Timer } from '../../clock.js'
import { HyperCacheError, shown } from '../../errors.js'
import { systemReason } from '../../system-reason.js'
import { msgpack } from './msgpack.js'
import { MsgpackValues } from './msgpack-values.js'

/** Most bytes of one value that an agent sends: a list of 20,000 members with all tags that Serf allows. */
const VALUE_BYTES_MAX = 16 * 1_024 * 1_024

/** The version of the protocol, the same since Serf 0.2. */
const RPC_VERSION = 1

/** Refusals that come without the body that an answer to the command would have. */
const BARE_REFUSALS: ReadonlySet<string> = new Set([
  'Authentication required',
  'Handshake required',
  'Unsupported command',
])

const CLOSED_HERE = 'the connection was closed here'

/** Where an agent is, and how to talk to it. */
export interface SerfRpcOptions {
  /** `host:port`, or `[IPv6 address]:port`. */
  readonly address: string
  readonly authKey?: string | undefined
  /** How long the agent has for each answer. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** Ends the connection, at whatever point it is. */
  readonly signal?: AbortSignal | undefined
}

/** A request that waits for its answer, or a stream of records. */
interface Expected {
  command: string
  hasBody: boolean
  resolve: (body: unknown) => void
  reject: (error: HyperCacheError) => void
  timer: Timer | undefined
  /** Of a stream: what follows the answer. */
  onRecord: ((record: unknown) => void) | undefined
}

/**
 * A connection: requests by sequence number, whose answers may come in any order, and streams of records in
 * between. Whatever breaks the protocol ends it, and so does an answer that does not come in time: what
 * follows could not be told apart any more.
 */
export class SerfRpc {
  /** Port of this end, by which the agent's log names this connection. */
  readonly localPort: number
  readonly #socket: Socket
  readonly #options: SerfRpcOptions
  readonly #values = new MsgpackValues(VALUE_BYTES_MAX)
  readonly #expected = new Map<number, Expected>()
  #sequence = 0
  /** The request or stream whose body comes next, after its header. */
  #current: { expected: Expected; error: string; isRecord: boolean } | undefined
  #endedBy: HyperCacheError | undefined
  #onEnd: (error: HyperCacheError) => void = () => undefined
  readonly #abort = () => this.close()

  private constructor(socket: Socket, options: SerfRpcOptions) {
    this.#socket = socket
    this.#options = options
    this.localPort = socket.localPort ?? 0
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.#end(this.#unreachable(systemReason(error))))
    socket.on('close', () => this.#end(this.#unreachable('it has closed the connection')))
    options.signal?.addEventListener('abort', this.#abort)
  }

  /**
   * Connects, and introduces itself.
   *
   * @throws ERR_HYPERCACHE_SERF_UNREACHABLE, ERR_HYPERCACHE_SERF_REFUSED.
   */
  static async connect(options: SerfRpcOptions): Promise<SerfRpc> {
    const rpc = new SerfRpc(await connected(options), options)
    try {
      await rpc.request('handshake', { Version: RPC_VERSION })
      if (options.authKey !== undefined) await rpc.request('auth', { AuthKey: options.authKey })
      return rpc
    } catch (error) {
      rpc.close()
      throw error
    }
  }

  /** Calls back once when the connection has ended, unless it was by `close`. */
  onEnd(call: (error: HyperCacheError) => void): void {
    this.#onEnd = call
    if (this.#endedBy !== undefined) call(this.#endedBy)
  }

  /**
   * Asks, and answers the body of what the agent says, `undefined` where it has none.
   *
   * @param asks.hasBody Whether the answer to this command has a body.
   * @throws ERR_HYPERCACHE_SERF_REFUSED with the agent's own words; ERR_HYPERCACHE_SERF_UNREACHABLE where the
   * connection ends before the answer.
   */
  request(
    command: string,
    body?: object,
    asks: { hasBody?: boolean; timeoutMs?: number } = {},
  ): Promise<unknown> {
    const { hasBody = false, timeoutMs = this.#options.timeoutMs } = asks
    return this.#send(command, body, { hasBody, timeoutMs })
  }

  /**
   * Begins a stream: each record is given to the listener, until the connection ends. @throws As `request`.
   */
  async stream(command: string, body: object, onRecord: (record: unknown) => void): Promise<void> {
    await this.#send(command, body, { hasBody: false, timeoutMs: this.#options.timeoutMs, onRecord })
  }

  /** Ends the connection. What waits for an answer is refused. */
  close(): void {
    this.#onEnd = () => undefined
    this.#end(this.#unreachable(CLOSED_HERE))
  }

  #send(
    command: string,
    body: object | undefined,
    asks: { hasBody: boolean; timeoutMs: number; onRecord?: (record: unknown) => void },
  ): Promise<unknown> {
    if (this.#endedBy !== undefined) return Promise.reject(this.#endedBy)
    const sequence = this.#sequence++
    const { hasBody, timeoutMs, onRecord } = asks
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(timeoutMs, () =>
        this.#end(this.#unreachable(`it does not answer ${command} within ${timeoutMs} ms`)),
      )
      this.#expected.set(sequence, { command, hasBody, resolve, reject, timer, onRecord })
      const { encoder } = msgpack()
      const header = encoder.encode({ Command: command, Seq: sequence })
      this.#socket.write(body === undefined ? header : Buffer.concat([header, encoder.encode(body)]))
    })
  }

  #read(chunk: Buffer): void {
    try {
      for (const bytes of this.#values.push(chunk)) {
        if (this.#endedBy !== undefined) return
        this.#take(msgpack().decoder.decode(bytes))
      }
    } catch (error) {
      this.#end(this.#unreachable(error instanceof Error ? error.message : String(error), error))
    }
  }

  /** Takes a value: the body that was announced, or the header of something. */
  #take(value: unknown): void {
    const current = this.#current
    if (current === undefined) return this.#takeHeader(value)
    this.#current = undefined
    if (current.isRecord) current.expected.onRecord?.(value)
    else settle(current.expected, current.error, value, this.#options.address)
  }

  #takeHeader(value: unknown): void {
    const { Seq: sequence, Error: error } = (value ?? {}) as { Seq?: unknown; Error?: unknown }
    if (typeof sequence !== 'number' || typeof error !== 'string') {
      throw new TypeError(`what it sent is ${shown(value)}, and not the header of an answer of a Serf agent`)
    }
    const expected = this.#expected.get(sequence)
    if (expected === undefined) throw new TypeError(`it answered ${sequence}, which was not asked`)
    const isRecord = expected.timer === undefined
    if (!isRecord) {
      expected.timer?.cancel()
      expected.timer = undefined
      if (expected.onRecord === undefined || error !== '') this.#expected.delete(sequence)
    }
    if (isRecord || (expected.hasBody && !BARE_REFUSALS.has(error))) {
      this.#current = { expected, error, isRecord }
    } else settle(expected, error, undefined, this.#options.address)
  }

  #end(error: HyperCacheError): void {
    if (this.#endedBy !== undefined) return
    this.#endedBy = error
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#socket.destroy()
    const waiting = [...this.#expected.values(), ...(this.#current ? [this.#current.expected] : [])]
    this.#expected.clear()
    for (const { timer, reject } of waiting) {
      timer?.cancel()
      reject(error)
    }
    this.#onEnd(error)
  }

  #unreachable(reason: string, cause?: unknown): HyperCacheError {
    return unreachable(this.#options.address, reason, cause)
  }
}

function settle(expected: Expected, error: string, body: unknown, address: string): void {
  if (error === '') return expected.resolve(body)
  // Texts of several lines are lists of causes.
  const said = error.trim().replace(/\s*\n\s*/g, ' ')
  const message = `the Serf agent at ${address} refused ${expected.command}: ${said}`
  expected.reject(new HyperCacheError('ERR_HYPERCACHE_SERF_REFUSED', message))
}

function unreachable(address: string, reason: string, cause?: unknown): HyperCacheError {
  const message = `no Serf agent answers at ${address}: ${reason}`
  return new HyperCacheError('ERR_HYPERCACHE_SERF_UNREACHABLE', message, { cause })
}

function connected({ address, timeoutMs, clock, signal }: SerfRpcOptions): Promise<Socket> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(unreachable(address, CLOSED_HERE))
    const socket = connect({ host, port: Number(address.slice(colon + 1)), noDelay: true })
    const settle = () => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const refuse = (reason: string, cause?: unknown) => {
      settle()
      socket.destroy()
      reject(unreachable(address, reason, cause))
    }
    const onAbort = () => refuse(CLOSED_HERE)
    const onError = (error: Error) => refuse(systemReason(error), error)
    const timer = clock.after(timeoutMs, () => refuse(`it does not answer within ${timeoutMs} ms`))
    signal?.addEventListener('abort', onAbort)
    socket.on('error', onError)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}
