import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

import type * as Package from '../../../dist/index.js'
import type * as Native from '../../../dist/native.js'
import { refused } from '../../helpers/refused'

// As programs load it: then the rings share the functions that are replaced.
const load = createRequire(__filename)
const { calls } = load('../../../dist/native.js') as typeof Native

/** Reason and place of `crates/hypercache_napi`: `ts/native.ts` has them as enums, which are gone here. */
const [PANIC, MARK] = [-7, 3]

const panics = () => void (calls.mailbox[MARK] = PANIC)
for (const name of [
  'owner',
  'ownerOfBytes',
  'replicas',
  'ownerBounded',
  'ownersOfJoined',
  'ownersOfPacked',
] as const)
  calls[name] = panics
const { HashRing } = load('../../../dist/index.js') as typeof Package

test('a panic in native code is told as a defect, by every lookup', () => {
  const ring = new HashRing({ nodes: ['node1'] })
  const packed = { bytes: Buffer.from('ab'), offsets: Uint32Array.of(0, 1, 2) }
  const lookups = [
    () => ring.getNode('a'),
    () => ring.getNode(Buffer.from('a')),
    () => ring.getReplicas('a', 2),
    () => ring.getNodeBounded('a'),
    () => ring.getNodeBatch(['a', 'b']),
    () => ring.getNodeBatchPacked(packed),
  ]
  const message = expect.stringMatching(/a defect of .*: a lookup panicked in native code/) as unknown
  for (const lookup of lookups) expect(lookup).toThrow(refused('INTERNAL', { message }))
})
