/** Watches in one thread: what is announced, to whom, and how a watch ends. */

import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { HashRing } from '../../dist/index.js'
import type { RingChange } from '../../dist/index.js'

let ring: HashRing
beforeEach(() => {
  ring = new HashRing({ nodes: ['a', 'b', 'c'] })
})
afterEach(() => ring.close())

/** Watches a ring until `count` changes have come. */
async function listened(count: number, begin: (listener: (change: RingChange) => void) => void) {
  const changes: RingChange[] = []
  await new Promise<void>((resolve) =>
    begin((change) => {
      if (changes.push(change) === count) resolve()
    }),
  )
  return changes
}
const versions = (changes: RingChange[]) => changes.map(({ version }) => version)

/** All that comes until a change that this makes has come: whatever came before it has come by then. */
async function settled(of = ring) {
  const before = of.version
  await new Promise<void>((resolve) => {
    const stop = of.watch(({ version }) => {
      if (version <= before) return
      stop()
      resolve()
    })
    of.addNode(`settled${before}`)
  })
  await new Promise((resolve) => setImmediate(resolve))
}

/** The warnings of this process that come while `body` runs, and one turn longer. */
async function warningsOf(body: () => Promise<unknown>): Promise<(Error & { code?: string })[]> {
  const warnings: Error[] = []
  const keep = (warning: Error) => warnings.push(warning)
  process.on('warning', keep)
  try {
    await body()
    await new Promise((resolve) => setImmediate(resolve))
    return warnings
  } finally {
    process.off('warning', keep)
  }
}

describe('what is announced', () => {
  test('is each change of placement, in order and once, as it was', async () => {
    const checksums: string[] = []
    const changes = await listened(4, (listener) => {
      ring.watch(listener)
      for (const change of [
        () => ring.addNode('d'),
        () => ring.setNodeStatus('a', 'dead'),
        () => ring.setNodes(['a', 'b', 'e']),
        () => ring.plan({ remove: ['b'] }).apply(),
      ]) {
        change()
        checksums.push(ring.checksum)
      }
    })
    expect(versions(changes)).toEqual([2, 3, 4, 5])
    expect(changes.map(({ previousVersion }) => previousVersion)).toEqual([1, 2, 3, 4])
    expect(changes.map(({ checksum }) => checksum)).toEqual(checksums)
  })

  test('is what a diff of the two versions says', async () => {
    const before = new HashRing({ nodes: ring.nodes().map(({ id }) => id) })
    const [change] = await listened(1, (listener) => {
      ring.watch(listener)
      ring.addNode({ id: 'd', weight: 2 })
    })
    const movement = HashRing.diff(before, ring)
    expect(change).toEqual({
      ...{ version: 2, previousVersion: 1, checksum: ring.checksum },
      ...{ movedArc: movement.movedArc, movedShare: movement.movedShare },
      ...{ transfers: movement.transfers, transferCount: movement.transfers.length, otherArc: 0n },
    })
  })

  test('is nothing for changes that move nothing, and for those that are refused', async () => {
    const changes = await listened(1, (listener) => {
      ring.watch(listener)
      ring.updateNode('a', { metadata: { version: '2' }, address: 'host:1', capabilities: ['ssd'] })
      ring.updateNodeLoad('a', 0.5)
      ring.setNodeStatus('a', 'suspected')
      ring.setNodes(['a', 'b', 'c'])
      ring.acquire('a')
      ring.plan({ remove: ['a'] })
      expect(() => ring.addNode('a')).toThrow()
      expect(() => ring.removeNode('z')).toThrow()
      ring.removeNode('b')
    })
    expect(changes[0]).toMatchObject({ version: 2, previousVersion: 1 })
  })

  test('lists the 256 largest transfers, and sums up the others', async () => {
    const numbered = (name: string) => Array.from({ length: 20 }, (_, at) => `${name}${at}`)
    ring = new HashRing({ nodes: numbered('old') })
    const before = new HashRing({ nodes: numbered('old') })
    const [change] = await listened(1, (listener) => {
      ring.watch(listener)
      ring.setNodes(numbered('new'))
    })
    const movement = HashRing.diff(before, ring)
    const arcs = movement.transfers.map(({ arc }) => arc)
    const listed = change!.transfers.map(({ arc }) => arc)
    const sum = (parts: bigint[]) => parts.reduce((sum, part) => sum + part, 0n)
    const descending = (parts: bigint[]) => [...parts].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
    expect(arcs.length).toBeGreaterThan(256)
    expect(change!.transferCount).toBe(arcs.length)
    expect(descending(listed)).toEqual(descending(arcs).slice(0, 256))
    expect(sum(listed) + change!.otherArc).toBe(sum(arcs))
    expect([change!.movedArc, change!.movedShare]).toEqual([1n << 64n, 1])
  })

  test('is frozen, and the same object for all', async () => {
    const others: RingChange[] = []
    const [change] = await listened(1, (listener) => {
      ring.watch((change) => others.push(change))
      ring.watch(listener)
      ring.addNode('d')
    })
    expect(others[0]).toBe(change)
    for (const part of [change, change!.transfers, ...change!.transfers])
      expect(Object.isFrozen(part)).toBe(true)
    expect(() => Object.assign(change!, { version: 7 })).toThrow(TypeError)
  })

  test('comes in a later turn, never within the change', async () => {
    let isWithin = false
    const [, wasWithin] = await new Promise<[RingChange, boolean]>((resolve) => {
      ring.watch((change) => resolve([change, isWithin]))
      isWithin = true
      ring.addNode('d')
      isWithin = false
    })
    expect(wasWithin).toBe(false)
  })

  test('begins with the first change after the call, whoever watched before', async () => {
    const later: [number, RingChange[]][] = []
    const watchOnceMore = () => {
      const changes: RingChange[] = []
      later.push([ring.version, changes])
      ring.watch((change) => changes.push(change))
    }
    // Changes wait when the second begins to watch, and when the third does, which the first one makes.
    const stop = ring.watch(() => {
      stop()
      watchOnceMore()
    })
    ring.addNode('d')
    ring.addNode('e')
    watchOnceMore()
    ring.addNode('f')
    await settled()
    await settled()
    expect(later.map(([version, changes]) => [version, changes[0]?.previousVersion])).toEqual([
      [3, 3],
      [5, 5],
    ])
    for (const [version, changes] of later) {
      const all = Array.from({ length: ring.version - version }, (_, at) => version + at + 1)
      expect(versions(changes)).toEqual(all)
    }
  })
})

