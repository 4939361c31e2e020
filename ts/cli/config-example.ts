/** The configuration file to begin with: every field, explained, with its default. */

import type { Block, Field } from '../config/field.js'
import { FIELDS } from '../config/fields.js'
import { prose } from './text.js'

const HEAD =
  'Configuration of a HyperCache node: every field there is, with its default. Lines that begin with # and ' +
  'a name say what the default is worked out from, or have none: take the # away to set them. A file may ' +
  'leave out whatever is to stay as it is. Environment variables (HYPERCACHE_HTTP_PORT) override the file, ' +
  'and flags override both. "hypercache config check" finds mistakes.'

const LINE_CELLS = 80

/** The file. It loads as it is, and starts one node on loopback. */
export function exampleConfig(): string {
  return [...comment(HEAD, ''), ...linesOf(FIELDS, ''), ''].join('\n')
}

function linesOf({ fields }: Block, indent: string): string[] {
  return Object.entries(fields).flatMap(([name, entry]) => {
    if (entry.kind !== 'block')
      return ['', ...comment(meaningOf(entry), indent), setting(name, entry, indent)]
    const inner = linesOf(entry, `${indent}  `)
    return ['', ...comment(entry.description, indent), `${indent}${name}:`, ...inner.slice(1)]
  })
}

function comment(text: string, indent: string): string[] {
  return prose(text, LINE_CELLS - indent.length - 2).map((line) => `${indent}# ${line}`)
}

function meaningOf({ description, bound, defaultWords }: Field): string {
  return `${description} Allowed: ${bound}.${defaultWords === undefined ? '' : ` Default: ${defaultWords}.`}`
}

function setting(name: string, field: Field, indent: string): string {
  // Without an id of its own, a node that is started again owns other keys.
  const isSet = field.default !== undefined || name === 'node_id'
  return `${indent}${isSet ? '' : '#'}${name}: ${yamlOf(field.default ?? field.example)}`
}

/** A value in YAML. The texts of the table need no quotes. */
function yamlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(', ')}]`
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}
