/** `ring diff`: what moves from one ring to another. */

import { HashRing } from '../ring/hash-ring.js'
import type { Movement } from '../types.js'
import { codeOf } from '../system-reason.js'
import { usageError } from './failure.js'
import { type MovementOptions, reportMovement } from './movement-report.js'
import type { Output } from './output.js'
import { readRing } from './ring-file.js'
import { named } from './text.js'

/** What to look at, and how to print it. */
export interface DiffOptions extends MovementOptions {
  /** File of keys, `-` for standard input. */
  keys?: string | undefined
  /** Nodes that are to have each key, to work out the copies for. */
  replicas?: number | undefined
}

/** Prints what moves from the ring of one file to that of another. */
export async function diff(
  before: string,
  after: string,
  options: DiffOptions,
  output: Output,
): Promise<void> {
  const movement = movementOf(before, after, options)
  const title = `Going from ${named(before)} to ${named(after)}`
  const source = { keys: [], file: options.keys }
  await reportMovement(movement, title, source, options.replicas, options, output)
}

function movementOf(before: string, after: string, { replicas }: DiffOptions): Movement {
  const rings = [readRing(before), readRing(after)] as const
  try {
    return HashRing.diff(...rings, { replicas })
  } catch (error) {
    if (codeOf(error) !== 'ERR_HYPERCACHE_DIFFERENT_HASH') throw error
    throw usageError(`cannot compare ${before} with ${after}: ${(error as Error).message}`, error)
  }
}
