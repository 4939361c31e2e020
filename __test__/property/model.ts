/** The placement contract in its plainest form: nothing is fast, and nothing shared with the package. */

import { createHash } from 'node:crypto'

import type { HashFunctionName, Key, NodeStatus } from '../../dist/index.js'

const MASK = 2n ** 64n - 1n
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const

const rotated = (word: bigint, by: bigint) => ((word << by) | (word >> (64n - by))) & MASK
const mixed = (sum: bigint, word: bigint) => (rotated((sum + word * P2) & MASK, 31n) * P1) & MASK

/** XXH64, as its specification tells it. */
export function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  let hash = (seed + P5) & MASK
  if (bytes.length >= 32) {
    const sums = [seed + P1 + P2, seed + P2, seed, seed - P1].map((sum) => sum & MASK)
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane += 1) {
        sums[lane] = mixed(sums[lane]!, view.getBigUint64(at + 8 * lane, true))
      }
    }
    const turns = [1n, 7n, 12n, 18n]
    hash = sums.reduce((total, sum, lane) => total + rotated(sum, turns[lane]!), 0n) & MASK
    for (const sum of sums) hash = ((hash ^ mixed(0n, sum)) * P1 + P4) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotated(hash ^ mixed(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK
  }
  if (at + 4 <= bytes.length) {
    hash = (rotated(hash ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK
    at += 4
  }
  for (; at < bytes.length; at += 1) {
    hash = (rotated(hash ^ ((BigInt(bytes[at]!) * P5) & MASK), 11n) * P1) & MASK
  }
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK
  return hash ^ (hash >> 32n)
}

export interface ModelOptions {
  virtualNodeCount: number
  hashFunction: HashFunctionName
  hashSeed: bigint
  routableStatuses: NodeStatus[]
  zoneAware: boolean
}

export interface ModelNode {
  id: string
  weight: number
  zone?: string | undefined
  status: NodeStatus
}

interface Point {
  token: bigint
  node: ModelNode
}

export const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

/** A ring that finds everything by looking at everything. */
export class ModelRing {
  readonly #options: ModelOptions
  readonly #points: Point[]

  constructor(options: ModelOptions, nodes: Iterable<ModelNode>) {
    this.#options = options
    this.#points = [...nodes].flatMap((node) => {
      const count = pointCountOf(node, options)
      return Array.from({ length: count }, (_, index) => ({ token: this.token(`${node.id}:${index}`), node }))
    })
    this.#points.sort((one, other) => {
      if (one.token !== other.token) return one.token < other.token ? -1 : 1
      return byBytes(one.node.id, other.node.id)
    })
  }

  token(key: Key): bigint {
    const bytes = Buffer.from(key as string)
    const { hashFunction, hashSeed } = this.#options
    if (hashFunction === 'xxhash64') return xxh64(bytes, hashSeed)
    return createHash('sha256').update(bytes).digest().readBigUInt64BE()
  }

  /** The tokens of the points that are searched, in ring order. */
  tokens(): bigint[] {
    return this.#points.filter(({ node }) => this.#isRoutable(node)).map(({ token }) => token)
  }

  /** The tokens of all points, in ring order. */
  allTokens(): bigint[] {
    return this.#points.map(({ token }) => token)
  }

  #isRoutable({ status }: ModelNode): boolean {
    return this.#options.routableStatuses.includes(status)
  }

  /** All points, from the first at or above the token, once around. */
  #clockwise(token: bigint): Point[] {
    const start = this.#points.findIndex((point) => point.token >= token)
    return start < 0 ? this.#points : [...this.#points.slice(start), ...this.#points.slice(0, start)]
  }

  home(key: Key): string | undefined {
    return this.homeAt(this.token(key))
  }

  homeAt(token: bigint): string | undefined {
    return this.#clockwise(token)[0]?.node.id
  }

  /** As many replicas as asked for, or all, in the order of choice. */
  replicas(key: Key, count: number): string[] {
    return this.replicasAt(this.token(key), count)
  }

  replicasAt(token: bigint, count: number): string[] {
    const way = [...new Set(this.#clockwise(token).map(({ node }) => node))].filter((node) =>
      this.#isRoutable(node),
    )
    const taken: ModelNode[] = []
    const zoneOf = (node: ModelNode) => (this.#options.zoneAware && node.zone) || node
    while (taken.length < way.length) {
      const zonesOfRound = new Set<unknown>()
      for (const node of way) {
        if (taken.includes(node) || (this.#options.zoneAware && zonesOfRound.has(zoneOf(node)))) continue
        zonesOfRound.add(zoneOf(node))
        taken.push(node)
      }
    }
    return taken.slice(0, count).map(({ id }) => id)
  }
}

/** round(weight × virtualNodeCount), halves up, at least 1. */
export function pointCountOf(node: ModelNode, { virtualNodeCount }: ModelOptions): number {
  return Math.max(1, Math.floor(node.weight * virtualNodeCount + 0.5))
}
