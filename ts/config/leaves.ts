/** Paths of the fields, environment variables, and what a misspelt name may mean. */

import type * as Levenshtein from 'fastest-levenshtein'

import type { Block, Field } from './field.js'
import { FIELDS } from './fields.js'
import { camelOf, snakeOf } from './names.js'

/** A field with its place in the table. */
export interface Leaf {
  /** Names in YAML, joined by dots: `cluster.hash_ring.hash_seed`. */
  readonly path: string
  /** The same in TypeScript: `['cluster', 'hashRing', 'hashSeed']`. */
  readonly camelNames: readonly string[]
  /** The variable that sets it: `HYPERCACHE_CLUSTER_HASH_RING_HASH_SEED`. */
  readonly variable: string
  readonly field: Field
}

/** What names of environment variables begin with. */
export const VARIABLE_PREFIX = 'HYPERCACHE_'

/** Every field, in the order of the table. */
export const LEAVES: readonly Leaf[] = leavesOf(FIELDS, [])

const LEAF_BY_PATH = new Map(LEAVES.map((leaf) => [leaf.path, leaf]))

/** The field at a path, in any spelling. */
export function leafAt(path: string): Leaf | undefined {
  return LEAF_BY_PATH.get(path) ?? LEAF_BY_PATH.get(path.split('.').map(snakeOf).join('.'))
}

function leavesOf({ fields }: Block, names: readonly string[]): Leaf[] {
  return Object.entries(fields).flatMap(([name, entry]) => {
    const path = [...names, name]
    if (entry.kind === 'block') return leavesOf(entry, path)
    const variable = VARIABLE_PREFIX + path.join('_').toUpperCase()
    return [{ path: path.join('.'), camelNames: path.map(camelOf), variable, field: entry }]
  })
}

/** Longer names are no slips of the finger, and cost time to compare. */
const NAME_LENGTH_MAX = 64

/**
 * What a name that is not in a block may mean: a name of the block, or the path of a field elsewhere
 * (several, joined by `or`). `blockPath` is empty for the top.
 */
export function suggestionFor(
  name: string,
  blockPath: string,
  siblings: readonly string[],
): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined
  const wanted = snakeOf(name)
  if (siblings.includes(wanted)) return wanted
  const meant = elsewhere(wanted, blockPath) ?? nearest(wanted, siblings)
  return meant ?? siblings.find((known) => hasWord(known, wanted))
}

/** The field at a path that is not there, or the one that was most likely meant. */
export function suggestionForPath(path: string): string | undefined {
  if (path.length > NAME_LENGTH_MAX) return undefined
  const wanted = path.split('.').map(snakeOf).join('.')
  const inner = LEAVES.find((leaf) => wanted.startsWith(`${leaf.path}.`))
  if (inner !== undefined) return inner.path
  const name = wanted.slice(wanted.lastIndexOf('.') + 1)
  return elsewhere(name, '') ?? nearest(wanted, [...LEAF_BY_PATH.keys()])
}

/** What Kubernetes puts into every container beside a service that is named like the prefix. */
const SERVICE_VARIABLE = /_SERVICE_(HOST|PORT(_.+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_.+)?$/

/**
 * The variable that was most likely meant (several, joined by `or`). None for one of Kubernetes, which nobody
 * wrote.
 */
export function suggestionForVariable(variable: string): string | undefined {
  if (variable.length > NAME_LENGTH_MAX || SERVICE_VARIABLE.test(variable)) return undefined
  const name = variable.slice(VARIABLE_PREFIX.length)
  const shortened = LEAVES.filter(({ path }) => path.toUpperCase().split('.').slice(1).join('_') === name)
  const inner = LEAVES.filter(({ path }) => path.toUpperCase().endsWith(`.${name}`))
  const found = shortened.length > 0 ? shortened : inner
  if (found.length > 0) return found.map((leaf) => leaf.variable).join(' or ')
  return nearest(
    variable,
    LEAVES.map((leaf) => leaf.variable),
  )
}

/** The paths of the fields and blocks of that very name. */
function elsewhere(name: string, blockPath: string): string | undefined {
  const paths = LEAVES.flatMap(({ path }) => {
    const at = path.split('.').lastIndexOf(name)
    return at < 1
      ? []
      : path
          .split('.')
          .slice(0, at + 1)
          .join('.')
  })
  const others = [...new Set(paths)].filter((path) => path.slice(0, path.lastIndexOf('.')) !== blockPath)
  return others.length === 0 ? undefined : others.join(' or ')
}

/** The name that differs least, if it does not differ in most letters. */
function nearest(name: string, names: readonly string[]): string | undefined {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at once
  const { distance } = require('fastest-levenshtein') as typeof Levenshtein
  let found: string | undefined
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1
  for (const known of names) {
    // Two letters in the wrong order are one slip.
    const far = isSwapped(name, known) ? 1 : distance(name, known)
    if (far >= least) continue
    least = far
    found = known
  }
  return found
}

/** Whether two neighbouring letters, changed over, make one name of the other. */
function isSwapped(one: string, other: string): boolean {
  const at = [...one].findIndex((letter, index) => letter !== other[index])
  return at >= 0 && one.slice(0, at) + (one[at + 1] ?? '') + one[at] + one.slice(at + 2) === other
}

function hasWord(name: string, word: string): boolean {
  return `_${name}_`.includes(`_${word}_`)
}
