/** The connections of a server: what each is doing, and how they end. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TcpServer } from 'node:net'
import type { Socket } from 'node:net'

/**
 * Turns of the event loop without a new connection that show that none waits; the first may be half a turn.
 */
const QUIET_TURNS = 3
const TURNS_MAX = 2_000

/** Watches the connections of a server. */
export class Connections {
  readonly #server: Server
  /** What is being answered on each. */
  readonly #open = new Map<Socket, Set<ServerResponse>>()
  readonly #released = new Set<Socket>()
  #takenCount = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#takenCount += 1
      this.#open.set(socket, new Set())
      socket.once('close', () => {
        this.#open.delete(socket)
        this.#settle()
      })
    })
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#open.get(socket)?.add(response)
      response.once('close', () => this.#open.get(socket)?.delete(response))
    })
  }

  /**
   * Ends a connection on which something came that cannot be read, after what was asked before it is
   * answered.
   *
   * @param text The whole answer to what cannot be read. Left out where an earlier one is on its way: it
   * would be taken for a part of that.
   */
  refuse(socket: Socket, text: string): void {
    const open = [...(this.#open.get(socket) ?? [])]
    const earlier = open.findLast(({ req, headersSent }) => req.complete || headersSent)
    if (earlier !== undefined) {
      socket.pause()
      earlier.once('close', () => socket.destroySoon())
      return
    }
    if (socket.writable) socket.write(text)
    socket.destroySoon()
  }

  /** Waits for this connection no more, and leaves its end to who answers on it. */
  release(socket: Socket): void {
    this.#open.delete(socket)
    this.#released.add(socket)
    socket.once('close', () => this.#released.delete(socket))
    this.#settle()
  }

  /** Whether there are connections that nobody waits for. */
  get hasReleased(): boolean {
    return this.#released.size > 0
  }

  /** While it settles, nothing should be answered; absent otherwise. */
  get closing(): Promise<void> | undefined {
    return this.#closing
  }

  /**
   * Takes no connection any more. Those there are stay: a client may be about to send a request over one, or
   * has sent it already.
   */
  async stopListening(): Promise<void> {
    this.#closing = this.#takeWaiting()
    await this.#closing
    this.#closing = undefined
    // The server of HTTP would close idle connections at once, with requests that are still on their way.
    TcpServer.prototype.close.call(this.#server)
  }

  /** Closes the connections on which nothing is being answered or asked. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
    for (const [socket, { size }] of this.#open) if (size === 0 && socket.bytesRead === 0) socket.destroy()
  }

  /** Resolves when there is no connection any more. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve
      this.#settle()
    })
  }

  /** Closes every connection, whatever it is doing. */
  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  /**
   * Takes the connections that wait in the system, which would cut them off with the requests they bring. One
   * is taken in each turn of the event loop: while clients are answered, and come again, there is no end to
   * it.
   */
  async #takeWaiting(): Promise<void> {
    for (let turn = 0, quietCount = 0; turn < TURNS_MAX && quietCount < QUIET_TURNS; turn += 1) {
      const before = this.#takenCount
      await new Promise((resolve) => setImmediate(resolve))
      quietCount = this.#takenCount === before ? quietCount + 1 : 0
    }
  }

  #settle(): void {
    if (this.#open.size === 0) this.#onIdle?.()
  }
}
