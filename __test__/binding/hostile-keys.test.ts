/** Keys in every kind of memory: the answer is that of the bytes, or a refusal, and never a crash. */

import { constants } from 'node:buffer'
import { once } from 'node:events'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { describe, expect, test } from 'vitest'

import { HashRing, type HyperCacheError, type Key } from '../../dist/index.js'

const IDS = ['a', 'b', 'c', 'd', 'e']
const ring = new HashRing({ nodes: IDS })
const foreign = <T>(code: string) => runInNewContext(code) as T
const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at * 7)

/** What a call answers, or the code of its refusal. */
function outcome(call: () => string | undefined): string | undefined {
  try {
    return call()
  } catch (error) {
    return (error as HyperCacheError).code ?? `no code: ${String(error)}`
  }
}

/** Outcomes of every way to ask for the owner of a key. */
function outcomes(key: Key): Set<string | undefined> {
  const owned = () => ring.analyzeDistribution([key]).nodes.find(({ keyCount }) => keyCount === 1)?.id
  const ways = [
    () => ring.getNode(key),
    () => ring.getReplicas(key)[0],
    () => ring.getReplicas(key, 5)[0],
    () => ring.explain(key).owner,
    () => ring.getNodeBatch([key])[0],
    () => ring.getNodeBatch(['text', key])[1],
    owned,
  ]
  return new Set(ways.map(outcome))
}

const isTheSame = (key: Key, as: Key) => expect(outcomes(key)).toEqual(new Set([ring.getNode(as)]))

describe('byte keys', () => {
  test('in a part of a buffer, of a pool, of a resizable buffer, of shared memory', () => {
    for (const length of [0, 1, 7, 8, 31, 32, 33, 1_000]) {
      const key = bytes(length)
      const copyIn = (buffer: ArrayBuffer | SharedArrayBuffer, offset: number) => {
        const view = new Uint8Array(buffer, offset, length)
        view.set(key)
        return view
      }
      isTheSame(copyIn(new ArrayBuffer(length + 9), 5), key)
      isTheSame(copyIn(new SharedArrayBuffer(length + 9), 5), key)
      isTheSame(Buffer.from(key).subarray(0, length), key)
      isTheSame(Buffer.concat([Buffer.from('x'), key]).subarray(1), key)
      isTheSame(copyIn(foreign(`new ArrayBuffer(${length})`), 0), key)
      isTheSame(copyIn(foreign(`new SharedArrayBuffer(${length})`), 0), key)
    }
  })

  test('of a subclass, and of another realm', () => {
    class Named extends Uint8Array {
      override toString() {
        return 'other'
      }
    }
    isTheSame(Named.from([1, 2]), Uint8Array.of(1, 2))
    isTheSame(foreign('new Uint8Array([1, 2])'), Uint8Array.of(1, 2))
    isTheSame(foreign('class Own extends Uint8Array {}; new Own([1, 2])'), Uint8Array.of(1, 2))
  })

  test('of a resizable buffer that grew or shrank: the bytes there are now', () => {
    const buffer = foreign<ArrayBuffer>('new ArrayBuffer(4, { maxByteLength: 64 })') as ArrayBuffer & {
      resize(length: number): void
    }
    const tracking = new Uint8Array(buffer)
    const part = new Uint8Array(buffer, 2, 2)
    tracking.set([1, 2, 3, 4])
    isTheSame(tracking, Uint8Array.of(1, 2, 3, 4))
    isTheSame(part, Uint8Array.of(3, 4))
    buffer.resize(64)
    isTheSame(tracking, new Uint8Array([1, 2, 3, 4, ...new Uint8Array(60)]))
    buffer.resize(4)
    isTheSame(tracking, Uint8Array.of(1, 2, 3, 4))
  })

  test('out of the bounds of a buffer that shrank: every method says the same', () => {
    const buffer = foreign<ArrayBuffer>('new ArrayBuffer(8, { maxByteLength: 8 })') as ArrayBuffer & {
      resize(length: number): void
    }
    const outside = new Uint8Array(buffer, 4, 4)
    buffer.resize(2)
    const found = outcomes(outside)
    expect(found.size).toBe(1)
    expect([ring.getNode(''), 'ERR_HYPERCACHE_INVALID_KEY']).toContain([...found][0])
  })

  test('of growable shared memory', () => {
    const buffer = foreign<SharedArrayBuffer>('new SharedArrayBuffer(2, { maxByteLength: 8 })')
    const key = new Uint8Array(buffer)
    key.set([1, 2])
    isTheSame(key, Uint8Array.of(1, 2))
    ;(buffer as SharedArrayBuffer & { grow(length: number): void }).grow(4)
    isTheSame(key, Uint8Array.of(1, 2, 0, 0))
  })

  test('given away, or of another type: refused', () => {
    const detached = bytes(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const refused: unknown[] = [
      detached,
      new Uint8ClampedArray(2),
      new Int8Array(2),
      new DataView(new ArrayBuffer(2)),
      new ArrayBuffer(2),
      new Proxy(bytes(2), {}),
      Object.create(Uint8Array.prototype),
      new String('key'),
      foreign('new Uint8ClampedArray(2)'),
      foreign('new Proxy(new Uint8Array(2), {})'),
      [1, 2],
      Symbol('key'),
    ]
    for (const key of refused) {
      expect(outcomes(key as Key), String(Object.prototype.toString.call(key))).toEqual(
        new Set(['ERR_HYPERCACHE_INVALID_KEY']),
      )
    }
  })

  test('that are revoked proxies: refused, though nothing can be asked of them', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(outcomes(proxy as Key)).toEqual(new Set(['ERR_HYPERCACHE_INVALID_KEY']))
  })

  test('in shared memory that another thread writes to: always a node', async () => {
    const shared = new SharedArrayBuffer(64)
    const stop = new Int32Array(new SharedArrayBuffer(4))
    const writer = new Worker(
      `const { workerData: [shared, stop], parentPort } = require('node:worker_threads')
      const bytes = new Uint8Array(shared)
      parentPort.postMessage('writing')
      for (let at = 0; Atomics.load(stop, 0) === 0; at += 1) bytes[at % 64] = at * 31 + (at >> 6)`,
      { eval: true, workerData: [shared, stop] },
    )
    await once(writer, 'message')
    const key = new Uint8Array(shared)
    const found = new Set<string>()
    for (let round = 0; round < 20_000 || found.size < 2; round += 1) {
      found.add(ring.getNode(key))
      ring.getReplicas(key).forEach((id) => found.add(id))
      ring.getNodeBatch([key, key]).forEach((id) => found.add(id))
      if (round % 100 === 0) found.add(ring.explain(key).owner)
    }
    Atomics.store(stop, 0, 1)
    await once(writer, 'exit')
    expect(IDS).toEqual(expect.arrayContaining([...found]))
  })
})