describe('a listener that', () => {
  const failures: [string, () => unknown, string][] = [
    ['throws an error', () => thrown(new Error('on purpose')), 'on purpose'],
    ['throws a text', () => thrown('on purpose'), 'on purpose'],
    ['throws nothing', () => thrown(undefined), 'undefined'],
    ['throws an error whose message is a symbol', () => thrown(withMessage({ value: Symbol('bad') })), ''],
    ['throws an error whose message throws', () => thrown(withMessage({ get: () => thrown(1) })), ''],
    ['throws a revoked proxy', () => thrown(revoked()), ''],
    ['rejects', () => Promise.reject(new Error('on purpose')), 'on purpose'],
    ['rejects with nothing', () => Promise.resolve().then(() => thrown(undefined)), 'undefined'],
    ['rejects with a hostile error', () => Promise.reject(withMessage({ get: () => thrown(1) })), ''],
    [
      'rejects in another realm',
      () => runInNewContext('Promise.reject(new Error("on purpose"))'),
      'on purpose',
    ],
    [
      'answers a thenable that rejects',
      () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error('on purpose')) }),
      'on purpose',
    ],
    [
      'answers a thenable whose then throws',
      () => ({
        get then() {
          return thrown(new Error('on purpose'))
        },
      }),
      'on purpose',
    ],
    ['answers a revoked proxy', revoked, ''],
  ]

  function thrown(value: unknown): never {
    throw value
  }
  function withMessage(property: PropertyDescriptor): Error {
    return Object.defineProperty(new Error('replaced'), 'message', property)
  }
  function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }

  test.each(failures)('%s harms nobody, and is a warning', async (_, fail, message) => {
    let heard: RingChange[] = []
    const warnings = await warningsOf(async () => {
      heard = await listened(2, (listener) => {
        ring.watch(fail)
        ring.watch(listener)
        ring.addNode('d')
        ring.addNode('e')
      })
      await settled()
    })
    expect(versions(heard).slice(0, 2)).toEqual([2, 3])
    const failed = warnings.filter(({ code }) => code === 'ERR_HYPERCACHE_LISTENER_FAILED')
    expect(failed).toHaveLength(3)
    expect(failed[0]).toMatchObject({ name: 'HyperCacheWarning' })
    expect(failed[0]!.message).toContain(message)
    expect(warnings).toHaveLength(3)
  })

  test('removes itself hears nothing more, and the others go on', async () => {
    let count = 0
    const heard = await listened(3, (listener) => {
      const stop = ring.watch(() => {
        count += 1
        stop()
      })
      ring.watch(listener)
      for (const id of ['d', 'e', 'f']) ring.addNode(id)
    })
    expect([count, ...versions(heard)]).toEqual([1, 2, 3, 4])
  })

  test('removes another one silences it at once', async () => {
    let count = 0
    await listened(2, (listener) => {
      const stops: (() => void)[] = []
      ring.watch((change) => {
        stops[0]!()
        listener(change)
      })
      stops.push(ring.watch(() => (count += 1)))
      ring.addNode('d')
      ring.addNode('e')
    })
    expect(count).toBe(0)
  })

  test('changes the ring is told of that too, after what came before', async () => {
    const heard = await listened(4, (listener) => {
      ring.watch((change) => {
        if (change.version < 4) ring.addNode(`made at ${change.version}`)
      })
      ring.watch(listener)
      ring.addNode('d')
      ring.addNode('e')
    })
    expect(versions(heard)).toEqual([2, 3, 4, 5])
  })

  test('closes the ring ends all watches of this object, in the middle', async () => {
    const other = HashRing.attach(ring.handle())
    let after = 0
    const iterator = ring.watch()
    const heard = await listened(2, (listener) => {
      ring.watch(() => ring.close())
      ring.watch(() => (after += 1))
      other.watch(listener)
      other.addNode('d')
      other.addNode('e')
    })
    expect([after, ...versions(heard)]).toEqual([0, 2, 3])
    expect(await iterator.next()).toMatchObject({ value: { version: 2 } })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    other.close()
  })
})

