/** Keys on paths where a nanosecond does not count: as bytes, and packed into one buffer. */

import { types } from 'node:util'

import { HyperCacheError, shown } from '../errors.js'
import type { Key, PackedKeys } from '../types.js'

/** Packed keys are handed on when their bytes, or their number, have reached this. */
const PACK_BYTES = 1 << 16
const PACK_KEYS = 4_096

/** The error for something that is no key. `where` is the key's name or place. */
export function notAKey(where: string, value: unknown): HyperCacheError {
  const message = isDetached(value)
    ? `${where} is a Uint8Array whose buffer is detached or cut off: its bytes are gone`
    : `${where} is ${shown(value)}; it must be a string or a Uint8Array`
  return new HyperCacheError('ERR_HYPERCACHE_INVALID_KEY', message)
}

/** A key's bytes, in memory that no other thread writes to. */
export function bytesOf(where: string, key: unknown): Uint8Array {
  if (typeof key === 'string') return Buffer.from(key, 'utf8')
  if (!types.isUint8Array(key) || isDetached(key)) throw notAKey(where, key)
  return types.isSharedArrayBuffer(key.buffer) ? new Uint8Array(key) : key
}

/** Whether a view's memory is gone: given away, or cut off by a buffer that shrank. Its length is then 0. */
export function isDetached(value: unknown): boolean {
  if (!types.isUint8Array(value) || value.length > 0) return false
  try {
    Uint8Array.prototype.slice.call(value)
    return false
  } catch {
    return true
  }
}

/**
 * Packs the keys of an iterable, part by part, each in memory of its own. An error names the key by its
 * place.
 */
export function* packed(keys: Iterable<Key>): Generator<PackedKeys> {
  let part = new Part(0)
  let index = 0
  for (const key of keys) {
    const source = typeof key === 'string' ? key : bytesOf(`keys[${index}]`, key)
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    const room = typeof source === 'string' ? source.length * 3 : source.length
    if (!part.has(room)) {
      if (part.keyCount > 0) yield part.keys()
      part = new Part(room)
    }
    part.push(source)
    index += 1
  }
  if (part.keyCount > 0) yield part.keys()
}

class Part {
  readonly #bytes: Buffer
  readonly #offsets = [0]

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(room, PACK_BYTES))
  }

  get keyCount(): number {
    return this.#offsets.length - 1
  }

  has(room: number): boolean {
    return this.keyCount < PACK_KEYS && this.#offsets.at(-1)! + room <= this.#bytes.length
  }

  push(source: string | Uint8Array): void {
    const used = this.#offsets.at(-1)!
    if (typeof source === 'string') this.#offsets.push(used + this.#bytes.write(source, used, 'utf8'))
    else {
      this.#bytes.set(source, used)
      this.#offsets.push(used + source.length)
    }
  }

  keys(): PackedKeys {
    return { bytes: this.#bytes.subarray(0, this.#offsets.at(-1)), offsets: Uint32Array.from(this.#offsets) }
  }
}
