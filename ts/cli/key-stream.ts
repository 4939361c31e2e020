/** Keys on their way in: the bytes of lines, or the arguments of the command, as packed keys. */

import { fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import type { PackedKeys } from '../types.js'
import { systemReason } from '../system-reason.js'
import { CliFailure, EXIT_FAILED, usageError } from './failure.js'

/** Bytes read at a time. */
const READ_BYTES = 1 << 20
/** Most keys handed on at a time: a file of empty lines makes many of few bytes. */
const PACK_KEYS = 1 << 16
/** Longest key, in bytes. Keys are held whole, and nothing else of a file is. */
const KEY_BYTES_MAX = 64 << 20

const LF = 0x0a
const CR = 0x0d

/**
 * Splits bytes at LF into packed keys. A CR before an LF belongs to the line end; bytes are not decoded; a
 * line may reach over any number of pieces.
 *
 * What is yielded shares memory with the splitter: it is good until the next step.
 */
export class LineSplitter {
  #bytes = Buffer.allocUnsafe(READ_BYTES * 2)
  #used = 0
  /** `#ends[i]` is where key `i - 1` ends. */
  readonly #ends = new Uint32Array(PACK_KEYS + 1)
  #count = 0
  #handedOn = 0;

  /** Takes the next piece; yields the keys that are whole by now. */
  *push(piece: Uint8Array): Generator<PackedKeys> {
    this.#reserve(piece.length)
    for (let at = 0; at < piece.length;) {
      at = this.#split(piece, at)
      if (this.#count === 0) continue
      yield this.#pack()
      this.#drop()
    }
    if (this.#used > KEY_BYTES_MAX) {
      const bound = KEY_BYTES_MAX.toLocaleString('en-US')
      throw usageError(`line ${this.#handedOn + 1} of the keys is longer than ${bound} bytes`)
    }
  }

  /** Ends the input; yields the last line where no LF ended it. */
  *end(): Generator<PackedKeys> {
    if (this.#used === 0) return
    this.#ends[++this.#count] = this.#used
    yield this.#pack()
    this.#drop()
  }

  /** Copies from `piece[at ..]` until it ends or the pack is full. Answers where it stopped. */
  #split(piece: Uint8Array, at: number): number {
    const bytes = this.#bytes
    const ends = this.#ends
    let used = this.#used
    let count = this.#count
    let keyStart = ends[count]!
    while (at < piece.length && count < PACK_KEYS) {
      const byte = piece[at++]!
      if (byte !== LF) {
        bytes[used++] = byte
        continue
      }
      if (used > keyStart && bytes[used - 1] === CR) used -= 1
      ends[++count] = used
      keyStart = used
    }
    this.#used = used
    this.#count = count
    return at
  }

  #pack(): PackedKeys {
    const offsets = this.#ends.subarray(0, this.#count + 1)
    return { bytes: this.#bytes.subarray(0, this.#ends[this.#count]), offsets }
  }

  /** Forgets the keys that were handed on; the beginning of the last line moves to the front. */
  #drop(): void {
    const end = this.#ends[this.#count]!
    this.#bytes.copyWithin(0, end, this.#used)
    this.#used -= end
    this.#handedOn += this.#count
    this.#count = 0
  }

  #reserve(length: number): void {
    const wanted = this.#used + length
    if (wanted <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}

/** Keys that were given as arguments. */
export function* packArguments(keys: readonly string[]): Generator<PackedKeys> {
  const parts = keys.map((key) => Buffer.from(key, 'utf8'))
  const offsets = new Uint32Array(parts.length + 1)
  parts.forEach((part, index) => (offsets[index + 1] = offsets[index]! + part.length))
  yield { bytes: Buffer.concat(parts), offsets }
}

/**
 * Keys of a file, one per line; `-` is standard input. Reads only as fast as keys are taken.
 *
 * @throws CliFailure: exit code 2 where the file cannot be opened, 1 where it cannot be read on.
 */
export async function* readKeys(path: string): AsyncGenerator<PackedKeys> {
  const splitter = new LineSplitter()
  const pieces = path === '-' ? readStandardInput() : readFile(path)
  for await (const piece of pieces) yield* splitter.push(piece)
  yield* splitter.end()
}

async function* readStandardInput(): AsyncGenerator<Uint8Array> {
  // A directory as standard input would look empty.
  if (fstatSync(0).isDirectory())
    throw usageError('cannot read the keys from standard input: it is a directory')
  try {
    for await (const piece of process.stdin) yield piece as Uint8Array
  } catch (error) {
    throw readFailure('standard input', error)
  }
}

/** Read piece by piece and not as a stream, which would wait for more of a pipe after the run has ended. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await openKeys(path)
  try {
    const piece = Buffer.allocUnsafe(READ_BYTES)
    for (;;) {
      const length = await readPiece(file, path, piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    await file.close()
  }
}

async function openKeys(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if (!(await file.stat()).isDirectory()) return file
    await file.close()
  } catch (error) {
    throw usageError(`cannot open the keys ${JSON.stringify(path)}: ${systemReason(error)}`, error)
  }
  throw usageError(`cannot open the keys ${JSON.stringify(path)}: it is a directory`)
}

async function readPiece(file: FileHandle, path: string, piece: Buffer): Promise<number> {
  try {
    return (await file.read(piece, 0, piece.length)).bytesRead
  } catch (error) {
    throw readFailure(JSON.stringify(path), error)
  }
}

function readFailure(what: string, error: unknown): CliFailure {
  return new CliFailure(EXIT_FAILED, `cannot read the keys from ${what}: ${systemReason(error)}`, {
    cause: error,
  })
}
