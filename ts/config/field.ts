/** What a field of a configuration is made of: a rule for its value, a default, and what it means. */

import type { ZodType, z as zod } from 'zod'

import { isWellFormed } from '../checks.js'
import { grouped } from '../errors.js'
import { isAddress, isPeer } from '../addresses.js'
import { type ByPreset, presetWords } from './presets.js'

type Zod = typeof zod

/** What a value must be. */
export interface Rule {
  /** How a value is read and shown. `seed`: 64 bits, as a number or a text of digits; it becomes a bigint. */
  readonly kind: 'number' | 'seed' | 'text' | 'flag' | 'list' | 'map'
  /** The type in TypeScript. */
  readonly type: string
  /** What would do, in words that follow "it must be". */
  readonly bound: string
  /** The check, made when the library is there. */
  readonly schema: (z: Zod) => ZodType
  /** Of a list and a map: what each value must be. */
  readonly item?: Rule
  /** Of a map: what each name must be. */
  readonly name?: Rule
  /** Of a list and a map: how many there may be. */
  readonly counts?: readonly [least: number, most: number]
}

/** What a field means. */
export interface About {
  /** Meaning, unit, formula, trade-off: whole sentences. */
  readonly description: string
  /** What it is where nothing is said; absent for a field that may be absent, or that is worked out. */
  readonly default?: unknown
  /** What the presets make of it; a value that is given wins. */
  readonly byPreset?: ByPreset
  /** The default in words, where it is worked out. */
  readonly defaultWords?: string
  /** A value for the commented-out line of a field that has no fixed default. */
  readonly example?: unknown
  /** Never shown, wherever it comes from. */
  readonly isSecret?: boolean
  /** Values that will be, with what is said of them now. */
  readonly later?: { readonly values: readonly unknown[]; readonly reason: string }
}

/** One field: a leaf of the table. */
export type Field = Rule & About

/** A block of fields. */
export interface Block {
  readonly kind: 'block'
  /** Name of its interface in TypeScript. */
  readonly type: string
  readonly description: string
  /** By their names in YAML, in the order in which they are shown. */
  readonly fields: Readonly<Record<string, Field | Block>>
}

/** Makes a field. */
export function field(rule: Rule, about: About): Field {
  const { byPreset } = about
  if (byPreset === undefined) return { ...rule, ...about }
  return { ...rule, defaultWords: presetWords(byPreset), example: byPreset.lan, ...about }
}

/** Makes a block. */
export function block(type: string, description: string, fields: Block['fields']): Block {
  return { kind: 'block', type, description, fields }
}

/** A whole number, both ends included. */
export function wholeNumber(min: number, max: number): Rule {
  return {
    kind: 'number',
    type: 'number',
    bound: `a whole number from ${grouped(min)} to ${grouped(max)}`,
    schema: (z) => z.int().min(min).max(max),
  }
}

/**
 * A number above `min` (or from it on, with `isIncluded`), at most `max`. `unit` follows the word "number".
 */
export function numberAbove(min: number, max: number, unit = '', isIncluded = false): Rule {
  const most = grouped(max)
  const range = isIncluded ? `from ${min} to ${most}` : `above ${min}, at most ${most}`
  return {
    kind: 'number',
    type: 'number',
    bound: `a number${unit} ${range}`,
    schema: (z) => (isIncluded ? z.number().min(min) : z.number().gt(min)).max(max),
  }
}

/** A time in seconds, at most a day; fractions are allowed. */
export function seconds(least?: number): Rule {
  return numberAbove(least ?? 0, 86_400, ' of seconds', least !== undefined)
}

const SEED_MAX = 2n ** 64n - 1n

