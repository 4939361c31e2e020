/** Keys on paths where a nanosecond does not count: as bytes, and packed into one buffer. */

import { types } from 'node:util'

import { HyperCacheError, shown } from '../errors.js'
import type { Key, PackedKeys } from '../types.js'

/** Packed keys are handed on when their bytes, or their number, have reached this. */
const PACK_BYTES = 1 << 20
const PACK_KEYS = 8_192

/** The error for something that is no key. `where` is the key's name or place. */
export function notAKey(where: string, value: unknown): HyperCacheError {
  const message = isDetached(value)
    ? `${where} is a Uint8Array whose buffer is detached: its bytes have been transferred away`
    : `${where} is ${shown(value)}; it must be a string or a Uint8Array`
  return new HyperCacheError('ERR_HYPERCACHE_INVALID_KEY', message)
}

/** A key's bytes, in memory that no other thread writes to. */
export function bytesOf(where: string, key: unknown): Uint8Array {
  if (typeof key === 'string') return Buffer.from(key, 'utf8')
  if (!types.isUint8Array(key) || isDetached(key)) throw notAKey(where, key)
  return types.isSharedArrayBuffer(key.buffer) ? new Uint8Array(key) : key
}

function isDetached(value: unknown): boolean {
  if (!types.isUint8Array(value) || value.length > 0 || types.isSharedArrayBuffer(value.buffer)) return false
  try {
    new Uint8Array(value.buffer)
    return false
  } catch {
    return true
  }
}

/** Packs the keys of an iterable, part by part. An error names the key by its place. */
export function* packed(keys: Iterable<Key>): Generator<PackedKeys> {
  let bytes = Buffer.allocUnsafe(PACK_BYTES)
  let ends = [0]
  let used = 0
  let index = 0
  for (const key of keys) {
    const source = typeof key === 'string' ? key : bytesOf(`keys[${index}]`, key)
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    const room = typeof source === 'string' ? source.length * 3 : source.length
    if (ends.length > 1 && (used + room > bytes.length || ends.length > PACK_KEYS)) {
      yield { bytes: bytes.subarray(0, used), offsets: Uint32Array.from(ends) }
      ends = [0]
      used = 0
    }
    if (room > bytes.length) bytes = Buffer.allocUnsafe(room)
    if (typeof source === 'string') used += bytes.write(source, used, 'utf8')
    else {
      bytes.set(source, used)
      used += source.length
    }
    ends.push(used)
    index += 1
  }
  if (ends.length > 1) yield { bytes: bytes.subarray(0, used), offsets: Uint32Array.from(ends) }
}
