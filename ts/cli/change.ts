/** A change of a ring as the command line gives it: read, checked against the ring, and put in words. */

import { InvalidArgumentError } from 'commander'

import type { HashRing } from '../ring/hash-ring.js'
import { STATUSES } from '../ring/metrics.js'
import type { NodeStatus, PlannedChange, PlannedUpdate } from '../types.js'
import { usageError } from './failure.js'
import { named } from './text.js'

/** A node with a weight: one that comes may go without. */
export interface WeightedNode {
  id: string
  weight?: number | undefined
}

/** A node with a status. */
export interface NodeInStatus {
  id: string
  status: NodeStatus
}

/** What the flags of a change were given, in order. */
export interface ChangeOptions {
  add?: WeightedNode[]
  remove?: string[]
  weight?: WeightedNode[]
  status?: NodeInStatus[]
}

/** Nodes of one kind of change that are named one by one. */
const NAMED_MAX = 3

/**
 * Nodes to add: `id` or `id=weight`, separated by commas. What follows the last `=` is a weight where it
 * begins like a number, and a part of the id where it does not: `cache=east` is an id.
 */
export function addedNodes(value: string, previous: WeightedNode[] = []): WeightedNode[] {
  return [...previous, ...listed(value).map(addedNode)]
}

/** Ids of nodes to remove, separated by commas. */
export function removedNodes(value: string, previous: string[] = []): string[] {
  return [...previous, ...listed(value)]
}

/** Nodes with new weights: `id=weight`, separated by commas; the last `=` counts. */
export function weightedNodes(value: string, previous: WeightedNode[] = []): WeightedNode[] {
  const nodes = listed(value).map((item) => {
    const [id, text] = splitAtLast(item, 'node=weight')
    return { id, weight: weightOf(text) }
  })
  return [...previous, ...nodes]
}

/** Nodes with new statuses: `id=status`, separated by commas; the last `=` counts. */
export function nodesInStatus(value: string, previous: NodeInStatus[] = []): NodeInStatus[] {
  const nodes = listed(value).map((item) => {
    const [id, status] = splitAtLast(item, 'node=status')
    const found = STATUSES.find((known) => known === status)
    if (found !== undefined) return { id, status: found }
    throw refused(`The status is ${JSON.stringify(status)}; it must be one of ${STATUSES.join(', ')}.`)
  })
  return [...previous, ...nodes]
}

/** The change that the flags ask for. @throws CliFailure for none, or one that this ring cannot have. */
export function changeOf(options: ChangeOptions, ring: HashRing): PlannedChange {
  const { add = [], remove = [], weight = [], status = [] } = options
  const parts = { add, remove: remove.map((id) => ({ id })), weight, status }
  const flagsOf = new Map<string, string[]>()
  for (const [flag, nodes] of Object.entries(parts)) {
    for (const { id } of nodes) flagsOf.set(id, [...(flagsOf.get(id) ?? []), `--${flag}`])
  }
  if (flagsOf.size === 0)
    throw usageError('the change is missing: give --add, --remove, --weight or --status')
  for (const [id, flags] of flagsOf) checkNode(id, flags, ring)
  const updates = new Map<string, PlannedUpdate>()
  for (const node of [...weight, ...status]) updates.set(node.id, { ...updates.get(node.id), ...node })
  return { add, remove, update: [...updates.values()] }
}

/** Checks one node of a change. The flags are all that name it. */
function checkNode(id: string, flags: readonly string[], ring: HashRing): void {
  const name = JSON.stringify(id)
  const twice = flags.find((flag, index) => flags.indexOf(flag) < index)
  if (twice !== undefined) throw usageError(`${twice}: the node ${name} is given twice`)
  // A new weight and a new status are one change of the node; all else contradicts itself.
  if (flags.length > 1 && flags.join(' ') !== '--weight --status')
    throw usageError(`the node ${name} is given with ${enumerated(flags)}: give one`)
  const isThere = ring.hasNode(id)
  if (flags[0] !== '--add' && !isThere) throw usageError(`${flags[0]}: the node ${name} is not in the ring`)
  if (flags[0] === '--add' && isThere)
    throw usageError(`--add: the node ${name} is in the ring already; --weight and --status change it`)
}

/** The change as the beginning of a sentence: `Adding node4 and removing node1`. */
export function changeInWords({ add = [], remove = [], weight = [], status = [] }: ChangeOptions): string {
  const added = add.map((node) => {
    return node.weight === undefined ? named(node.id) : `${named(node.id)} with weight ${node.weight}`
  })
  const text = enumerated([
    ...phrase('adding', added),
    ...phrase('removing', remove.map(named)),
    ...phrase(
      'changing the weight of',
      weight.map((node) => `${named(node.id)} to ${node.weight}`),
    ),
    ...phrase(
      'changing the status of',
      status.map((node) => `${named(node.id)} to ${node.status}`),
    ),
  ])
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function phrase(verb: string, nodes: readonly string[]): string[] {
  if (nodes.length === 0) return []
  return [`${verb} ${nodes.length > NAMED_MAX ? `${nodes.length} nodes` : enumerated(nodes)}`]
}

/** `a`, `a and b`, `a, b and c`. */
function enumerated(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join('')
  return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

function listed(value: string): string[] {
  const items = value.split(',')
  if (items.includes('')) throw refused('An id is empty.')
  const spaced = items.find((item) => item !== item.trim())
  if (spaced === undefined) return items
  throw refused(`${JSON.stringify(spaced)} begins or ends with a space.`)
}

function addedNode(item: string): WeightedNode {
  const at = item.lastIndexOf('=')
  const text = item.slice(at + 1)
  // Anything that may be a mistyped weight is none of an id: a plan for a node `node4=1O` helps nobody.
  if (at < 0 || !/^$|^[-+.]*\d|^[-+]|^(nan|infinity)$/i.test(text)) return { id: item }
  const [id] = splitAtLast(item, 'node=weight')
  try {
    return { id, weight: weightOf(text) }
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw refused(`${error.message} An id that ends like this comes with its weight: ${item}=1.`)
  }
}

function splitAtLast(item: string, form: string): [id: string, text: string] {
  const at = item.lastIndexOf('=')
  if (at > 0) return [item.slice(0, at), item.slice(at + 1)]
  throw refused(`${JSON.stringify(item)} must have the form ${form}.`)
}

/** Only what people write as a number: `Number` takes an empty text and hexadecimal digits too. */
function weightOf(text: string): number {
  const weight = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN
  if (weight > 0 && weight < Infinity) return weight
  throw refused(`The weight is ${JSON.stringify(text)}; it must be a number above 0.`)
}

function refused(message: string): InvalidArgumentError {
  return new InvalidArgumentError(message)
}
