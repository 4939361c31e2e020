/** Frozen copies of what JSON can hold: what a publisher does to its objects later reaches no subscriber. */

import { HyperCacheError, grouped, shown } from '../errors.js'

const DEPTH_MAX = 64
const VALUE_COUNT_MAX = 100_000
/** Levels below which nothing is taken for frozen: the payloads that this package makes have no more. */
const FROZEN_DEPTH_MAX = 4

/**
 * Copies a value as JSON would write and read it: functions, symbols and `undefined` are left out (`null` in
 * a list), what has a `toJSON` is what that answers. Bigints stay, as do numbers that are none.
 *
 * @param what The value in messages.
 * @param keepsFrozen Whether an object that is frozen throughout is taken as it is, not copied.
 * @throws ERR_HYPERCACHE_INVALID_EVENT for more than 100,000 values, for more than 64 levels (which is what
 * an object within itself has), and where a getter or `toJSON` throws.
 */
export function jsonCopy(what: string, value: unknown, keepsFrozen: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value
  try {
    return new Copier(what, keepsFrozen).copy(value, 0)
  } catch (error) {
    if (error instanceof HyperCacheError) throw error
    throw invalidEvent(`${what} cannot be read: ${shown((error as Error | undefined)?.message)}`, error)
  }
}

/** The error for a payload that is not what its type of event wants. */
export function invalidEvent(message: string, cause?: unknown): HyperCacheError {
  return new HyperCacheError(
    'ERR_HYPERCACHE_INVALID_EVENT',
    message,
    cause === undefined ? undefined : { cause },
  )
}

class Copier {
  readonly #what: string
  readonly #keepsFrozen: boolean
  #valueCount = 0

  constructor(what: string, keepsFrozen: boolean) {
    this.#what = what
    this.#keepsFrozen = keepsFrozen
  }

  copy(value: unknown, depth: number): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') return undefined
    if (typeof value !== 'object' || value === null) return value
    if (this.#keepsFrozen && isFrozenThroughout(value, FROZEN_DEPTH_MAX)) return value
    if (depth > DEPTH_MAX) {
      throw invalidEvent(`${this.#what} is deeper than ${DEPTH_MAX} levels, or an object in it holds itself`)
    }
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return this.copy(Reflect.apply(toJSON, value, ['']), depth + 1)
    return Object.freeze(Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth))
  }

  #list(items: readonly unknown[], depth: number): unknown[] {
    this.#count(items.length)
    return Array.from(items, (item) => this.copy(item, depth + 1) ?? null)
  }

  #object(value: object, depth: number): Record<string, unknown> {
    const names = Object.keys(value)
    this.#count(names.length)
    const copied: Record<string, unknown> = {}
    for (const name of names) {
      const field = this.copy((value as Record<string, unknown>)[name], depth + 1)
      if (field === undefined) continue
      if (name === '__proto__') Object.defineProperty(copied, name, { value: field, enumerable: true })
      else copied[name] = field
    }
    return copied
  }

  /** Counted before they are copied: also an object that many lists share must not take for ever. */
  #count(count: number): void {
    this.#valueCount += count
    if (this.#valueCount <= VALUE_COUNT_MAX) return
    throw invalidEvent(`${this.#what} holds more than ${grouped(VALUE_COUNT_MAX)} values`)
  }
}

/** Whether nothing of a value can be changed: it and all in it is plain and frozen, on so many levels. */
function isFrozenThroughout(value: unknown, levelCount: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (levelCount === 0 || !Object.isFrozen(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Others, such as a Map, can be changed all the same.
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).every((field) => isFrozenThroughout(field, levelCount - 1))
}
