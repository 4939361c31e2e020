/** The ring that a command works on: from ids on the command line, or from a file. */

import { HashRing } from '../ring/hash-ring.js'
import type { HashFunctionName } from '../types.js'
import { isDocumented, usageError } from './failure.js'
import { readRing } from './ring-file.js'

/** Options that every command on a ring takes. */
export interface RingSourceOptions {
  nodes?: string[]
  ring?: string
  virtualNodes?: number
  hash?: HashFunctionName
}

/** Makes the ring. @throws CliFailure for wrong usage, or nodes or a file that no ring can be made of. */
export function openRing(options: RingSourceOptions): HashRing {
  const { nodes, ring, virtualNodes, hash } = options
  if (ring !== undefined) return readRing(ring)
  if (nodes === undefined) throw usageError('the nodes are missing: give --nodes or --ring')
  if (nodes.includes('')) {
    throw usageError('--nodes has an empty id: a comma too many, or a space after one; write --nodes a,b,c')
  }
  const spaced = nodes.find((id) => id !== id.trim())
  if (spaced !== undefined) {
    throw usageError(`the node id ${JSON.stringify(spaced)} begins or ends with a space; write --nodes a,b,c`)
  }
  const twice = nodes.find((id, index) => nodes.indexOf(id) < index)
  if (twice !== undefined) throw usageError(`the node ${JSON.stringify(twice)} is given twice`)
  try {
    return new HashRing({ nodes, virtualNodeCount: virtualNodes, hashFunction: hash })
  } catch (error) {
    if (!isDocumented(error)) throw error
    throw usageError(error.message, error)
  }
}
