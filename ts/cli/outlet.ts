/** Standard output and standard error of a process that must not wait for those who read them. */

import { constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/** Longest wait for a reader when the process is about to end. */
const FLUSH_MS_MAX = 1_000

type StandardStream = Writable & { _handle?: { setBlocking?: (isBlocking: boolean) => void } }

/** A stream to standard output (1) or standard error (2) whose writes return at once, whoever reads. */
export function openWithoutWaiting(fd: 1 | 2): Writable {
  const own = ownPipe(fd)
  if (own !== undefined) return own
  const stream: StandardStream = fd === 1 ? process.stdout : process.stderr
  // Node has it wait for a terminal that stands still (Ctrl-S), and on Windows for a pipe that is full.
  stream._handle?.setBlocking?.(false)
  return stream
}

/**
 * The pipe opened anew, where it is one and the system can do that: Node's own stream would change how the
 * pipe behaves for other processes that write to it.
 */
function ownPipe(fd: 1 | 2): Writable | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
    return new Socket({ fd: own, readable: false, writable: true })
  } catch {
    // There is no /proc, the pipe belongs to somebody else, or nobody reads any more.
    return undefined
  }
}

let stderr: Writable | undefined

/** Says something on standard error. Where nobody listens any more, that is no failure. */
export function say(text: string): void {
  stderr ??= openWithoutWaiting(2).on('error', () => undefined)
  stderr.write(text)
}

/** What an outlet is made of. */
export interface OutletOptions {
  stream: Writable
  /** Bytes that may wait for the reader; what would be more is dropped. */
  waitingBytesMax: number
  /** Called when the reader has taken all that waited, with how many texts were dropped meanwhile. */
  onDropped: (count: number) => void
}

/** Takes texts for a reader who may be slow, stand still or be gone: that holds up nobody. */
export class Outlet {
  readonly #stream: Writable
  readonly #waitingBytesMax: number
  #droppedCount = 0

  constructor({ stream, waitingBytesMax, onDropped }: OutletOptions) {
    this.#stream = stream
    this.#waitingBytesMax = waitingBytesMax
    // Nobody reads any more, or the disk is full: that is no reason to stop serving.
    stream.on('error', () => undefined)
    stream.on('drain', () => {
      if (this.#droppedCount === 0) return
      const count = this.#droppedCount
      this.#droppedCount = 0
      onDropped(count)
    })
  }

  /** Writes a text, or drops it whole. */
  write(text: string): void {
    if (this.#stream.destroyed) return
    const bytes = Buffer.from(text)
    if (this.#stream.writableLength + bytes.length > this.#waitingBytesMax) this.#droppedCount += 1
    else this.#stream.write(bytes)
  }

  /** Resolves when all is written, when it cannot be, or when nobody has taken it for a second. */
  async flush(): Promise<void> {
    if (this.#stream.destroyed || this.#stream.writableLength === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS_MAX)
      // Its turn comes when all that waited before it is written, or has failed.
      this.#stream.write('', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
