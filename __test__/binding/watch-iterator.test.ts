/** `for await` over the changes of a ring: order, the queue's limit, and every way to its end. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { HashRing } from '../../dist/index.js'
import type { RingChange } from '../../dist/index.js'

const END = { done: true, value: undefined }
const overflow = expect.objectContaining({ code: 'ERR_HYPERCACHE_WATCH_OVERFLOW' })

let ring: HashRing
beforeEach(() => {
  ring = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 16 })
})
afterEach(() => ring.close())

/** Makes changes: each adds a node. */
function makeChanges(count: number) {
  for (let at = 0; at < count; at += 1) ring.addNode(`node${ring.version}`)
}

/** Waits until all changes made so far have come to this thread. */
async function arrived() {
  const last = ring.version + 1
  await new Promise<void>((resolve) => {
    const stop = ring.watch(({ version }) => {
      if (version !== last) return
      stop()
      resolve()
    })
    makeChanges(1)
  })
}

/** What the iterator answers until it ends or fails. */
async function drained(iterator: AsyncIterable<RingChange>) {
  const versions: number[] = []
  try {
    for await (const { version } of iterator) versions.push(version)
    return { versions, error: undefined }
  } catch (error) {
    return { versions, error }
  }
}

describe('an iterator', () => {
  test('answers changes in order, those that came before it was asked and those after', async () => {
    const iterator = ring.watch()
    makeChanges(2)
    await arrived()
    const versions: number[] = []
    for await (const change of iterator) {
      expect(change.previousVersion).toBe(change.version - 1)
      versions.push(change.version)
      if (versions.length < 10) makeChanges(versions.length % 2)
      if (change.version === ring.version && versions.length >= 8) break
      if (change.version === ring.version) makeChanges(1)
    }
    expect(versions).toEqual(versions.map((_, at) => at + 2))
    expect(await iterator.next()).toEqual(END)
  })

  test('answers several that ask at once one after another', async () => {
    const iterator = ring.watch()
    const asked = [iterator.next(), iterator.next(), iterator.next()]
    makeChanges(2)
    const [first, second] = await Promise.all(asked.slice(0, 2))
    expect([first, second].map((result) => (result!.value as RingChange).version)).toEqual([2, 3])
    ring.close()
    expect(await asked[2]).toEqual(END)
  })

  test('has a queue of its own', async () => {
    const [slow, quick] = [ring.watch({ queueLimit: 2 }), ring.watch()]
    makeChanges(3)
    await arrived()
    ring.close()
    expect(await drained(quick)).toEqual({ versions: [2, 3, 4, 5], error: undefined })
    expect(await drained(slow)).toEqual({ versions: [2, 3], error: overflow })
  })
})

describe('too many changes', () => {
  test.each([1, 3, 1_024])('%i may wait; one more ends it, after those that waited', async (queueLimit) => {
    const full = ring.watch({ queueLimit })
    makeChanges(queueLimit - 1)
    await arrived()
    const kept = ring.watch({ queueLimit })
    makeChanges(1)
    // The first iterator is over its limit now, and hears no more.
    await arrived()
    const versions = Array.from({ length: queueLimit }, (_, at) => at + 2)
    expect(await drained(full)).toEqual({ versions, error: overflow })
    // The error comes once.
    expect(await full.next()).toEqual(END)
    await kept.return!()
  })

  test('1,024 are the limit unless told otherwise', async () => {
    const iterator = ring.watch()
    const ids = Array.from({ length: 1_025 }, (_, at) => (at % 2 === 0 ? 'dead' : 'alive'))
    for (const status of ids) ring.setNodeStatus('a', status)
    await arrived()
    const { versions, error } = await drained(iterator)
    expect([versions.length, versions[0], versions.at(-1)]).toEqual([1_024, 2, 1_025])
    expect(error).toEqual(overflow)
  })

  test('an iterator that takes each is never over its limit', async () => {
    const iterator = ring.watch({ queueLimit: 1 })
    for (let version = 2; version < 40; version += 1) {
      makeChanges(1)
      expect(await iterator.next()).toMatchObject({ done: false, value: { version } })
    }
  })
})

