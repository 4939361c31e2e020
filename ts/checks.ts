/**
 * Checks of types that all parts share: what TypeScript promises, JavaScript callers may not keep.
 */

import { HyperCacheError, shown, wrongType } from './errors.js'

/** An object whose fields have not been looked at yet. */
export type Fields = Record<string, unknown>

/** A text that UTF-8 can hold: a string without lone surrogates. */
export function checkedText(what: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(what, value, 'a string')
  if (isWellFormed(value)) return value
  const message = `${what} is ${shown(value)}; it must not have a lone surrogate, which UTF-8 cannot hold`
  throw new HyperCacheError('ERR_HYPERCACHE_INVALID_TEXT', message)
}

/** Whether UTF-8 can hold a text. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** A number, of any range. */
export function checkedNumber(what: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(what, value, 'a number')
  return value
}

/** A number of replicas, or another one from `min` to `max`. */
export function checkedCount(value: unknown, what = 'count', max = 65_535, min = 1): number {
  const count = checkedNumber(what, value)
  if (Number.isInteger(count) && count >= min && count <= max) return count
  throw new HyperCacheError(
    'ERR_HYPERCACHE_OUT_OF_RANGE',
    `${what} is ${count}; it must be a whole number from ${min} to ${max}`,
  )
}

/** The items of an iterable that is no string: a list given as one string is always a mistake. */
export function listOf(what: string, value: unknown): unknown[] {
  // Spread, not Array.from: an engine copies a plain array in one go.
  if (typeof value === 'object' && value !== null && Symbol.iterator in value)
    return [...(value as Iterable<unknown>)]
  throw wrongType(what, value, 'an array or another iterable')
}

/** Texts in a list. */
export function checkedTexts(what: string, items: unknown[]): string[] {
  return items.map((item, index) => checkedText(`${what}[${index}]`, item))
}

/** The fields of an object, of which all are known. */
export function checkedFields(
  what: string,
  value: unknown,
  names: ReadonlySet<string>,
  wanted = 'an object',
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongType(what, value, wanted)
  const unknown = Object.keys(value).find((name) => !names.has(name))
  if (unknown === undefined) return value as Fields
  const message = `${what} has the unknown field ${shown(unknown)}; known are ${[...names].join(', ')}`
  throw new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_FIELD', message)
}

/** A text, or nothing. */
export function optionalText(what: string, value: unknown): string | undefined {
  return value === undefined ? undefined : checkedText(what, value)
}

interface Primitives {
  number: number
  string: string
  boolean: boolean
  bigint: bigint
}

/** A value of a primitive type, of any range, or nothing. */
export function optional<T extends keyof Primitives>(
  what: string,
  value: unknown,
  type: T,
): Primitives[T] | undefined {
  if (value === undefined || typeof value === type) return value as Primitives[T] | undefined
  throw wrongType(what, value, `a ${type}`)
}

/** What ends something, or nothing. */
export function checkedSignal(what: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw wrongType(what, value, 'an AbortSignal')
}

/** A function. */
export function checkedFunction<T>(what: string, value: T): T {
  if (typeof value === 'function') return value
  throw wrongType(what, value, 'a function')
}
