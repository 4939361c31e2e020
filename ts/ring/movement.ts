/** What moves between two versions of rings, as native code has worked it out. */

import { wrongType } from '../errors.js'
import { type NativeMovement, type NativeMovementCounter, guarded } from '../native.js'
import type {
  Key,
  MovedKeys,
  MovedRange,
  Movement,
  MovementPlan,
  PackedKeys,
  RingOwnership,
  Transfer,
} from '../types.js'
import { type CustomHash, countKeys } from './custom-hash.js'
import { frozen } from '../frozen.js'
import { bytesOf, packed, packedLater } from './keys.js'
import { transfersOf } from './transfers.js'

/** Ranges fetched at a time: few at first, then more, for each call begins to count at the first range. */
const CHUNK_RANGES_MIN = 256
const CHUNK_RANGES_MAX = 16_384

/** Counts keys by where they move, for callers that have their keys packed. */
export interface MovementCounter {
  /** Counts keys. */
  add(keys: PackedKeys): void
  /** The counts so far. */
  result(): MovedKeys
}

/** See the interface. What is large, or takes time, is made when it is first asked for. */
export class RingMovement implements Movement {
  readonly #native: NativeMovement
  readonly #hash: CustomHash | undefined
  readonly #replicas: number | undefined
  #transfers: readonly Transfer[] | undefined
  #before: RingOwnership | undefined
  #after: RingOwnership | undefined
  #copies: readonly MovedRange[] | undefined

  constructor(native: NativeMovement, hash: CustomHash | undefined, replicas: number | undefined) {
    this.#native = native
    this.#hash = hash
    this.#replicas = replicas
  }

  get movedArc(): bigint {
    return guarded(() => this.#native.movedArc)
  }

  get movedShare(): number {
    return guarded(() => this.#native.movedShare)
  }

  get idealShare(): number {
    return guarded(() => this.#native.idealShare)
  }

  get transfers(): readonly Transfer[] {
    return (this.#transfers ??= transfersOf(guarded(() => this.#native.transfers())))
  }

  get before(): RingOwnership {
    return (this.#before ??= this.#ownership(false))
  }

  get after(): RingOwnership {
    return (this.#after ??= this.#ownership(true))
  }

  get copies(): readonly MovedRange[] | undefined {
    const count = this.#replicas
    if (count === undefined) return undefined
    return (this.#copies ??= frozen(guarded(() => this.#native.copies(count))))
  }

  #ownership(isAfter: boolean): RingOwnership {
    const found = guarded(() => this.#native.ownership(isAfter))
    frozen(found.ownership)
    return Object.freeze(found)
  }

  *ranges(): Generator<MovedRange, undefined> {
    let start = 0
    for (let size = CHUNK_RANGES_MIN; ; size = Math.min(size * 2, CHUNK_RANGES_MAX)) {
      const chunk = guarded(() => this.#native.ranges(start, size))
      yield* chunk
      if (chunk.length < size) return undefined
      start += size
    }
  }

  ownerChange(key: Key): { from: string | null; to: string | null } | undefined {
    const bytes = bytesOf('key', key)
    const token = this.#hash ? this.#hash.token(bytes) : guarded(() => this.#native.tokenOf(bytes))
    return guarded(() => this.#native.ownerChange(token)) ?? undefined
  }

  analyze(keys: Iterable<Key>): MovedKeys
  analyze(keys: AsyncIterable<Key>): Promise<MovedKeys>
  analyze(keys: Iterable<Key> | AsyncIterable<Key>): MovedKeys | Promise<MovedKeys> {
    const isObject = typeof keys === 'object' && keys !== null && !ArrayBuffer.isView(keys)
    const counter = this.counter()
    if (isObject && Symbol.iterator in keys) {
      for (const part of packed(keys)) counter.add(part)
      return counter.result()
    }
    if (isObject && Symbol.asyncIterator in keys) return analyzeLater(keys, counter)
    throw wrongType('keys', keys, 'an array or another iterable of keys, or an async iterable')
  }

  close(): void {
    guarded(() => this.#native.close())
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What `JSON.stringify` writes: arcs as decimal texts, for JSON's numbers would round them. */
  toJSON(): object {
    const { movedArc, movedShare, idealShare } = this
    const transfers = this.transfers.map(({ arc, ...rest }) => ({ ...rest, arc: arc.toString() }))
    return { movedArc: movedArc.toString(), movedShare, idealShare, transfers }
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const percent = (share: number) => `${(share * 100).toFixed(2)} %`
    const shares = `moved: ${percent(this.movedShare)}, ideal: ${percent(this.idealShare)}`
    return `${this.constructor.name} { ${shares}, transfers: ${this.transfers.length} }`
  }

  /** Begins to count keys. */
  counter(): MovementCounter {
    const counter: NativeMovementCounter = guarded(() => this.#native.counter())
    return {
      add: (keys) => countKeys(counter, keys, this.#hash),
      result: () => {
        const { keyCount, transfers } = guarded(() => counter.result())
        const movedKeyCount = transfers.reduce((sum, transfer) => sum + transfer.keyCount, 0)
        return { keyCount, movedKeyCount, transfers }
      },
    }
  }
}

/** See the interface. */
export class RingPlan extends RingMovement implements MovementPlan {
  readonly #apply: () => void

  constructor(
    native: NativeMovement,
    hash: CustomHash | undefined,
    replicas: number | undefined,
    apply: () => void,
  ) {
    super(native, hash, replicas)
    this.#apply = apply
  }

  apply(): void {
    this.#apply()
  }
}

/** Begins to count keys by where they move, for callers that have them packed. */
export function countMovement(movement: Movement): MovementCounter {
  return (movement as RingMovement).counter()
}

async function analyzeLater(keys: AsyncIterable<Key>, counter: MovementCounter): Promise<MovedKeys> {
  for await (const part of packedLater(keys)) counter.add(part)
  return counter.result()
}
