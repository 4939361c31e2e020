/** What a ring file may hold: types and names. Bounds are the ring's to check. */

import type { HashRingOptions, NodeSpec } from '../types.js'

/** Where in a file something is: names and indexes from the top. */
export type Path = readonly (string | number)[]

/** A mistake at a place. */
export class FieldError extends Error {
  readonly path: Path

  constructor(path: Path, message: string) {
    super(message)
    this.path = path
  }
}

type Check<T> = (value: unknown, path: Path) => T
type Checks = Readonly<Record<string, Check<unknown>>>

/** The known names of a ring file, with the option that each becomes. */
export const OPTION_OF_FIELD = {
  nodes: 'nodes',
  virtual_node_count: 'virtualNodeCount',
  hash_function: 'hashFunction',
  hash_seed: 'hashSeed',
  replication_factor: 'replicationFactor',
  routable_statuses: 'routableStatuses',
  zone_aware: 'zoneAware',
} as const satisfies Record<string, keyof HashRingOptions>

const RING_CHECKS: Checks = {
  nodes: listOf(nodeSpec),
  virtual_node_count: number,
  hash_function: text,
  hash_seed: seed,
  replication_factor: number,
  routable_statuses: listOf(text),
  zone_aware: boolean,
}

const NODE_CHECKS: Checks = {
  id: text,
  address: text,
  weight: number,
  zone: text,
  status: text,
  capabilities: listOf(text, 256),
  metadata: metadata,
}

const SEED_MAX = 2n ** 64n - 1n

/** The options in the content of a ring file. @throws FieldError at the first mistake. */
export function optionsOf(content: unknown): HashRingOptions & { nodes: NodeSpec[] } {
  if (content === null || content === undefined)
    throw new FieldError([], 'the file is empty; it must have nodes')
  const fields = checkedFields(content, [], RING_CHECKS)
  if (fields.nodes === undefined) throw new FieldError([], 'nodes is missing; it must be a list')
  const entries = Object.entries(OPTION_OF_FIELD).map(([field, option]) => [option, fields[field]])
  const options = Object.fromEntries(entries) as HashRingOptions & { nodes: NodeSpec[] }
  refuseTwins(options.nodes)
  return options
}

/** A place as people write it: `nodes[2].weight`. */
export function shownPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}

function nodeSpec(value: unknown, path: Path): NodeSpec {
  if (typeof value === 'string') return { id: value }
  if (!isMapping(value)) throw wrongType(path, value, 'an id, or a mapping with an id')
  const fields = checkedFields(value, path, NODE_CHECKS)
  if (fields.id === undefined) throw new FieldError(path, `${shownPath(path)} has no id`)
  return fields as unknown as NodeSpec
}

function refuseTwins(nodes: readonly NodeSpec[]): void {
  const firstIndexes = new Map<string, number>()
  nodes.forEach(({ id }, index) => {
    const first = firstIndexes.get(id)
    if (first === undefined) return firstIndexes.set(id, index)
    const message = `nodes[${index}] has the id ${JSON.stringify(id)}, which nodes[${first}] has already`
    throw new FieldError(['nodes', index], message)
  })
}

function checkedFields(value: unknown, path: Path, checks: Checks): Record<string, unknown> {
  if (!isMapping(value)) throw wrongType(path, value, 'a mapping')
  const fields: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      const where = path.length === 0 ? '' : ` in ${shownPath(path)}`
      const known = Object.keys(checks).join(', ')
      throw new FieldError([...path, name], `unknown key ${shown(name)}${where}; known are ${known}`)
    }
    fields[name] = check(field, [...path, name])
  }
  return fields
}

function listOf<T>(check: Check<T>, countMax = Infinity): Check<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(path, value, 'a list')
    if (value.length > countMax) {
      throw new FieldError(
        path,
        `${shownPath(path)} has ${value.length} entries; at most ${countMax} are allowed`,
      )
    }
    return value.map((item, index) => check(item, [...path, index]))
  }
}

function metadata(value: unknown, path: Path): Record<string, string> {
  if (!isMapping(value)) throw wrongType(path, value, 'a mapping of texts')
  for (const [name, item] of Object.entries(value)) text(item, [...path, name])
  return value as Record<string, string>
}

function text(value: unknown, path: Path): string {
  if (typeof value !== 'string') throw wrongType(path, value, 'a text')
  return value
}

function boolean(value: unknown, path: Path): boolean {
  if (typeof value !== 'boolean') throw wrongType(path, value, 'true or false')
  return value
}

function number(value: unknown, path: Path): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(path, value, 'a number')
  return Number(value)
}

/** A whole number, or its digits as a text: most JSON writers cannot write one above 2^53 as a number. */
function seed(value: unknown, path: Path): bigint {
  const whole = typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : value
  if (typeof whole !== 'bigint' || whole < 0n || whole > SEED_MAX) {
    throw wrongType(path, value, `a whole number from 0 to ${SEED_MAX}`)
  }
  return whole
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrongType(path: Path, value: unknown, wanted: string): FieldError {
  const what = path.length === 0 ? 'the file' : shownPath(path)
  const hint = wanted === 'a text' && isPlain(value) ? ' (quote it)' : ''
  return new FieldError(path, `${what} is ${shown(value)}; it must be ${wanted}${hint}`)
}

function isPlain(value: unknown): value is number | bigint | boolean {
  return ['number', 'bigint', 'boolean'].includes(typeof value)
}

/** A value in a message: short, whatever it is. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping'
  return isPlain(value) ? String(value).slice(0, 64) : typeof value
}
