/** Values of MessagePack out of a stream of bytes. */

import { HyperCacheError, grouped } from '../../errors.js'

/** How deep values nest at the most. Those of Serf nest four deep. */
const DEPTH_MAX = 16

/**
 * What the first byte of a value says: how long its head is, what follows it, and how many values it holds.
 */
interface Head {
  headBytes: number
  bodyBytes: number
  itemCount: number
}

/**
 * Cuts a stream of bytes into whole values. A library decodes them: it is only given what is whole, nests no
 * deeper than 16, and is no longer than a bound, for it has no bound of depth, and a stream none of length.
 */
export class MsgpackValues {
  readonly #bytesMax: number
  #bytes = Buffer.alloc(4_096)
  /** How many of the bytes are filled. */
  #length = 0
  /** What has been looked at. May be beyond the length: then a text or the like is still on its way. */
  #at = 0
  /** How many values are still to come in each list and map that is open, the outermost first. */
  #open: number[] = []

  /** @param bytesMax Most bytes of a value. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /**
   * Takes what came, and answers the values that it completes, as bytes.
   *
   * @throws ERR_HYPERCACHE_SERF_UNREACHABLE for what is no MessagePack or beyond a bound. The rest of the
   * stream has no meaning then.
   */
  push(chunk: Uint8Array): Buffer[] {
    this.#append(chunk)
    const values: Buffer[] = []
    let start = 0
    while (this.#scan(start)) {
      values.push(Buffer.from(this.#bytes.subarray(start, this.#at)))
      start = this.#at
    }
    this.#bytes.copyWithin(0, start, this.#length)
    this.#length -= start
    this.#at -= start
    return values
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#bytes.length) {
      // Doubled, so that a long value is not copied with each of its parts.
      const grown = Buffer.alloc(Math.max(length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  /** Looks on, and answers whether the value that begins at `start` is whole. */
  #scan(start: number): boolean {
    while (this.#at === start || this.#open.length > 0) {
      if (this.#at >= this.#length) return false
      const head = headAt(this.#bytes.subarray(this.#at, this.#length))
      if (head === undefined) return false
      this.#at += head.headBytes + head.bodyBytes
      const soFar = this.#at - start + head.itemCount
      if (soFar > this.#bytesMax) throw tooLong(soFar, this.#bytesMax)
      this.#count(head.itemCount)
    }
    return this.#at <= this.#length
  }

  #count(itemCount: number): void {
    if (itemCount > 0) {
      if (this.#open.length === DEPTH_MAX) throw refused(`values that nest deeper than ${DEPTH_MAX}`)
      this.#open.push(itemCount)
      return
    }
    while (this.#open.length > 0) {
      const left = this.#open.pop()! - 1
      if (left === 0) continue
      this.#open.push(left)
      return
    }
  }
}

/** Sizes of the values with a head of one byte and a body of a fixed size, from 0xca on. */
const FIXED_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17]

/** The head of a value; nothing where it is not all there yet. */
function headAt(bytes: Buffer): Head | undefined {
  const type = bytes[0]
  if (type === undefined) return undefined
  const small = smallHead(type)
  if (small !== undefined) return small
  if (type >= 0xca && type <= 0xd8) return leaf(1, FIXED_BYTES[type - 0xca]!)
  // bin and str with 8, 16 and 32 bits of length; ext has a byte of its type before its body.
  if (type >= 0xc4 && type <= 0xc6) return sized(bytes, type - 0xc4, 0)
  if (type >= 0xc7 && type <= 0xc9) return sized(bytes, type - 0xc7, 1)
  if (type >= 0xd9 && type <= 0xdb) return sized(bytes, type - 0xd9, 0)
  // Lists, then maps, with 16 and 32 bits.
  const size = type % 2 === 0 ? 1 : 2
  const count = lengthAt(bytes, size)
  return count === undefined
    ? undefined
    : { headBytes: 1 + 2 ** size, bodyBytes: 0, itemCount: type >= 0xde ? count * 2 : count }
}

function smallHead(type: number): Head | undefined {
  if (type <= 0x7f || type >= 0xe0) return leaf(1, 0)
  if (type <= 0x8f) return { headBytes: 1, bodyBytes: 0, itemCount: (type & 0x0f) * 2 }
  if (type <= 0x9f) return { headBytes: 1, bodyBytes: 0, itemCount: type & 0x0f }
  if (type <= 0xbf) return leaf(1, type & 0x1f)
  if (type === 0xc1) throw refused('something that is no MessagePack')
  return type <= 0xc3 ? leaf(1, 0) : undefined
}

function leaf(headBytes: number, bodyBytes: number): Head {
  return { headBytes, bodyBytes, itemCount: 0 }
}

function sized(bytes: Buffer, size: number, typeBytes: number): Head | undefined {
  const length = lengthAt(bytes, size)
  return length === undefined ? undefined : leaf(1 + 2 ** size + typeBytes, length)
}

/** The length after the first byte, of 8, 16 or 32 bits for a size of 0, 1 or 2. */
function lengthAt(bytes: Buffer, size: number): number | undefined {
  const width = 2 ** size
  return bytes.length <= width ? undefined : bytes.readUIntBE(1, width)
}

function tooLong(length: number, max: number): HyperCacheError {
  return refused(`a value of ${grouped(length)} bytes or more; ${grouped(max)} is the most`)
}

function refused(what: string): HyperCacheError {
  return new HyperCacheError('ERR_HYPERCACHE_SERF_UNREACHABLE', `the Serf agent sent ${what}`)
}