/** A whole number of 64 bits: a text of digits where JavaScript has no number for it. */
export function seed64(): Rule {
  return {
    kind: 'seed',
    type: 'bigint',
    bound: `a whole number from 0 to ${SEED_MAX}, as a text of digits where it is above 2^53`,
    schema: (z) =>
      z.union([
        z
          .number()
          .min(0)
          .max(Number(SEED_MAX))
          .multipleOf(1)
          .refine((value) => Number.isSafeInteger(value)),
        // Each check runs, whatever the one before said.
        z
          .string()
          .regex(/^\d{1,20}$/)
          .refine((digits) => /^\d{1,20}$/.test(digits) && BigInt(digits) <= SEED_MAX),
      ]),
  }
}

/** A text of `min` to `max` bytes of UTF-8 without control characters. */
export function text(max = 255, min = 1): Rule {
  const length = min === 0 ? `at most ${grouped(max)}` : `${min} to ${grouped(max)}`
  return {
    kind: 'text',
    type: 'string',
    bound: `a text of ${length} bytes without control characters`,
    schema: (z) => z.string().min(min).max(max).refine(isPlainText(max)),
  }
}

function isPlainText(bytesMax: number): (value: string) => boolean {
  return (value) => isWellFormed(value) && !/\p{Cc}/u.test(value) && Buffer.byteLength(value) <= bytesMax
}

/** A text of which `isGood` says whether it will do. */
function textThat(bound: string, isGood: (value: string) => boolean): Rule {
  return { ...text(), bound, schema: (z) => z.string().min(1).max(255).refine(isGood) }
}

/** An IP address, or the name of a host. */
export function address(): Rule {
  return textThat('an IP address without brackets, or a host name', isAddress)
}

/** Where another node is. */
export function peer(): Rule {
  return textThat('host:port, or [IPv6 address]:port, with a port from 1 to 65,535', isPeer)
}

/** A secret that goes into a header. */
export function bearerToken(): Rule {
  return {
    kind: 'text',
    type: 'string',
    bound: 'a text of 1 to 1,024 printable ASCII characters without spaces',
    schema: (z) => z.string().regex(/^[\x21-\x7e]{1,1024}$/),
  }
}

/** A key of 32 bytes in base64: one text for each key, so that equal keys are equal texts. */
export function keyOf32Bytes(): Rule {
  return {
    kind: 'text',
    type: 'string',
    bound: 'base64 of 32 bytes (44 characters, = at the end), as "npx hypercache keygen" prints',
    schema: (z) => z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/),
  }
}

/** One of some words. */
export function oneOf(...words: [string, ...string[]]): Rule {
  return {
    kind: 'text',
    type: words.map((word) => `'${word}'`).join(' | '),
    bound: words.length === 1 ? words[0] : `one of ${words.join(', ')}`,
    schema: (z) => z.enum(words),
  }
}

/** True or false. */
export function flag(): Rule {
  return { kind: 'flag', type: 'boolean', bound: 'true or false', schema: (z) => z.boolean() }
}

/** False, for now. */
export function onlyFalse(): Rule {
  return { kind: 'flag', type: 'false', bound: 'false', schema: (z) => z.literal(false) }
}

/** A list of values of one kind. `what` they are, in the plural. */
export function listOf(item: Rule, what: string, most: number, least = 0): Rule {
  return {
    kind: 'list',
    type: `readonly ${/^\w+$/.test(item.type) ? item.type : `(${item.type})`}[]`,
    bound: `a list of ${least === 0 ? `at most ${most}` : `${least} to ${most}`} ${what}`,
    schema: (z) => z.array(item.schema(z)).min(least).max(most),
    item,
    counts: [least, most],
  }
}

/** Names with a text each. */
export function textMap(name: Rule, item: Rule, most: number): Rule {
  return {
    kind: 'map',
    type: 'Readonly<Record<string, string>>',
    bound: `a mapping of at most ${most} names to texts`,
    schema: (z) => z.record(name.schema(z) as ReturnType<Zod['string']>, item.schema(z)),
    item,
    name,
    counts: [0, most],
  }
}
