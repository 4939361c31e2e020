/** `ring analyze`: how keys spread over the nodes. */

import { type HashRing, countDistribution } from '../ring/hash-ring.js'
import type { Distribution } from '../types.js'
import { asJson } from '../json.js'
import { type KeySource, countKeys } from './key-source.js'
import type { Output } from './output.js'
import { charts, columns, grouped, percent } from './text.js'

/** How to print. */
export interface AnalyzeOptions {
  json?: boolean | undefined
}

/** Counts keys by node and prints the figures. Holds no keys. */
export async function analyze(
  ring: HashRing,
  source: KeySource,
  options: AnalyzeOptions,
  output: Output,
): Promise<void> {
  const counter = countDistribution(ring)
  await countKeys(counter, source)
  const distribution = counter.result()
  output.appendText(options.json === true ? asJson(distribution) : report(distribution, output.lineCells))
  await output.flush()
}

/** The figures as a table of nodes, and a table of the whole. */
function report(distribution: Distribution, lineCells: number): string {
  const { keyCount, mean, standardDeviation, loadFactor, nodes } = distribution
  const largest = nodes.reduce((most, node) => Math.max(most, node.keyCount), 0)
  const rows = nodes.map((node) => {
    const bar = { value: node.keyCount, largest }
    return [node.id, grouped(node.keyCount), percent(node.keyShare), bar]
  })
  const header = ['node', 'keys', 'share', '']
  const perNode = charts([header, ...rows], ['left', 'right', 'right', 'left'], lineCells)
  const inAll = columns(
    [
      ['keys', grouped(keyCount)],
      ['mean', grouped(mean)],
      ['standard deviation', grouped(standardDeviation)],
      ['load factor', grouped(loadFactor)],
    ],
    ['left', 'left'],
  )
  return [...perNode, '', ...inAll, ''].join('\n')
}
