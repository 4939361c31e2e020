/** Standard output: in large pieces, never faster than it is read. */

import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'

import { codeOf, systemReason } from '../system-reason.js'
import { CliFailure, EXIT_FAILED, OutputClosed } from './failure.js'

/** Bytes after which a piece should be flushed. */
const PIECE_BYTES = 1 << 20
/** Up to here a loop copies faster than a call. */
const LOOP_BYTES = 48

type OutputStream = Writable & { fd?: number; columns?: number }

/** Collects bytes and writes them in pieces. Callers append, and flush where `isFull` says so. */
export class Output {
  readonly #open: () => OutputStream
  #opened: OutputStream | undefined
  #buffer = Buffer.allocUnsafe(PIECE_BYTES + (PIECE_BYTES >> 2))
  #used = 0
  #isClosed = false

  /** @param open Called when the stream is first needed: `serve` has an output of its own. */
  constructor(open: () => OutputStream) {
    this.#open = open
  }

  /** Cells of a line on the terminal; no end to them where it is none, or does not tell. */
  get lineCells(): number {
    return this.#stream.columns || Infinity
  }

  /** Whether enough is waiting to be worth a write. */
  get isFull(): boolean {
    return this.#used >= PIECE_BYTES
  }

  /** Appends `source[start .. end]` as it is. */
  appendBytes(source: Uint8Array, start = 0, end = source.length): void {
    const length = end - start
    this.#reserve(length)
    const buffer = this.#buffer
    let used = this.#used
    if (length <= LOOP_BYTES) {
      for (let at = start; at < end; at += 1) buffer[used++] = source[at]!
    } else {
      buffer.set(source.subarray(start, end), used)
    }
    this.#used += length
  }

  /** Appends one byte. */
  appendByte(byte: number): void {
    this.#reserve(1)
    this.#buffer[this.#used++] = byte
  }

  /** Appends a text as UTF-8. */
  appendText(text: string): void {
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    this.#reserve(text.length * 3)
    this.#used += this.#buffer.write(text, this.#used, 'utf8')
  }

  /**
   * Writes what is waiting, and answers when the reader has made room for more.
   *
   * @throws OutputClosed when nobody reads any more, CliFailure when it cannot be written.
   */
  async flush(): Promise<void> {
    const piece = this.#buffer.subarray(0, this.#used)
    this.#used = 0
    if (piece.length === 0) return
    try {
      if (isRegularFile(this.#stream.fd)) this.#writeToFile(piece)
      else await this.#writeToStream(piece)
    } catch (error) {
      if (isClosedPipe(error)) throw new OutputClosed()
      throw new CliFailure(EXIT_FAILED, `cannot write the output: ${systemReason(error)}`, { cause: error })
    }
  }

  get #stream(): OutputStream {
    // The error reaches the callback of the write too; without a listener it would end the process.
    this.#opened ??= this.#open().on('error', () => (this.#isClosed = true))
    return this.#opened
  }

  /**
   * A disk that fills up takes a part of a piece without an error: the rest has to be tried to learn of it.
   */
  #writeToFile(piece: Uint8Array): void {
    for (let done = 0; done < piece.length;) done += writeSync(this.#stream.fd!, piece, done)
  }

  #writeToStream(piece: Uint8Array): Promise<void> {
    if (this.#isClosed) throw new OutputClosed()
    return new Promise((resolve, reject) => {
      this.#stream.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }

  #reserve(length: number): void {
    const wanted = this.#used + length
    if (wanted <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = larger
  }
}

function isRegularFile(fd: number | undefined): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isFile()
  } catch {
    return false
  }
}

function isClosedPipe(error: unknown): boolean {
  if (error instanceof OutputClosed) return true
  const code = codeOf(error)
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED' || code === 'EOF'
}
