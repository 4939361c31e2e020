// Keys and rings, made before the clock starts.

import { createRequire } from 'node:module'

import { HashRing } from '../../dist/index.js'
import { BLOCK } from './harness.mjs'

export const KEY_COUNT = 1_000_000
export const HOT_COUNT = 1_000

/** The addon with the functions to compare with: see `crates/hypercache_napi/src/floor.rs`. */
export const floorAddon = () => createRequire(import.meta.url)('../../target/floor/hypercache.node')

/** Numbers 0 .. 2^32, the same every time (xorshift32; Marsaglia, 2003). */
function randoms(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** A string that lies in one piece in memory, as a parser would make it. */
const flat = (text) => Buffer.from(text, 'latin1').latin1Slice()

/** Distinct keys in random order, made in the order of use. */
export function distinctKeys(count = KEY_COUNT) {
  const random = randoms(2_463_534_242)
  const numbers = Uint32Array.from({ length: count }, (_, index) => index)
  for (let at = count - 1; at > 0; at -= 1) {
    const other = random() % (at + 1)
    const kept = numbers[at]
    numbers[at] = numbers[other]
    numbers[other] = kept
  }
  return Array.from(numbers, (number) => flat(`user:${number}:session`))
}

/** The same number of keys, each one of 1,000 texts; every one a string of its own. */
export function hotKeys(count = KEY_COUNT) {
  const random = randoms(88_675_123)
  return Array.from({ length: count }, () => flat(`user:${random() % HOT_COUNT}:session`))
}

/** Calls `each` with the next BLOCK keys' positions, round and round. */
export function rotating(length) {
  let start = -BLOCK
  return () => {
    start += BLOCK
    if (start + BLOCK > length) start = 0
    return start
  }
}

/** A test that does BLOCK operations, one key each; `once` answers a number. */
export function perKey(keys, once) {
  const next = rotating(keys.length)
  // One function body for each test: a shared loop would see every `once`, and the engine would inline none.
  return new Function(
    'keys',
    'once',
    'next',
    `return () => {
      let sum = 0
      const start = next()
      for (let index = start; index < start + ${BLOCK}; index += 1) sum += once(keys[index])
      return sum
    }`,
  )(keys, once, next)
}

export const nodeIds = (count) => Array.from({ length: count }, (_, index) => `node${index + 1}`)

export const ringOf = (count, options = {}) => new HashRing({ nodes: nodeIds(count), ...options })
