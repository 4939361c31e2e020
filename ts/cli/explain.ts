/** `ring explain`: why a key is where it is. */

import type { HashRing } from '../ring/hash-ring.js'
import type { ExplainedNode, Explanation, SkippedNode } from '../types.js'
import { asJson } from '../json.js'
import type { Output } from './output.js'
import { columns, quoted } from './text.js'

/** How to print. */
export interface ExplainOptions {
  /** Replicas to find; the ring's replication factor where absent. */
  replicas?: number | undefined
  json?: boolean | undefined
}

/** Prints the way from a key to its nodes. */
export async function explain(
  ring: HashRing,
  key: string,
  options: ExplainOptions,
  output: Output,
): Promise<void> {
  const explanation = ring.explain(key, options.replicas)
  output.appendText(options.json === true ? asJson({ key, ...explanation }) : asText(key, explanation))
  await output.flush()
}

function asText(key: string, { token, point, owner, home, replicas, skipped }: Explanation): string {
  const wraps = point.token < token ? ', past the end of the ring and around to its beginning' : ''
  const pointText = `${point.node}:${point.virtualNode}`
  const facts = [
    ['key', quoted(key)],
    ['token', shownToken(token)],
    ['decided by', `${shownToken(point.token)}${wraps}`],
    ['', `virtual node ${point.virtualNode} of ${point.node}, the hash of ${quoted(pointText)}`],
    ['owner', owner],
  ]
  if (home !== owner) facts.push(['home', `${home}, which would answer if all nodes were well`])
  const lines = [...columns(facts, ['left', 'left']), '', 'replicas', ...replicaLines(replicas)]
  if (skipped.length > 0) lines.push('', 'skipped', ...skippedLines(skipped))
  return `${lines.join('\n')}\n`
}

function replicaLines(replicas: readonly ExplainedNode[]): string[] {
  const hasZones = replicas.some(({ zone }) => zone !== undefined)
  const rows = replicas.map((node, index) => [
    `  ${index + 1}`,
    node.id,
    ...(hasZones ? [zoneOf(node)] : []),
    node.status,
    `${hex(node.token)}, virtual node ${node.virtualNode}`,
  ])
  return columns(rows, ['right', ...rows[0]!.slice(1).map(() => 'left' as const)])
}

function skippedLines(skipped: readonly SkippedNode[]): string[] {
  const rows = skipped.map((node) => [
    `  ${node.id}`,
    hex(node.token),
    `virtual node ${node.virtualNode}`,
    whySkipped(node),
  ])
  return columns(rows, ['left', 'left', 'left', 'left'])
}

function whySkipped(node: SkippedNode): string {
  if (node.reason === 'status') return `its status, ${node.status}, may not answer`
  return node.zone === undefined
    ? 'its zone has a replica already'
    : `its zone, ${node.zone}, has a replica already`
}

function zoneOf({ zone }: ExplainedNode): string {
  return zone === undefined ? 'no zone' : `zone ${zone}`
}

function hex(token: bigint): string {
  return `0x${token.toString(16).padStart(16, '0')}`
}

function shownToken(token: bigint): string {
  return `${hex(token)} (${token})`
}
