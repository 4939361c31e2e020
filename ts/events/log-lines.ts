/** Reads the newest lines of a file, from its end: however large it is, no more than is asked for. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 65_536
const LINE_FEED = 10
/** Longer lines are passed over: no event is so large, and the file may be anything. */
const LINE_BYTES_MAX = 16_777_216

/**
 * The lines in the last `bytesMax` bytes of a file, the first of them whole though it may begin before those
 * bytes, and what comes after its last line feed; newest first, empty ones left out.
 *
 * @throws What the file system does.
 */
export function* newestLines(path: string, bytesMax: number): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const end = fstatSync(file).size
    const start = Math.max(0, end - bytesMax)
    const startMin = Math.max(0, start - LINE_BYTES_MAX)
    const line = new LineParts()
    let at = end
    while (at > startMin) {
      const chunk = chunkBefore(file, at, Math.min(CHUNK_BYTES, at - startMin))
      at -= chunk.length
      let lineEnd = chunk.length
      while (lineEnd > 0) {
        const lineFeed = chunk.lastIndexOf(LINE_FEED, lineEnd - 1)
        line.putBefore(chunk.subarray(lineFeed + 1, lineEnd))
        if (lineFeed < 0) break
        const text = line.take()
        if (text !== '') yield text
        if (at + lineFeed < start) return
        lineEnd = lineFeed
      }
    }
    const first = line.take()
    if (at === 0 && first !== '') yield first
  } finally {
    closeSync(file)
  }
}

/** A line whose parts are found from its end on. */
class LineParts {
  #parts: Buffer[] = []
  #length = 0

  putBefore(part: Buffer): void {
    this.#length += part.length
    if (this.#length > LINE_BYTES_MAX) this.#parts = []
    else this.#parts.unshift(part)
  }

  /** The line, or nothing where it is too long. */
  take(): string {
    const text = this.#length > LINE_BYTES_MAX ? '' : Buffer.concat(this.#parts).toString()
    this.#parts = []
    this.#length = 0
    return text
  }
}

function chunkBefore(file: number, end: number, length: number): Buffer {
  const chunk = Buffer.allocUnsafe(length)
  for (let at = 0; at < length;) {
    const count = readSync(file, chunk, at, length - at, end - length + at)
    if (count === 0) throw new Error('it was made shorter while it was read')
    at += count
  }
  return chunk
}
