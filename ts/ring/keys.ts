/** Keys on paths where a nanosecond does not count: as bytes, and packed into one buffer. */

import { types } from 'node:util'

import { HyperCacheError, shown } from '../errors.js'
import type { Key, PackedKeys } from '../types.js'

/** Packed keys are handed on when their units or bytes, or their number, have reached this. */
const PACK_UNITS = 1 << 16
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
  const packer = new KeyPacker()
  for (const key of keys) {
    const part = packer.push(key)
    if (part !== undefined) yield part
  }
  const last = packer.end()
  if (last !== undefined) yield last
}

/** The same for keys that come one after another. */
export async function* packedLater(keys: AsyncIterable<Key>): AsyncGenerator<PackedKeys> {
  const packer = new KeyPacker()
  for await (const key of keys) {
    const part = packer.push(key)
    if (part !== undefined) yield part
  }
  const last = packer.end()
  if (last !== undefined) yield last
}

/** Collects keys until they are worth a native call. */
class KeyPacker {
  #keys: Key[] = []
  #units = 0
  #count = 0

  /** Takes a key; answers the keys so far where they are enough. */
  push(key: Key): PackedKeys | undefined {
    // Bytes are copied at once: whoever makes the keys may use the memory again for the next one.
    const kept = typeof key === 'string' ? key : Uint8Array.from(bytesOf(`keys[${this.#count}]`, key))
    this.#keys.push(kept)
    this.#units += kept.length
    this.#count += 1
    return this.#keys.length === PACK_KEYS || this.#units >= PACK_UNITS ? this.end() : undefined
  }

  /** Answers the keys that are left, if any. */
  end(): PackedKeys | undefined {
    const keys = this.#keys
    if (keys.length === 0) return undefined
    this.#keys = []
    this.#units = 0
    return joined(keys) ?? oneByOne(keys)
  }
}

/** Packs keys by joining them, where all are ASCII strings: then there is a byte to each unit. */
function joined(keys: readonly Key[]): PackedKeys | undefined {
  const offsets = new Uint32Array(keys.length + 1)
  let end = 0
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]!
    if (typeof key !== 'string') return undefined
    end += key.length
    offsets[index + 1] = end
  }
  const bytes = Buffer.from(keys.join(''), 'utf8')
  return bytes.length === end ? { bytes, offsets } : undefined
}

function oneByOne(keys: readonly Key[]): PackedKeys {
  const parts = keys.map((key) => (typeof key === 'string' ? Buffer.from(key, 'utf8') : key))
  const offsets = new Uint32Array(parts.length + 1)
  parts.forEach((part, index) => (offsets[index + 1] = offsets[index]! + part.length))
  return { bytes: Buffer.concat(parts), offsets }
}
