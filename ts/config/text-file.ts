/** Text files, read up to a bound. */

import { closeSync, openSync, readSync } from 'node:fs'

import { grouped } from '../errors.js'
import { systemReason } from '../system-reason.js'

/** A place in a text, line and column from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A file that cannot be read as a text. The message names it. */
export class UnreadableFile extends Error {
  /** Where in the text; absent where it is about the whole file. */
  readonly place: Place | undefined

  constructor(message: string, place?: Place, options?: ErrorOptions) {
    super(message, options)
    this.place = place
  }
}

/**
 * The text of a UTF-8 file of at most `bytesMax` bytes, a pipe's too; never reads on behind that. `what`
 * names its kind: `the ring file`. @throws UnreadableFile.
 */
export function readTextFile(what: string, path: string, bytesMax: number): string {
  const name = `${what} ${JSON.stringify(path)}`
  let bytes: Buffer
  try {
    bytes = readBounded(path, bytesMax + 1)
  } catch (error) {
    const message = `cannot read ${name}: ${systemReason(error)}`
    throw new UnreadableFile(message, undefined, { cause: error })
  }
  if (bytes.length > bytesMax) throw new UnreadableFile(`${name} is larger than ${grouped(bytesMax)} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new UnreadableFile(`${name} is not UTF-8`, placeOfBadByte(bytes), { cause: error })
  }
}

const PIECE_BYTES = 1 << 16

/** The bytes of a file, or as many as are asked for: a pipe does not tell its size. */
function readBounded(path: string, count: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const pieces: Buffer[] = []
    let total = 0
    while (total < count) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, count - total))
      const length = readSync(file, piece, 0, piece.length, null)
      if (length === 0) break
      pieces.push(piece.subarray(0, length))
      total += length
    }
    return Buffer.concat(pieces, total)
  } finally {
    closeSync(file)
  }
}

function placeOfBadByte(bytes: Buffer): Place {
  const again = Buffer.from(bytes.toString('utf8'))
  const bad = bytes.findIndex((byte, at) => byte !== again[at])
  const before = bytes.subarray(0, bad).toString('utf8')
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - lineStart + 1 }
}
