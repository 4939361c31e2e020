/** The query of a request: every parameter known, none twice, each of its form. */

import { shown } from '../errors.js'
import { badRequest, tooLarge } from './http-refusal.js'

/** The most bytes that a key may have. */
export const KEY_BYTES_MAX = 64 * 1024
/** The most events that are asked for. */
export const LIMIT_MAX = 1_000_000
/** Bytes of a query: the longest key with every byte escaped, and something for what is beside it. */
const QUERY_BYTES_MAX = 3 * KEY_BYTES_MAX + 4_096
const PARAMETERS_MAX = 32

/** The parameters of a query, by name; those that may be repeated have a list. */
export class Query {
  readonly #values = new Map<string, string[]>()

  /**
   * @param url The path and the query, as the request has them.
   * @param known Names that the path takes.
   * @param repeated Those of them that may be given more than once.
   * @throws ERR_HYPERCACHE_INVALID_REQUEST, ERR_HYPERCACHE_TOO_LARGE.
   */
  constructor(url: string, known: readonly string[], repeated: readonly string[] = []) {
    const at = url.indexOf('?')
    if (at < 0) return
    const text = url.slice(at + 1)
    if (text.length > QUERY_BYTES_MAX) {
      throw tooLarge(414, `the query has ${text.length} characters; it must have at most ${QUERY_BYTES_MAX}`)
    }
    const parts = text.split('&').filter((part) => part !== '')
    if (parts.length > PARAMETERS_MAX) {
      throw badRequest(`the query has ${parts.length} parameters; it must have at most ${PARAMETERS_MAX}`)
    }
    for (const part of parts) this.#add(part, known, repeated)
  }

  /** A parameter that may be absent. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.[0]
  }

  /** Every value of a parameter. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** A whole number that may be absent. @throws ERR_HYPERCACHE_INVALID_REQUEST. */
  count(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : checkedWholeNumber(name, text, min, max)
  }

  #add(part: string, known: readonly string[], repeated: readonly string[]): void {
    const at = part.indexOf('=')
    const name = decoded(at < 0 ? part : part.slice(0, at))
    if (!known.includes(name)) {
      const those = known.length === 0 ? 'this path takes none' : `known are ${known.join(', ')}`
      throw badRequest(`the query has the unknown parameter ${shown(name)}; ${those}`)
    }
    const before = this.#values.get(name) ?? []
    if (before.length > 0 && !repeated.includes(name))
      throw badRequest(`the query has the parameter ${name} more than once`)
    this.#values.set(name, [...before, at < 0 ? '' : decoded(part.slice(at + 1))])
  }
}

/** A whole number in decimal digits. `what` begins the message. @throws ERR_HYPERCACHE_INVALID_REQUEST. */
export function checkedWholeNumber(what: string, text: string, min: number, max: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (number >= min && number <= max) return number
  throw badRequest(`${what} is ${shown(text)}; it must be a whole number from ${min} to ${max}`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw badRequest(`the query has ${shown(text)}, where an escape (%…) is not UTF-8`)
  }
}