describe('a watch of a listener ends', () => {
  const ways: [string, () => (listener: () => void) => () => void][] = [
    ['by a call', () => (listener) => ring.watch(listener)],
    [
      'by close()',
      () => (listener) => {
        const watch = ring.watch(listener)
        return () => watch.close()
      },
    ],
    [
      'by Symbol.dispose',
      () => (listener) => {
        const watch = ring.watch(listener)
        return () => watch[Symbol.dispose]()
      },
    ],
    [
      'with its signal',
      () => (listener) => {
        const controller = new AbortController()
        ring.watch(listener, { signal: controller.signal })
        return () => controller.abort()
      },
    ],
  ]
  test.each(ways)('%s, more than once, also while changes wait', async (_, way) => {
    let count = 0
    const stop = way()(() => (count += 1))
    ring.addNode('d')
    stop()
    stop()
    ring.addNode('e')
    await settled()
    expect(count).toBe(0)
  })

  test('before it begins, with a signal that was aborted already', async () => {
    let count = 0
    ring.watch(() => (count += 1), { signal: AbortSignal.abort() })
    ring.addNode('d')
    await settled()
    expect(count).toBe(0)
  })

  test('and leaves no listener on its signal', () => {
    const { signal } = new AbortController()
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')]
    for (let round = 0; round < 5; round += 1) ring.watch(() => undefined, { signal }).close()
    expect(added).toHaveBeenCalledTimes(5)
    for (const call of added.mock.calls) expect(removed.mock.calls).toContainEqual(call)
  })
})

test('a watch of a closed ring, and one with wrong options, is refused', () => {
  const open = new HashRing()
  ring.close()
  for (const watch of [() => ring.watch(), () => ring.watch(() => undefined)]) {
    expect(watch).toThrow(expect.objectContaining({ code: 'ERR_HYPERCACHE_RING_CLOSED' }))
  }
  const bad: [object, string][] = [
    [{ signal: {} }, 'ERR_HYPERCACHE_INVALID_TYPE'],
    [{ queueLimit: 0 }, 'ERR_HYPERCACHE_OUT_OF_RANGE'],
    [{ queueLimit: 65_537 }, 'ERR_HYPERCACHE_OUT_OF_RANGE'],
    [{ queueLimit: '1' }, 'ERR_HYPERCACHE_INVALID_TYPE'],
    [{ limit: 1 }, 'ERR_HYPERCACHE_UNKNOWN_FIELD'],
  ]
  for (const [options, code] of bad) {
    expect(() => open.watch(options)).toThrow(expect.objectContaining({ code }))
    // Only an iterator has a queue.
    const wanted = 'queueLimit' in options ? 'ERR_HYPERCACHE_UNKNOWN_FIELD' : code
    expect(() => open.watch(() => undefined, options)).toThrow(expect.objectContaining({ code: wanted }))
  }
})

test('two objects of one ring in one thread each tell their own listeners', async () => {
  const other = HashRing.attach(ring.handle())
  const both = Promise.all([
    listened(2, (listener) => ring.watch(listener)),
    listened(2, (listener) => other.watch(listener)),
  ])
  ring.addNode('d')
  other.addNode('e')
  expect((await both).map(versions)).toEqual([
    [2, 3],
    [2, 3],
  ])
  other.close()
})
