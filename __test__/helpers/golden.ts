/** Readers of the golden vectors: the format is described in `__test__/golden/README.md`. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { HashRing, type HashFunctionName } from '../../dist/index.js'

const FOLDER = join(__dirname, '../golden')

export interface GoldenRing {
  name: string
  hash: HashFunctionName
  vnodes: number
  nodes: string[]
  weights?: number[]
  points: number
  first_point: string
  last_point: string
  owners_file: string
  keys: number
}

export const goldenJson = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))

export const goldenRings = goldenJson('rings.json') as GoldenRing[]

export const ringNamed = (name: string): HashRing => ringOf(goldenRings.find((ring) => ring.name === name)!)

/** The ring that a description tells of. */
export function ringOf({ hash, vnodes, nodes, weights }: GoldenRing): HashRing {
  return new HashRing({
    nodes: nodes.map((id, index) => ({ id, weight: weights?.[index] })),
    hashFunction: hash,
    virtualNodeCount: vnodes,
  })
}

/** The lines of a CSV file below its header, each split at commas, not yet decoded. */
export function goldenRows(file: string): string[][] {
  const lines = readFileSync(join(FOLDER, file), 'ascii').trimEnd().split('\n')
  return lines.slice(1).map((line) => line.split(','))
}

/** A field as text. */
export const decoded = (field: string): string => JSON.parse(`"${field}"`) as string
