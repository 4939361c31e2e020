/** Packed keys whose arrays lie, overlap, vanish or change meanwhile. */

import { once } from 'node:events'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { describe, expect, test } from 'vitest'

import { HashRing, type HyperCacheError, type PackedKeys } from '../../dist/index.js'

const IDS = ['a', 'b', 'c', 'd', 'e']
const ring = new HashRing({ nodes: IDS })
const BYTES = Buffer.from('onetwothree')
const OFFSETS = [0, 3, 6, 11]
const OWNERS = ['one', 'two', 'three'].map((key) => ring.getNode(key))

const foreign = <T>(code: string) => runInNewContext(code) as T
const ownersOf = (bytes: unknown, offsets: unknown) => {
  const { slots, names } = ring.getNodeBatchPacked({ bytes, offsets } as PackedKeys)
  return Array.from(slots, (slot) => names[slot])
}
const codeOf = (call: () => unknown) => {
  try {
    return call()
  } catch (error) {
    return (error as HyperCacheError).code ?? `no code: ${String(error)}`
  }
}

/** A copy of integers in shared memory. */
function shared<T extends Uint8Array | Uint32Array | Int32Array>(array: T, buffer?: SharedArrayBuffer): T {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => T
  const copy = new Type(buffer ?? new SharedArrayBuffer(array.byteLength))
  copy.set(array)
  return copy
}

describe('packed keys', () => {
  test('in shared memory, in parts of buffers, and in one buffer with their offsets', () => {
    expect(ownersOf(BYTES, Uint32Array.from(OFFSETS))).toEqual(OWNERS)
    expect(ownersOf(shared(Uint8Array.from(BYTES)), shared(Int32Array.from(OFFSETS)))).toEqual(OWNERS)
    const both = new ArrayBuffer(64)
    const offsets = new Uint32Array(both, 8, 4)
    offsets.set(OFFSETS)
    const bytes = new Uint8Array(both, 24, BYTES.length)
    bytes.set(BYTES)
    expect(ownersOf(bytes, offsets)).toEqual(OWNERS)
    // The offsets are themselves the keys.
    const overlapping = new Uint8Array(both, 8, 16)
    const keys = [0, 1, 2].map((at) => overlapping.subarray(OFFSETS[at], OFFSETS[at + 1]))
    expect(ownersOf(overlapping, offsets)).toEqual(keys.map((key) => ring.getNode(key)))
  })

  test('the answer does not share memory with the next answer', () => {
    const keys = { bytes: BYTES, offsets: Uint32Array.from(OFFSETS) }
    const first = ring.getNodeBatchPacked(keys)
    first.slots.fill(-7)
    first.names.fill('spoilt')
    expect(ownersOf(BYTES, Uint32Array.from(OFFSETS))).toEqual(OWNERS)
    expect(ring.getNode('one')).toBe(OWNERS[0])
  })

  test('of another realm, as code in a test runner makes them', () => {
    expect(ownersOf(foreign('new Uint8Array([111, 110, 101])'), Uint32Array.of(0, 3))).toEqual([OWNERS[0]])
    for (const type of ['Uint32Array', 'Int32Array']) {
      expect(ownersOf(BYTES, foreign(`new ${type}([0, 3, 6, 11])`))).toEqual(OWNERS)
    }
    const theirs = () => foreign<SharedArrayBuffer>('new SharedArrayBuffer(16)')
    expect(codeOf(() => ownersOf(BYTES, shared(Uint32Array.from(OFFSETS), theirs())))).toEqual(OWNERS)
  })

  test('with offsets that were given away: a refusal that is not about a key', () => {
    const offsets = Uint32Array.from(OFFSETS)
    structuredClone(offsets.buffer, { transfer: [offsets.buffer] })
    expect(codeOf(() => ownersOf(BYTES, offsets))).toBe('ERR_HYPERCACHE_INVALID_PACKED_KEYS')
    const bytes = Uint8Array.from(BYTES)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    expect(codeOf(() => ownersOf(bytes, Uint32Array.from(OFFSETS)))).toBe('ERR_HYPERCACHE_INVALID_KEY')
  })

  test('with fields that lie about lengths, types and buffers: refused or right', () => {
    const lying = (array: object, name: string, value: unknown) =>
      Object.defineProperty(array, name, { value, configurable: true })
    for (const length of [-1, 0, 2, 3, 5, 1_000]) {
      const offsets = lying(Uint32Array.from(OFFSETS), 'length', length)
      expect(codeOf(() => ownersOf(BYTES, offsets))).toBe('ERR_HYPERCACHE_INVALID_PACKED_KEYS')
    }
    expect(ownersOf(lying(Uint8Array.from(BYTES), 'length', 3), Uint32Array.from(OFFSETS))).toEqual(OWNERS)
    const spoilt = lying(new Uint8Array(new SharedArrayBuffer(3)), 'buffer', new ArrayBuffer(3))
    const found = codeOf(() => ownersOf(spoilt, Uint32Array.of(0, 3)))
    if (typeof found !== 'string') expect(found).toEqual([ring.getNode(new Uint8Array(3))])
    for (const fake of [new Float64Array(4), new BigInt64Array(4), new Uint8Array(4), {}, []]) {
      const posing = Object.setPrototypeOf(fake, Uint32Array.prototype) as Uint32Array
      expect(() => ownersOf(BYTES, posing)).toThrow()
    }
  })

  test('that another thread writes to meanwhile: nodes or a refusal', async () => {
    const bytes = shared(new Uint8Array(64))
    const offsets = shared(Uint32Array.of(0, 16, 32, 48, 64))
    const stop = new Int32Array(new SharedArrayBuffer(4))
    const writer = new Worker(
      `const { workerData: [bytes, offsets, stop], parentPort } = require('node:worker_threads')
      parentPort.postMessage('writing')
      for (let at = 0; Atomics.load(stop, 0) === 0; at += 1) {
        bytes[at % 64] = at
        offsets[2] = at % 3 === 0 ? 0xFFFFFFFF : at % 64
      }`,
      { eval: true, workerData: [bytes, offsets, stop] },
    )
    await once(writer, 'message')
    const found = new Set<unknown>()
    for (let round = 0; round < 20_000 || found.size < 3; round += 1) {
      const answer = codeOf(() => ownersOf(bytes, offsets))
      if (Array.isArray(answer)) answer.forEach((id) => found.add(id))
      else found.add(answer)
    }
    Atomics.store(stop, 0, 1)
    await once(writer, 'exit')
    expect([...IDS, 'ERR_HYPERCACHE_INVALID_PACKED_KEYS']).toEqual(expect.arrayContaining([...found]))
  })
})
