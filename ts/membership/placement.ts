/** A fingerprint of what places keys: what all members of a cluster must have alike, and cannot see. */

import { createHash } from 'node:crypto'

import { HashRing } from '../ring/hash-ring.js'
import type { HashFunction, HashFunctionName } from '../types.js'
import type { Placement } from './distributed-membership.js'

/** Texts that make the fingerprint, as keys and as ids of nodes. Others would make another one. */
const PROBE_TEXTS = ['a', 'node1', 'user:1000', '10.0.0.1:7946', 'schlüssel', '鍵', '🔑', 'x'.repeat(100)]
/** Virtual nodes of each. */
const PROBE_POINTS = 2

/**
 * What places keys by a hash function. Of a secret seed the fingerprint tells no more than its trace does.
 *
 * @throws ERR_HYPERCACHE_HASH_FUNCTION_FAILED where a function of somebody's own does not answer tokens.
 */
export function placementOf(hashFunction: HashFunctionName | HashFunction, hashSeed: bigint): Placement {
  const ring = new HashRing({ hashFunction, hashSeed, virtualNodeCount: PROBE_POINTS, nodes: PROBE_TEXTS })
  const points = ring.points().map(({ node, virtualNode, token }) => `${node}:${virtualNode} ${token}`)
  const keys = PROBE_TEXTS.map((text) => `${text} ${ring.token(text)}`)
  ring.close()
  const told = [...points.sort(), ...keys].join('\n')
  return {
    hashFunction: typeof hashFunction === 'string' ? hashFunction : 'custom',
    fingerprint: createHash('sha256').update(told).digest('hex').slice(0, 16),
  }
}
