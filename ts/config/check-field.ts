/** One field against its rule: every part of it that will not do. */

import type { z as Zod, ZodType } from 'zod'

import type { Rule } from './field.js'
import type { Path } from './yaml-text.js'

/** A part of a value that will not do. */
export interface Issue {
  /** Where in the value: empty for the whole. */
  readonly at: Path
  readonly value: unknown
  readonly rule: Pick<Rule, 'bound' | 'kind'>
}

/** The library, at first use: who only places keys need not load it. */
export function zod(): typeof Zod {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at once
  return (require('zod') as { z: typeof Zod }).z
}

/** Checks are made once. */
const schemas = new WeakMap<Rule, ZodType>()

/** The value as the configuration holds it, frozen; adds what is wrong with it to `issues`. */
export function checkedValue(rule: Rule, value: unknown, issues: Issue[], at: Path = []): unknown {
  try {
    if (rule.kind === 'list') return checkedList(rule, value, issues, at)
    if (rule.kind === 'map') return checkedMap(rule, value, issues, at)
    return checkedScalar(rule, value, issues, at)
  } catch {
    // A getter or a proxy of the caller's that throws: there is no value.
    issues.push({ at, value: undefined, rule })
    return undefined
  }
}

function checkedScalar(rule: Rule, value: unknown, issues: Issue[], at: Path): unknown {
  const plain = typeof value === 'bigint' ? withoutBigint(rule, value) : value
  // Objects are never handed on: they may be anything.
  const isPrimitive = value !== null && !['object', 'function', 'symbol', 'undefined'].includes(typeof value)
  if (isPrimitive && schemaOf(rule).safeParse(plain).success)
    return rule.kind === 'seed' ? BigInt(plain as number | string) : plain
  issues.push({ at, value, rule })
  return undefined
}

/** Whole numbers of a text are bigints; those of a seed may be beyond what a number holds. */
function withoutBigint(rule: Rule, value: bigint): unknown {
  if (rule.kind === 'seed') return value < 0n ? Number(value) : String(value)
  return rule.kind === 'number' ? Number(value) : value
}

function checkedList(rule: Rule, value: unknown, issues: Issue[], at: Path): unknown {
  const [least, most] = rule.counts!
  const count = Array.isArray(value) ? value.length : -1
  if (count < least || count > most) {
    issues.push({ at, value, rule })
    return undefined
  }
  // By index: holes are found, and no iterator of the caller's runs.
  const items = Array.from({ length: count }, (_, index) => {
    return checkedValue(rule.item!, (value as unknown[])[index], issues, [...at, index])
  })
  return Object.freeze(items)
}

function checkedMap(rule: Rule, value: unknown, issues: Issue[], at: Path): unknown {
  const names = isMapping(value) ? Object.keys(value) : undefined
  if (names === undefined || names.length > rule.counts![1]) {
    issues.push({ at, value, rule })
    return undefined
  }
  const entries = names.map((name) => {
    const inner = [...at, name]
    const found: Issue[] = []
    checkedValue(rule.name!, name, found, inner)
    if (found.length > 0) {
      issues.push({ ...found[0]!, rule: { kind: 'map', bound: `a name that is ${rule.name!.bound}` } })
    }
    return [name, checkedValue(rule.item!, (value as Record<string, unknown>)[name], issues, inner)]
  })
  return Object.freeze(Object.fromEntries(entries))
}

function schemaOf(rule: Rule): ZodType {
  let schema = schemas.get(rule)
  if (schema === undefined) {
    schema = rule.schema(zod())
    schemas.set(rule, schema)
  }
  return schema
}

/** Whether a value is an object of named values, and no instance of a class. @throws what a proxy throws. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of another realm too, whose Object is another one.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
