/** Threads that read a ring while another changes it: never a stale answer, and never one of two versions. */

import { resolve } from 'node:path'
import { describe, expect, test, vi } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { runNode } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

interface Figures {
  reads: number
  keys: number
  changes: number
  overlaps: number
  wrong: number
}

async function run(...args: string[]): Promise<{ code: number | string; figures: Figures; stderr: string }> {
  // The long form of the same: npm run test:stale.
  const script = resolve(__dirname, '../../scripts/test-stale.mjs')
  const { code, stdout, stderr } = await runNode([script, ...args])
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) throw new Error(`ended with ${code}\n${stdout}${stderr}`)
  console.log(line)
  return { code, figures: JSON.parse(line) as Figures, stderr }
}

describe('every answer is that of a version current during the call, in whole', () => {
  test.each([
    ['xxhash64', 4e6],
    ['sha256', 1e6],
  ])('with %s, %i reads by two threads', async (hash, reads) => {
    const { code, figures, stderr } = await run('--reads', `${reads}`, '--threads', '2', '--hash', hash)
    expect([code, figures.wrong, stderr]).toEqual([0, 0, ''])
    expect(figures.reads).toBeGreaterThanOrEqual(reads)
    expect(figures.keys).toBeGreaterThan(figures.reads)
    expect(figures.changes).toBeGreaterThan(1_000)
    expect(figures.overlaps).toBeGreaterThan(figures.reads / 2)
  })
})

describe('the check bites', () => {
  test.each([
    ['are kept one read too long', 'late'],
    ['are put together of two looks', 'torn'],
  ])('where answers %s', async (_, broken) => {
    const { code, figures, stderr } = await run('--reads', '5e5', '--threads', '2', '--broken', broken)
    expect(code).toBe(1)
    expect(figures.wrong).toBeGreaterThan(0)
    expect(stderr).toContain('wrong, for example')
  })
})

test('a batch of many parts is of one version, though its hash function changes the ring on the way', () => {
  let hashedCount = 0
  const hashFunction = (bytes: Uint8Array) => {
    hashedCount += 1
    if (hashedCount === 6_000) ring.removeNode('b')
    return BigInt(bytes[0]! & 127) << 57n
  }
  const options = { nodes: ['a', 'b'], virtualNodeCount: 1, lookupCache: 'off', hashFunction } as const
  const ring: HashRing = new HashRing(options)
  hashedCount = 0
  const keys = Array.from({ length: 9_000 }, (_, at) => Buffer.from([at]))
  const answers = ring.getNodeBatch(keys)
  expect(hashedCount).toBe(9_000)
  expect(answers).toHaveLength(9_000)
  expect(new Set(answers)).toEqual(new Set(['a']))
})
