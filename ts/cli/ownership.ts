/** `ring ownership`: which part of all keys each node has. */

import type { HashRing } from '../ring/hash-ring.js'
import type { NodeOwnership } from '../types.js'
import { asJson } from '../json.js'
import type { Output } from './output.js'
import { charts, glossary, percent } from './text.js'

/** How to print. */
export interface OwnershipOptions {
  json?: boolean | undefined
}

/** Prints the share of each node. */
export async function ownership(ring: HashRing, options: OwnershipOptions, output: Output): Promise<void> {
  const { version, checksum } = ring
  const { loadFactor } = ring.getMetrics()
  const nodes = ring.ownership()
  output.appendText(
    options.json === true
      ? asJson({ version, checksum, loadFactor, ownership: nodes })
      : report(nodes, loadFactor, output.lineCells),
  )
  await output.flush()
}

/** A table of nodes, with the words that it uses below. */
function report(nodes: readonly NodeOwnership[], loadFactor: number, lineCells: number): string {
  const hasHomes = nodes.some(({ arc, homeArc }) => arc !== homeArc)
  const largest = nodes.reduce((most, { share }) => Math.max(most, share), 0)
  const rows = nodes.map(({ id, arc, share, fairShare, homeArc }) => [
    id,
    percent(share),
    percent(fairShare),
    ...(hasHomes ? [percent(Number(homeArc) / 2 ** 64)] : []),
    arc.toString(),
    { value: share, largest },
  ])
  const header = ['node', 'share', 'fair share', ...(hasHomes ? ['home share'] : []), 'arc', '']
  const sides = header.map((name) => (name === 'node' || name === '' ? 'left' : 'right'))
  const words = [
    ['share', 'the part of all keys that the node answers for'],
    ['fair share', 'the part that its weight asks for'],
    ...(hasHomes ? [['home share', 'the part that it would have, if all nodes were well']] : []),
    ['arc', 'the share as a number of tokens (hashes of keys), of 2^64'],
    ['load factor', `${loadFactor.toFixed(3)}: largest ÷ mean share; 1 = all equal`],
  ]
  const table = charts([header, ...rows], sides, lineCells)
  return [...table, '', ...glossary(words, lineCells), ''].join('\n')
}
