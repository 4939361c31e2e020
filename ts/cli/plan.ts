/** `ring plan`: what a change would move. It is worked out, and never made. */

import type { HashRing } from '../ring/hash-ring.js'
import type { MovementPlan } from '../types.js'
import { type ChangeOptions, changeInWords, changeOf } from './change.js'
import { isDocumented, usageError } from './failure.js'
import type { KeySource } from './key-source.js'
import { type MovementOptions, reportMovement } from './movement-report.js'
import type { Output } from './output.js'

/** What to plan, and how to print it. */
export interface PlanCommandOptions extends ChangeOptions, MovementOptions {
  /** Nodes that are to have each key, to work out the copies for. */
  replicas?: number | undefined
}

/** Prints what a change would move. */
export async function plan(
  ring: HashRing,
  source: KeySource,
  options: PlanCommandOptions,
  output: Output,
): Promise<void> {
  const planned = planOf(ring, options)
  await reportMovement(planned, changeInWords(options), source, options.replicas, options, output)
}

function planOf(ring: HashRing, options: PlanCommandOptions): MovementPlan {
  const change = changeOf(options, ring)
  try {
    return ring.plan(change, { replicas: options.replicas })
  } catch (error) {
    if (!isDocumented(error)) throw error
    // What is left to refuse: ids that no node can have, which only --add can bring, and too many points.
    throw usageError(error.message.startsWith('node id') ? `--add: ${error.message}` : error.message, error)
  }
}
