/** What a file, the environment and flags say: settings of fields, found good one by one. */

import { type Issue, checkedValue } from './check-field.js'
import type { Rule } from './field.js'
import type { Leaf } from './leaves.js'
import { type Problems, pathText, shownValue } from './problems.js'
import type { Place } from './text-file.js'
import type { Path } from './yaml-text.js'

/** A value of a field, and where it came from. */
export interface Setting {
  readonly value: unknown
  /** As in a problem: `file`, `value`, `flag`, or the name of a variable. */
  readonly origin: string
  /** The path as it was spelled there. */
  readonly path: string
  readonly place: Place | undefined
  /** Whether the value will not do; it is missing then, and the field says nothing to others. */
  readonly isBad: boolean
}

/** Settings by the paths of the fields. Of two for one field, the later counts. */
export type Settings = Map<string, Setting>

/** A value that was found for a field. */
export interface Found {
  readonly leaf: Leaf
  readonly value: unknown
  readonly path: Path
  readonly origin: string
  readonly placeOf: (path: Path) => Place | undefined
}

/** Keeps a value that will do, and notes what is wrong with one that will not. */
export function keep(
  { leaf, value, path, origin, placeOf }: Found,
  settings: Settings,
  problems: Problems,
): void {
  const issues: Issue[] = []
  const checked = checkedValue(leaf.field, value, issues)
  const isBad = issues.length > 0
  settings.set(leaf.path, {
    value: isBad ? undefined : checked,
    origin,
    path: pathText(path),
    place: placeOf(path),
    isBad,
  })
  for (const issue of issues) {
    const place = [...path, ...issue.at]
    const bound = issue.rule.bound
    problems.add({
      path: pathText(place),
      message: `${pathText(place)} ${complaint(leaf, issue)}`,
      value: leaf.field.isSecret ? undefined : issue.value,
      bound,
      origin,
      place: placeOf(place),
    })
  }
}

/** What is wrong with a value, as it follows the path. */
function complaint({ field: { isSecret, later } }: Leaf, { value, rule }: Issue): string {
  if (isSecret) return `has a value that will not do (it is not shown); it must be ${rule.bound}`
  const note = later?.values.includes(value) === true ? `, ${later.reason}` : hint(rule, value)
  return `is ${shownValue(value)}${note}; it must be ${rule.bound}`
}

/** What the writer of a value was most likely not aware of. */
function hint({ kind }: Pick<Rule, 'kind'>, value: unknown): string {
  const isQuoted = typeof value === 'string'
  if (kind === 'number' && isQuoted && value.trim() !== '' && Number.isFinite(Number(value)))
    return ' (a text: write it without quotes)'
  if (kind === 'flag' && isQuoted && /^(yes|no|on|off|true|false)$/i.test(value)) return ' (a text)'
  if (kind === 'text' && ['number', 'bigint', 'boolean'].includes(typeof value)) return ' (quote it)'
  if (kind === 'list' && isQuoted) return ' (a text)'
  return value === null ? ' (leave it out for the default)' : ''
}
