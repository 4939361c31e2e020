/** `ring analyze`: how keys spread over the nodes. */

import { type HashRing, countDistribution } from '../ring/hash-ring.js'
import type { Distribution } from '../types.js'
import { type KeySource, openKeys } from './key-source.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'
import { bar, columns, grouped, percent } from './text.js'

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
  const progress = new Progress(process.stderr, true)
  const counter = countDistribution(ring)
  try {
    for await (const keys of openKeys(source)) {
      counter.add(keys)
      progress.add(keys.offsets.length - 1)
    }
  } finally {
    progress.end()
  }
  const distribution = counter.result()
  output.appendText(
    options.json === true ? `${JSON.stringify(distribution, null, 2)}\n` : report(distribution),
  )
  await output.flush()
}

/** The figures as a table of nodes, and a table of the whole. */
function report({ keyCount, mean, standardDeviation, loadFactor, nodes }: Distribution): string {
  const largest = nodes.reduce((most, node) => Math.max(most, node.keyCount), 0)
  const rows = nodes.map((node) => {
    return [node.id, grouped(node.keyCount), percent(node.keyShare), bar(node.keyCount, largest)]
  })
  const perNode = columns([['node', 'keys', 'share', ''], ...rows], ['left', 'right', 'right', 'left'])
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