describe('an iterator ends', () => {
  test('by return, without what waited, and answers no more', async () => {
    const iterator = ring.watch()
    const pending = iterator.next()
    makeChanges(3)
    await arrived()
    expect(await pending).toMatchObject({ value: { version: 2 } })
    expect(await iterator.return!()).toEqual(END)
    makeChanges(1)
    expect(await iterator.next()).toEqual(END)
    expect(await iterator.return!()).toEqual(END)
  })

  test('by return, for those who are waiting too', async () => {
    const iterator = ring.watch()
    const pending = [iterator.next(), iterator.next()]
    await iterator.return!()
    expect(await Promise.all(pending)).toEqual([END, END])
  })

  test('by return, without the error of an overflow', async () => {
    const iterator = ring.watch({ queueLimit: 1 })
    makeChanges(3)
    await arrived()
    await iterator.return!()
    expect(await iterator.next()).toEqual(END)
  })

  test('by break and by a throw in the loop', async () => {
    const [left, thrown] = [ring.watch(), ring.watch()]
    makeChanges(2)
    for await (const _ of left) break
    const loop = async () => {
      for await (const { version } of thrown) throw new Error(`at ${version}`)
    }
    await expect(loop()).rejects.toThrow('at 2')
    expect(await Promise.all([left.next(), thrown.next()])).toEqual([END, END])
  })

  test('with a signal that was aborted before', async () => {
    const iterator = ring.watch({ signal: AbortSignal.abort() })
    makeChanges(1)
    expect(await iterator.next()).toEqual(END)
  })

  test('with a signal, at once: what had come before is dropped', async () => {
    const controller = new AbortController()
    const iterator = ring.watch({ signal: controller.signal })
    makeChanges(2)
    await arrived()
    controller.abort()
    makeChanges(1)
    expect(await drained(iterator)).toEqual({ versions: [], error: undefined })
  })

  test('with a signal, while it is waited for', async () => {
    const controller = new AbortController()
    const pending = drained(ring.watch({ signal: controller.signal }))
    makeChanges(1)
    await arrived()
    controller.abort()
    expect(await pending).toEqual({ versions: [2, 3], error: undefined })
  })

  test('with the ring: by close() and by Symbol.dispose', async () => {
    for (const close of [() => ring.close(), () => ring[Symbol.dispose]()]) {
      ring = new HashRing({ nodes: ['a'] })
      const [waited, queued] = [drained(ring.watch()), ring.watch()]
      makeChanges(1)
      await arrived()
      close()
      expect(await waited).toEqual({ versions: [2, 3], error: undefined })
      expect(await drained(queued)).toEqual({ versions: [2, 3], error: undefined })
    }
  })

  test('and the ring goes on to tell the others', async () => {
    const [ended, other] = [ring.watch(), ring.watch()]
    await ended.return!()
    makeChanges(2)
    await arrived()
    ring.close()
    expect(await drained(other)).toEqual({ versions: [2, 3, 4], error: undefined })
  })
})

test('however many changes come, others have their turns of the event loop between them', async () => {
  const toldBetween: number[] = []
  let told = 0
  let [isOver, resolve] = [false, () => undefined as void]
  const over = new Promise<void>((done) => (resolve = done))
  ring.watch((change) => {
    told += 1
    if (change.version !== 1_001) return
    isOver = true
    resolve()
  })
  const turn = () => {
    toldBetween.push(told)
    told = 0
    if (!isOver) setImmediate(turn)
  }
  for (let at = 0; at < 500; at += 1) {
    ring.addNode('d')
    ring.removeNode('d')
  }
  turn()
  await over
  expect(Math.max(...toldBetween)).toBeLessThanOrEqual(64)
  expect(toldBetween.length).toBeGreaterThan(10)
})
