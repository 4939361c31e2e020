/** Seeds that do not answer, until they do. */

import { type Server, type Socket, connect, createServer } from 'node:net'

/**
 * A seed that is not there until a member is put behind it; until then it closes every stream, or says
 * nothing where `isSilent`.
 */
export class LateSeed {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #isSilent: boolean
  #port: number | undefined
  /** Streams that came. */
  askedCount = 0

  private constructor(server: Server, isSilent: boolean) {
    this.#server = server
    this.#isSilent = isSilent
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async listen({ isSilent = false } = {}): Promise<LateSeed> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new LateSeed(server, isSilent)
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  /** From now on, streams lead to a member on this machine. */
  lead(port: number): void {
    this.#port = port
  }

  close(): void {
    this.#sockets.forEach((socket) => socket.destroy())
    this.#server.close()
  }

  #serve(socket: Socket): void {
    this.askedCount += 1
    this.#sockets.add(socket)
    if (this.#port === undefined) {
      if (this.#isSilent) socket.on('error', () => socket.destroy())
      else socket.destroy()
      return
    }
    const member = connect(this.#port, '127.0.0.1')
    for (const [from, to] of [[socket, member] as const, [member, socket] as const]) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => this.#sockets.delete(from))
      from.pipe(to)
    }
  }
}

const made: LateSeed[] = []

/** A seed that is closed by `closeSeeds`. */
export async function lateSeed(options?: Parameters<typeof LateSeed.listen>[0]): Promise<LateSeed> {
  const seed = await LateSeed.listen(options)
  made.push(seed)
  return seed
}

/** Closes all seeds that `lateSeed` made. */
export function closeSeeds(): void {
  made.splice(0).forEach((seed) => seed.close())
}
