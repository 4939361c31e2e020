/** What is wrong with a configuration, collected until all is known. */

import { type ConfigProblem, HyperCacheError, shown, grouped } from '../errors.js'
import type { Place } from './text-file.js'
import type { Path } from './yaml-text.js'

/** Most problems that are listed: a file of another kind has one on every line. */
const LISTED_MAX = 1_000
/** Most problems that a message names. */
const NAMED_MAX = 5

/** A problem as it is found. */
export interface Finding {
  path: string
  message: string
  bound: string
  origin: string
  /** Absent for a secret, and where there is none. */
  value?: unknown
  place?: Place | undefined
}

/** Problems, in the order in which they are found. */
export class Problems {
  readonly #found: ConfigProblem[] = []
  #count = 0
  readonly #fileName: string | undefined

  /** `fileName` is for messages. */
  constructor(fileName?: string) {
    this.#fileName = fileName
  }

  add({ path, message, bound, origin, value, place }: Finding): void {
    this.#count += 1
    if (this.#found.length >= LISTED_MAX) return
    const shownValue = value === undefined ? undefined : { value: plainValue(value) }
    this.#found.push(Object.freeze({ path, message, ...shownValue, bound, origin, ...place }))
  }

  /** @throws ERR_HYPERCACHE_CONFIG_INVALID where there are some. */
  throwIfAny(): void {
    if (this.#count === 0) return
    const problems = [...this.#found].sort(byPlace)
    const lines = problems.slice(0, NAMED_MAX).map((problem) => `\n  ${problemLine(problem, this.#fileName)}`)
    const more = this.#count > NAMED_MAX ? `\n  and ${grouped(this.#count - NAMED_MAX)} more` : ''
    const count = this.#count === 1 ? '1 problem' : `${grouped(this.#count)} problems`
    throw new HyperCacheError(
      'ERR_HYPERCACHE_CONFIG_INVALID',
      `the configuration has ${count}:${lines.join('')}${more}`,
      { problems: Object.freeze(problems) },
    )
  }
}

/** A problem on one line, with where it came from in front. */
export function problemLine({ message, origin, line, column }: ConfigProblem, fileName?: string): string {
  if (origin === 'value') return message
  if (origin !== 'file') return `${origin}: ${message}`
  // What has no place is about the whole file, and names it.
  if (line === undefined) return message
  const place = fileName === undefined ? `line ${line}, column ${column}` : `${fileName}:${line}:${column}`
  return `${place}: ${message}`
}

/** Those of the text first, in its order. */
function byPlace(one: ConfigProblem, other: ConfigProblem): number {
  const lines = (one.line ?? Infinity) - (other.line ?? Infinity)
  // Both without a line: infinity less infinity is no number.
  return lines || (one.column ?? 0) - (other.column ?? 0)
}

/** A place as people write it: `cluster.seeds[2]`. */
export function pathText(path: Path): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`
    return /^[\w-]{1,64}$/.test(part) ? `.${part}` : `[${shown(part)}]`
  })
  return parts.join('').replace(/^\./, '')
}

/** A value as a message shows it. */
export function shownValue(value: unknown): string {
  if (value === null) return 'empty'
  return shown(typeof value === 'bigint' ? plainValue(value) : value)
}

/** A value as a program may keep it: JSON can hold it, and nothing of the caller's hangs on it. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  return value === null || ['number', 'string', 'boolean'].includes(typeof value) ? value : shown(value)
}
