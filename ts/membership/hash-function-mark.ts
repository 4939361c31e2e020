/** What members tell each other of the hash function that places keys: it must be the same at all of them. */

import { createHash } from 'node:crypto'

import { HashRing } from '../ring/hash-ring.js'
import type { HashFunction } from '../types.js'

/**
 * Texts whose tokens tell functions apart: keys and virtual nodes, short and long, beyond ASCII. Another list
 * is another mark, so this one stays.
 */
const SHORT = ['', 'a', 'key:0', 'node1:0', 'node1:255', 'ü:1', '\u0000']
const PROBES = [...SHORT, 'x'.repeat(31), 'x'.repeat(257)]

/** The fingerprints of the functions that there are. A build that hashes otherwise has another one. */
const KNOWN: Readonly<Record<string, string>> = { xxhash64: '1690b737be85', sha256: 'cf77589ba88d' }

/**
 * The name of a function of ours. Of any other one, and of one of ours that hashes otherwise, a fingerprint
 * of the tokens of fixed texts too. The seed is no part of it.
 *
 * @throws ERR_HYPERCACHE_HASH_FUNCTION_FAILED for a function that throws, or answers no token.
 */
export function hashFunctionMark(name: string, own?: HashFunction): string {
  const ring = new HashRing({ hashFunction: own ?? (name as 'xxhash64') })
  try {
    const tokens = PROBES.map((text) => ring.token(text))
    const fingerprint = createHash('sha256').update(tokens.join()).digest('hex').slice(0, 12)
    if (own === undefined && KNOWN[name] === fingerprint) return name
    return `${own === undefined ? name : 'custom'}-${fingerprint}`
  } finally {
    ring.close()
  }
}
