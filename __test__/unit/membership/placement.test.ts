/** The fingerprint of what places keys. */

import { expect, test } from 'vitest'
import { placementOf } from '../../../dist/membership/placement.js'
import { refused } from '../../helpers/refused'

/** As other builds have it: a release that places keys otherwise is to be refused, and this to fail first. */
test('is the same in every build', () => {
  expect(placementOf('xxhash64', 0n)).toEqual({ hashFunction: 'xxhash64', fingerprint: '73c097a5fafb9ec9' })
  expect(placementOf('sha256', 0n)).toEqual({ hashFunction: 'sha256', fingerprint: 'f122af4d3d8afaad' })
})

test('differs with the function and its seed, and not with who wrote it', () => {
  const tail = (bytes: Uint8Array) => BigInt(bytes.at(-1)!) << 56n
  const all = [
    placementOf('xxhash64', 0n),
    placementOf('xxhash64', 1n),
    placementOf('sha256', 0n),
    placementOf(tail, 0n),
    placementOf((bytes) => tail(bytes) + 1n, 0n),
  ]
  expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(all.length)
  expect(placementOf((bytes) => tail(bytes), 0n)).toEqual(all[3])
  expect(all[3]!.hashFunction).toBe('custom')
})

test('of a function that answers no token is none', () => {
  expect(() => placementOf(() => -1n, 0n)).toThrow(refused('HASH_FUNCTION_FAILED'))
})
