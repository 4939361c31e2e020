/** The fields in a file or an object: known names, right nesting, good values. */

import { grouped } from '../errors.js'
import { isMapping } from './check-field.js'
import type { Block } from './field.js'
import { FIELDS } from './fields.js'
import { leafAt, suggestionFor } from './leaves.js'
import { camelOf } from './names.js'
import { type Problems, pathText } from './problems.js'
import { type Settings, keep } from './settings.js'
import type { Place } from './text-file.js'
import type { Path, YamlText } from './yaml-text.js'

/** Most unknown names of one block that are told one by one. */
const UNKNOWN_MAX = 100

/** Reads a file that has been parsed. Names are those of YAML. */
export function readText(text: YamlText, problems: Problems): Settings {
  const reader = new FieldReader('file', problems, text)
  // An empty file is a file of defaults.
  if (text.content !== null && text.content !== undefined) reader.readBlock(text.content, FIELDS, [], '')
  return reader.settings
}

/** Reads an object. Names are those of YAML, or those of TypeScript. */
export function readObject(value: unknown, problems: Problems): Settings {
  const reader = new FieldReader('value', problems)
  reader.readBlock(value, FIELDS, [], '')
  return reader.settings
}

class FieldReader {
  readonly settings: Settings = new Map()
  readonly #origin: 'file' | 'value'
  readonly #problems: Problems
  readonly #text: YamlText | undefined

  constructor(origin: 'file' | 'value', problems: Problems, text?: YamlText) {
    this.#origin = origin
    this.#problems = problems
    this.#text = text
  }

  /** Reads one block. `path` is as it is spelled, `known` as the table has it. */
  readBlock(value: unknown, block: Block, path: Path, known: string): void {
    const fields = this.#fieldsOf(value, block, path)
    if (fields === undefined) return
    const namesByKnown = new Map<string, string>()
    let unknownCount = 0
    for (const name of Object.keys(fields)) {
      const knownName = this.#knownName(name, block)
      if (knownName === undefined) {
        unknownCount += 1
        if (unknownCount <= UNKNOWN_MAX) this.#addUnknown(name, block, path, known)
        continue
      }
      const twin = namesByKnown.get(knownName)
      if (twin !== undefined) this.#addTwin(twin, name, path)
      namesByKnown.set(knownName, name)
      this.#readEntry(fields, name, block.fields[knownName]!, [...path, name], joined(known, knownName))
    }
    if (unknownCount > UNKNOWN_MAX) this.#addUncounted(unknownCount - UNKNOWN_MAX, block, path)
  }

  #readEntry(
    fields: Record<string, unknown>,
    name: string,
    entry: Block['fields'][string],
    path: Path,
    known: string,
  ): void {
    let value: unknown
    try {
      value = fields[name]
    } catch {
      const bound = entry.kind === 'block' ? blockBound(entry) : entry.bound
      this.#add(path, `${pathText(path)} cannot be read: its getter throws; it must be ${bound}`, bound)
      return
    }
    // Absent, as TypeScript has it.
    if (value === undefined) return
    if (entry.kind !== 'block') {
      const found = { leaf: leafAt(known)!, value, path, origin: this.#origin, placeOf: this.#placeOfValue }
      keep(found, this.settings, this.#problems)
      return
    }
    // A block whose lines are all commented out.
    if (value === null && this.#text?.isBlank(path) === true) return
    this.readBlock(value, entry, path, known)
  }

  /** The fields of a block, or nothing, and a problem, where it is none. Its value may hold a secret. */
  #fieldsOf(value: unknown, block: Block, path: Path): Record<string, unknown> | undefined {
    try {
      if (isMapping(value)) {
        Object.keys(value)
        return value
      }
    } catch {
      // A proxy that throws is no mapping.
    }
    const bound = blockBound(block)
    const what = path.length === 0 ? 'the configuration' : pathText(path)
    this.#add(path, `${what} is ${kindOf(value)}; it must be ${bound}`, bound, this.#placeOfValue(path))
    return undefined
  }

  #knownName(name: string, { fields }: Block): string | undefined {
    if (Object.hasOwn(fields, name)) return name
    // A file has one spelling, that of its schema.
    if (this.#origin === 'file') return undefined
    return Object.keys(fields).find((known) => camelOf(known) === name)
  }

  #addUnknown(name: string, block: Block, path: Path, known: string): void {
    const isCamel = this.#origin === 'value' && !name.includes('_')
    const siblings = Object.keys(block.fields)
    const meant = suggestionFor(name, known, siblings)
    const spelled = meant !== undefined && isCamel ? camelOf(meant) : meant
    const names = siblings.map((sibling) => (isCamel ? camelOf(sibling) : sibling)).join(', ')
    const bound = `one of ${names}`
    const advice = spelled === undefined ? `known are ${names}` : `did you mean ${spelled}?`
    const at = [...path, name]
    this.#add(at, `${pathText(at)} is not a known field; ${advice}`, bound, this.#text?.placeOfKey(at))
  }

  #addUncounted(count: number, block: Block, path: Path): void {
    const where = path.length === 0 ? 'the configuration' : pathText(path)
    const message = `${where} has ${grouped(count)} more names that are not known`
    const bound = `one of ${Object.keys(block.fields).join(', ')}`
    this.#add(path, message, bound, this.#text?.placeOfKey(path))
  }

  #addTwin(one: string, other: string, path: Path): void {
    const at = [...path, other]
    const message = `${pathText(at)} is the same field as ${pathText([...path, one])}; give one of them`
    this.#add(at, message, 'given once')
  }

  #add(path: Path, message: string, bound: string, place?: Place): void {
    this.#problems.add({ path: pathText(path), message, bound, origin: this.#origin, place })
  }

  readonly #placeOfValue = (path: Path): Place | undefined => this.#text?.placeOfValue(path)
}

function joined(known: string, name: string): string {
  return known === '' ? name : `${known}.${name}`
}

function blockBound({ fields }: Block): string {
  return `a mapping with any of ${Object.keys(fields).join(', ')}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (typeof value !== 'object')
    return `a ${{ string: 'text', bigint: 'number' }[typeof value as string] ?? typeof value}`
  try {
    return Array.isArray(value) ? 'a list' : 'no plain object'
  } catch {
    return 'a revoked proxy'
  }
}
