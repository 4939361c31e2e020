// A consistent-hash ring in plain JavaScript, to compare with: binary search in a sorted array.

const MASK = (1n << 64n) - 1n
const PRIME1 = 0x9e3779b185ebca87n
const PRIME2 = 0xc2b2ae3d27d4eb4fn
const PRIME3 = 0x165667b19e3779f9n
const PRIME4 = 0x85ebca77c2b2ae63n
const PRIME5 = 0x27d4eb2f165667c5n

const rotated = (value, by) => ((value << by) | (value >> (64n - by))) & MASK
const round = (sum, lane) => (rotated((sum + lane * PRIME2) & MASK, 31n) * PRIME1) & MASK

/** XXH64 with seed 0 of a text below 32 bytes, with BigInt: what JavaScript has for 64 bits. */
export function xxh64(text) {
  const bytes = Buffer.from(text)
  if (bytes.length >= 32) throw new RangeError('short texts only')
  let hash = (PRIME5 + BigInt(bytes.length)) & MASK
  let at = 0
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotated(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * PRIME1 + PRIME4) & MASK
  }
  if (at + 4 <= bytes.length) {
    hash = (rotated(hash ^ ((BigInt(bytes.readUInt32LE(at)) * PRIME1) & MASK), 23n) * PRIME2 + PRIME3) & MASK
    at += 4
  }
  for (; at < bytes.length; at += 1)
    hash = (rotated(hash ^ ((BigInt(bytes[at]) * PRIME5) & MASK), 11n) * PRIME1) & MASK
  hash = ((hash ^ (hash >> 33n)) * PRIME2) & MASK
  hash = ((hash ^ (hash >> 29n)) * PRIME3) & MASK
  return hash ^ (hash >> 32n)
}

/** FNV-1a, 32 bits, of the UTF-16 units: about the cheapest hash that spreads. */
export function fnv1a(text) {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

export class PlainRing {
  constructor(ids, virtualNodeCount, hash) {
    this.hash = hash
    const points = ids.flatMap((id) =>
      Array.from({ length: virtualNodeCount }, (_, number) => ({ token: hash(`${id}:${number}`), id })),
    )
    points.sort((a, b) => (a.token < b.token ? -1 : 1))
    this.tokens = points.map((point) => point.token)
    this.ids = points.map((point) => point.id)
  }

  getNode(key) {
    const token = this.hash(key)
    let low = 0
    let high = this.tokens.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.tokens[middle] < token) low = middle + 1
      else high = middle
    }
    return this.ids[low === this.ids.length ? 0 : low]
  }
}