describe('strings', () => {
  test('however the engine holds them', () => {
    const flat = Array.from({ length: 3_000 }, (_, at) => String.fromCharCode(0x61 + (at % 26))).join('')
    let rope = ''
    for (const character of flat) rope += character
    let backwards = ''
    for (const character of [...flat].reverse()) backwards = character + backwards
    const external = Buffer.from(flat.repeat(1_000), 'latin1').toString('latin1')
    const wide = Buffer.from(`ü${flat}`.repeat(400), 'utf16le').toString('utf16le')
    isTheSame(rope, Buffer.from(flat))
    isTheSame(backwards, Buffer.from(flat))
    isTheSame(external, Buffer.from(flat.repeat(1_000)))
    isTheSame(wide, Buffer.from(`ü${flat}`.repeat(400)))
    for (const [start, end] of [
      [0, 20],
      [13, 600],
      [2_980, 3_000],
      [5, 5],
    ] as const) {
      isTheSame(rope.substring(start, end), Buffer.from(flat).subarray(start, end))
      isTheSame(external.slice(start, end), Buffer.from(flat).subarray(start, end))
      isTheSame(wide.slice(start, end), Buffer.from(`ü${flat}`.slice(start, end)))
    }
    // One byte a character inside, though no ASCII.
    isTheSame('é'.repeat(700), Buffer.from('é'.repeat(700)))
    isTheSame(foreign('"of another" + " realm"'), 'of another realm')
  })

  test('of 100 MB, and as many bytes, have one answer', () => {
    const length = 100_000_000
    expect(length).toBeLessThan(constants.MAX_STRING_LENGTH)
    const large = Buffer.alloc(length, 'large key ')
    const text = large.toString('latin1')
    const owner = ring.getNode(large)
    expect(ring.getNode(text)).toBe(owner)
    expect(ring.getReplicas(text)[0]).toBe(owner)
    expect(ring.getNodeBatch([text, 'small'])).toEqual([owner, ring.getNode('small')])
    expect(ring.getNodeBatch([large, 'small'])).toEqual([owner, ring.getNode('small')])
    // Another at the very end.
    const others = Array.from({ length: 40 }, (_, at) => {
      large[length - 1] = at
      return ring.getNode(large)
    })
    expect(new Set(others).size).toBeGreaterThan(1)
  })
})
