/**
 * Hash functions written in JavaScript. Native code never calls them: it is given tokens in place of keys.
 */

import { HyperCacheError, shown } from '../errors.js'
import {
  type NativeNodeSpec,
  type NativePlannedChange,
  type NativeRing,
  binding,
  guarded,
} from '../native.js'
import type { HashFunction, PackedKeys } from '../types.js'

const TOKEN_MAX = 2n ** 64n - 1n

/** Tokens that a node of a ring has brought with it already. */
type KnownTokens = (id: string) => BigUint64Array | null

/** A hash function of a ring, and what it makes of nodes and keys. */
export class CustomHash {
  readonly #hash: HashFunction
  readonly #virtualNodeCount: number

  constructor(hash: HashFunction, virtualNodeCount: number) {
    this.#hash = hash
    this.#virtualNodeCount = virtualNodeCount
  }

  /** Whether another ring has the same function. */
  equals(other: CustomHash): boolean {
    return this.#hash === other.#hash
  }

  /** The token of some bytes, which the function gets for its own. */
  token(bytes: Uint8Array): bigint {
    // Called as a function of nobody: as a method it would get this object.
    const hash = this.#hash
    let token: unknown
    try {
      token = hash(Uint8Array.from(bytes))
    } catch (cause) {
      const message = `hashFunction threw: ${cause instanceof Error ? cause.message : shown(cause)}`
      throw new HyperCacheError('ERR_HYPERCACHE_HASH_FUNCTION_FAILED', message, { cause })
    }
    if (typeof token === 'bigint' && token >= 0n && token <= TOKEN_MAX) return token
    const message = `hashFunction answered ${shown(token)}; it must answer a bigint from 0n to ${TOKEN_MAX}n`
    throw new HyperCacheError('ERR_HYPERCACHE_HASH_FUNCTION_FAILED', message)
  }

  /** Nodes with their tokens. Only those that the ring does not know are computed. */
  withTokens(specs: NativeNodeSpec[], known: KnownTokens): NativeNodeSpec[] {
    return specs.map((spec) => ({ ...spec, tokens: this.tokensOf(spec.id, spec.weight ?? 1, known) }))
  }

  /** A change of a node with the tokens it needs. */
  withTokensOf<T extends { weight?: number }>(id: string, change: T, known: KnownTokens): T {
    return change.weight === undefined
      ? change
      : { ...change, tokens: this.tokensOf(id, change.weight, known) }
  }

  /** A change of several parts with all tokens it needs. */
  planned({ add, update, set, ...rest }: NativePlannedChange, known: KnownTokens): NativePlannedChange {
    return {
      ...rest,
      add: this.withTokens(add, known),
      update: update.map(({ id, change }) => ({ id, change: this.withTokensOf(id, change, known) })),
      set: set && this.withTokens(set, known),
    }
  }

  /** The tokens of a node's virtual nodes. Those that the ring knows are not computed again. */
  tokensOf(id: string, weight: number, known: KnownTokens): BigUint64Array {
    const count = guarded(() => binding.NativeRing.pointCountOf(weight, this.#virtualNodeCount))
    const old = known(id)
    return BigUint64Array.from({ length: Math.max(count, old?.length ?? 0) }, (_, number) => {
      return old?.[number] ?? this.token(Buffer.from(`${id}:${number}`, 'utf8'))
    })
  }
}

/** Asks a ring for the tokens of its nodes. */
export function knownTokens(native: NativeRing): KnownTokens {
  return (id) => guarded(() => native.tokensOf(id))
}

/** The tokens of packed keys, each as `tokenOf` says. */
export function tokensOfPacked(
  { bytes, offsets }: PackedKeys,
  tokenOf: (key: Uint8Array) => bigint,
): BigUint64Array {
  return BigUint64Array.from({ length: offsets.length - 1 }, (_, index) =>
    tokenOf(bytes.subarray(offsets[index], offsets[index + 1])),
  )
}

/** What counts keys in native code. */
interface NativeCounter {
  add(bytes: Uint8Array, offsets: Uint32Array): void
  addTokens(tokens: BigUint64Array): void
}

/** Counts packed keys, by their tokens where native code cannot hash them. */
export function countKeys(counter: NativeCounter, keys: PackedKeys, hash: CustomHash | undefined): void {
  if (hash === undefined) {
    const { bytes, offsets } = keys
    guarded(() => counter.add(bytes, offsets instanceof Uint32Array ? offsets : Uint32Array.from(offsets)))
    return
  }
  const tokens = tokensOfPacked(keys, (key) => hash.token(key))
  guarded(() => counter.addTokens(tokens))
}
