import { inspect } from 'node:util'

import { describe, expect, test } from 'vitest'

import { HashRing, type HashRingOptions, type MovedRange, type PlannedChange } from '../../../dist/index.js'
import { refused } from '../../helpers/refused.js'

const RING_ARC = 2n ** 64n
const KEYS = Array.from({ length: 1_000 }, (_, at) => `key:${at}`)
const arcOf = ({ start, end }: MovedRange) => (start === end ? RING_ARC : BigInt.asUintN(64, end - start))
const holds = ({ start, end }: MovedRange, token: bigint) =>
  start === end || BigInt.asUintN(64, token - start - 1n) < BigInt.asUintN(64, end - start)
const sumOf = (arcs: bigint[]) => arcs.reduce((sum, arc) => sum + arc, 0n)
const seen = (ring: HashRing) => [ring.version, ring.checksum, ring.nodes(), ring.getNodeBatch(KEYS)]

const NODES = [
  { id: 'a', zone: 'x' },
  { id: 'b', zone: 'y', weight: 2 },
  { id: 'c', zone: 'x' },
  { id: 'd', zone: 'z', weight: 0.5 },
  { id: 'e', zone: 'y', status: 'dead' as const },
  { id: 'f' },
]

const plans: [string, PlannedChange][] = [
  ['add', { add: ['g'] }],
  [
    'add with a weight, beside one that is dead',
    {
      add: [
        { id: 'g', weight: 3 },
        { id: 'h', status: 'dead' },
      ],
    },
  ],
  ['remove', { remove: ['b'] }],
  ['remove two', { remove: ['a', 'c'] }],
  ['remove a dead one', { remove: ['e'] }],
  ['weight up', { update: [{ id: 'a', weight: 2.5 }] }],
  ['weight down', { update: [{ id: 'b', weight: 0.25 }] }],
  ['replace with half the weight', { remove: ['b'], add: [{ id: 'b2', weight: 1 }] }],
  ['status to dead', { update: [{ id: 'a', status: 'dead' }] }],
  ['status to leaving', { update: [{ id: 'c', status: 'leaving' }] }],
  ['status to alive', { update: [{ id: 'e', status: 'alive' }] }],
  ['status to suspected, which may answer as well', { update: [{ id: 'a', status: 'suspected' }] }],
  ['zone', { update: [{ id: 'a', zone: 'y' }] }],
  ['zone cleared', { update: [{ id: 'a', zone: null }] }],
  ['set', { set: ['a', 'f', { id: 'g', weight: 2 }] }],
  ['set of what there is', { set: NODES }],
  [
    'all parts',
    { add: ['g'], remove: new Set(['f']), update: [{ id: 'd', weight: 2, zone: 'x', status: 'updating' }] },
  ],
]

describe.each([{ zoneAware: false }, { zoneAware: true }, { hashFunction: 'sha256', hashSeed: 0n }] as const)(
  'on a ring with %o',
  (options) => {
    describe.each(plans)('plan: %s', (_, change) => {
      const make = () => new HashRing({ nodes: NODES, virtualNodeCount: 64, ...(options as HashRingOptions) })

      test('leaves the ring as it was, and names its versions', () => {
        const ring = make()
        const before = seen(ring)
        const plan = ring.plan(change, { replicas: 3 })
        void [plan.transfers, [...plan.ranges()], plan.analyze(KEYS), plan.copies, plan.after]
        expect(seen(ring)).toEqual(before)
        expect(plan.before).toMatchObject({
          version: 1,
          checksum: ring.checksum,
          ownership: ring.ownership(),
        })
        expect([1, 2]).toContain(plan.after.version)
      })

      test('counts the keys that do move once it is applied', () => {
        const ring = make()
        const before = ring.getNodeBatch(KEYS)
        const plan = ring.plan(change)
        const found = plan.analyze(KEYS)
        plan.apply()
        const after = ring.getNodeBatch(KEYS)
        const moved = KEYS.map((key, at) => ({ key, from: before[at]!, to: after[at]! })).filter(
          ({ from, to }) => from !== to,
        )
        expect([found.keyCount, found.movedKeyCount]).toEqual([1_000, moved.length])
        for (const { from, to, keyCount } of found.transfers) {
          expect(keyCount).toBe(moved.filter((each) => each.from === from && each.to === to).length)
        }
        KEYS.forEach((key, at) => {
          const [from, to] = [before[at]!, after[at]!]
          const wanted = from === to ? undefined : { from, to }
          expect(plan.ownerChange(key)).toEqual(wanted)
          expect(plan.ownerChange(Buffer.from(key))).toEqual(wanted)
        })
        // What was worked out stays as it was shown.
        expect(plan.analyze(KEYS)).toEqual(found)
      })

      test('ranges cover exactly the moved arc; transfers are their sums', () => {
        const plan = make().plan(change)
        const ranges = [...plan.ranges()]
        expect(sumOf(ranges.map(arcOf))).toBe(plan.movedArc)
        expect(plan.movedShare).toBe(Number(plan.movedArc) / 2 ** 64)
        expect(sumOf(plan.transfers.map(({ arc }) => arc))).toBe(plan.movedArc)
        for (const { from, to, arc, share, rangeCount } of plan.transfers) {
          const own = ranges.filter((range) => range.from === from && range.to === to)
          expect([arc, share, rangeCount]).toEqual([sumOf(own.map(arcOf)), Number(arc) / 2 ** 64, own.length])
        }
        ranges.forEach((range, at) => {
          const last = ranges.at(at - 1)!
          const meets = ranges.length > 1 && last.end === range.start
          if (meets) expect([last.from, last.to]).not.toEqual([range.from, range.to])
          if (at > 0) expect(range.start).toBeGreaterThanOrEqual(last.end)
        })
      })

      test('applied, it is what was shown', () => {
        const ring = make()
        const plan = ring.plan(change)
        const { version, checksum, loadFactor, ownership } = plan.after
        plan.apply()
        expect([ring.version, ring.checksum, ring.ownership()]).toEqual([version, checksum, ownership])
        expect(ring.getMetrics().loadFactor).toBe(loadFactor)
        expect(sumOf(ownership.map(({ arc }) => arc))).toBe(RING_ARC)
        const movement = HashRing.diff(make(), ring)
        expect([...movement.ranges()]).toEqual([...plan.ranges()])
        expect(movement.idealShare).toBe(plan.idealShare)
      })

      test('copies bring every key to where its replicas are', () => {
        const ring = make()
        const plan = ring.plan(change, { replicas: 3 })
        const tokens = KEYS.map((key) => ring.explain(key).token)
        const before = KEYS.map((key) => ring.getReplicas(key))
        plan.apply()
        const dead = ring
          .nodes()
          .filter(({ status }) => status === 'dead')
          .map(({ id }) => id)
        KEYS.forEach((key, at) => {
          const had = before[at]!
          const from = had.find((id) => !dead.includes(id)) ?? null
          const wanted = ring
            .getReplicas(key)
            .filter((id) => !had.includes(id))
            .map((to) => ({ from, to }))
          const found = plan
            .copies!.filter((copy) => holds(copy, tokens[at]!))
            .map(({ from, to }) => ({ from, to }))
          expect(found).toHaveLength(wanted.length)
          expect(found).toEqual(expect.arrayContaining(wanted))
        })
      })
    })
  },
)

describe('the least share that must move', () => {
  const ring = new HashRing({ nodes: ['a', 'b', 'c', 'd'] })
  test.each([
    ['a fifth node', { add: ['e'] }, 0.2, 0.2],
    ['one of four goes', { remove: ['a'] }, 0.25, 0.25],
    ['twice the weight', { update: [{ id: 'a', weight: 2 }] }, 0.4 - 0.25, 0.15],
    // What the old one had and what the new one gets, less where the two meet.
    ['another name', { remove: ['a'], add: ['z'] }, 0.25, 0.25 + 0.25 - 0.0625],
    ['a doubt', { update: [{ id: 'a', status: 'suspected' }] }, 0, 0],
    ['a death', { update: [{ id: 'a', status: 'dead' }] }, 0.25, 0.25],
    ['all go', { set: [] }, 1, 1],
  ] as [string, PlannedChange, number, number][])('%s', (_, change, ideal, usual) => {
    const plan = ring.plan(change)
    expect(plan.idealShare).toBeCloseTo(ideal, 12)
    // 256 points a node come near to what infinitely many would move.
    expect(Math.abs(plan.movedShare - usual)).toBeLessThan(0.07)
  })
})

describe('nobody', () => {
  const whole = (from: string | null, to: string | null) => [
    expect.objectContaining({ from, to, arc: RING_ARC, share: 1, rangeCount: 1 }),
  ]

  test('is whom the first node gets everything from, and the last one leaves it to', () => {
    const ring = new HashRing()
    const first = ring.plan({ add: ['a'] }, { replicas: 2 })
    expect(first.transfers).toEqual(whole(null, 'a'))
    const [range, ...none] = first.ranges()
    expect([range!.start === range!.end, range!.from, range!.to, none]).toEqual([true, null, 'a', []])
    expect(first.copies).toEqual([range])
    expect(first.ownerChange('k')).toEqual({ from: null, to: 'a' })
    expect(first.analyze(KEYS)).toEqual({
      keyCount: 1_000,
      movedKeyCount: 1_000,
      transfers: [{ from: null, to: 'a', keyCount: 1_000 }],
    })
    expect(first.before).toMatchObject({ loadFactor: 0, ownership: [] })
    first.apply()
    for (const change of [
      { remove: ['a'] },
      { set: [] },
      { update: [{ id: 'a', status: 'leaving' as const }] },
    ]) {
      const last = ring.plan(change, { replicas: 2 })
      expect(last.transfers).toEqual(whole('a', null))
      expect(last.copies).toEqual([])
      expect(last.ownerChange('k')).toEqual({ from: 'a', to: null })
      expect(last.after.loadFactor).toBe(0)
    }
  })

  test('moves nothing to nobody', () => {
    const movement = new HashRing().plan({ add: [{ id: 'a', status: 'dead' }] }, { replicas: 1 })
    expect([movement.movedArc, movement.movedShare, movement.idealShare]).toEqual([0n, 0, 0])
    expect([movement.transfers, [...movement.ranges()], movement.copies]).toEqual([[], [], []])
    expect(movement.ownerChange('k')).toBeUndefined()
  })

  test('has a home all the same: whose it is were all well', () => {
    const [node, ...none] = new HashRing({ nodes: [{ id: 'a', status: 'dead' }] }).ownership()
    expect(node).toEqual({ id: 'a', arc: 0n, share: 0, fairShare: 0, homeArc: RING_ARC })
    expect(none).toEqual([])
  })

  test('copies from a node that has died are from the next one that has not', () => {
    const ring = new HashRing({ nodes: ['a', 'b', 'c', 'd'], virtualNodeCount: 16 })
    const { copies } = ring.plan({ update: [{ id: 'a', status: 'dead' }] }, { replicas: 2 })
    expect(copies!.length).toBeGreaterThan(0)
    for (const { from, to } of copies!) {
      expect(['b', 'c', 'd']).toContain(from)
      expect(['b', 'c', 'd']).toContain(to)
    }
    const alone = ring.plan({ update: [{ id: 'a', status: 'dead' }] }, { replicas: 1 }).copies!
    expect(new Set(alone.map(({ from }) => from))).toEqual(new Set([null]))
    // One that leaves on purpose, or is removed, can still give what it has.
    const left = ring.plan({ update: [{ id: 'a', status: 'leaving' }] }, { replicas: 1 }).copies!
    expect(new Set(left.map(({ from }) => from))).toEqual(new Set(['a']))
    const removed = ring.plan({ remove: ['a'] }, { replicas: 1 }).copies!
    expect(removed).toEqual(left)
  })
})

describe('what a movement shows', () => {
  const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
  const plan = ring.plan({ add: ['node4'] })

  test('ranges are made as they are asked for, and can be begun anew', () => {
    const many = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 4_096 }).plan({ add: ['d'] })
    const ranges = many.ranges()
    const { value: first } = ranges.next() as { value: MovedRange }
    const all = [...many.ranges()]
    expect([all[0], all.length > 2_000]).toEqual([first, true])
    expect([...ranges]).toEqual(all.slice(1))
    expect(ranges.next()).toEqual({ done: true, value: undefined })
    for (const range of many.ranges()) {
      expect(range).toEqual(first)
      break
    }
  })

  test('as many ranges as go into one native call are all of them', () => {
    // 256 are fetched at a time: rings around that number, one point more each.
    const counts = new Set<number>()
    for (let points = 250; points <= 262; points += 1) {
      const movement = new HashRing({ nodes: ['a', 'b'], virtualNodeCount: 1_000 }).plan({
        add: [{ id: 'c', weight: points / 1_000 }],
      })
      const ranges = [...movement.ranges()]
      counts.add(ranges.length)
      expect(ranges.length).toBe(movement.transfers.reduce((sum, { rangeCount }) => sum + rangeCount, 0))
      expect(sumOf(ranges.map(arcOf))).toBe(movement.movedArc)
    }
    expect(counts.size).toBeGreaterThan(3)
  })

  test('keys are counted from any iterable, of texts and bytes', async () => {
    const wanted = plan.analyze(KEYS)
    expect(wanted).toMatchObject({ keyCount: 1_000, movedKeyCount: 243 })
    function* each() {
      for (const [at, key] of KEYS.entries()) yield at % 2 ? key : Buffer.from(key)
    }
    async function* later() {
      for (const key of each()) yield await Promise.resolve(key)
    }
    expect(plan.analyze(new Set(KEYS))).toEqual(wanted)
    expect(plan.analyze(each())).toEqual(wanted)
    const promise = plan.analyze(later())
    expect(promise).toBeInstanceOf(Promise)
    expect(await promise).toEqual(wanted)
    expect(plan.analyze([])).toEqual({ keyCount: 0, movedKeyCount: 0, transfers: [] })
    const many = Array.from({ length: 20_000 }, (_, at) => `${at}`)
    expect(plan.analyze(many).movedKeyCount / 20_000).toBeCloseTo(plan.movedShare, 1)
  })

  test('a plan outlives its ring, but cannot be applied', () => {
    const own = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
    const kept = own.plan({ add: ['node4'] }, { replicas: 2 })
    own.close()
    expect(kept.analyze(KEYS)).toEqual(plan.analyze(KEYS))
    expect([...kept.ranges()]).toEqual([...plan.ranges()])
    expect(kept.after).toEqual(plan.after)
    expect(kept.copies!.length).toBeGreaterThan(0)
    expect(() => kept.apply()).toThrow(refused('RING_CLOSED'))
  })

  test('there are copies only where they were asked for', () => {
    expect(plan.copies).toBeUndefined()
    expect(ring.plan({ add: ['x'] }, {}).copies).toBeUndefined()
    expect(ring.plan({ add: ['x'] }, { replicas: undefined }).copies).toBeUndefined()
    const copies = ring.plan({ add: ['x'] }, { replicas: 65_535 }).copies!
    expect(new Set(copies.map(({ to }) => to))).toEqual(new Set(['x']))
    expect(sumOf(copies.map(arcOf))).toBe(RING_ARC)
  })

  test('console.log shows something useful', () => {
    expect(inspect(plan)).toBe('RingPlan { moved: 23.72 %, ideal: 25.00 %, transfers: 3 }')
    expect(inspect(HashRing.diff(ring, ring))).toBe(
      'RingMovement { moved: 0.00 %, ideal: 0.00 %, transfers: 0 }',
    )
  })

  test('Z-6 writing to an ownership that was answered changes nothing', () => {
    const kept = ring.ownership()
    const written = ring.ownership()
    written[0]!.arc = 0n
    written.pop()
    expect(ring.ownership()).toEqual(kept)
  })
})

describe('ownership by status', () => {
  const ring = new HashRing({ nodes: ['a', 'b', { id: 'c', weight: 2 }, { id: 'd', status: 'dead' }] })
  const found = new Map(ring.ownership().map((each) => [each.id, each]))

  test('the owner is the first node that may answer, the home the first whatever its status', () => {
    const wellRing = new HashRing({ nodes: ['a', 'b', { id: 'c', weight: 2 }, 'd'] })
    const without = new HashRing({ nodes: ['a', 'b', { id: 'c', weight: 2 }] })
    expect([...found.values()].map(({ homeArc }) => homeArc)).toEqual(
      wellRing.ownership().map(({ arc }) => arc),
    )
    expect([...found.values()].map(({ arc }) => arc)).toEqual([
      ...without.ownership().map(({ arc }) => arc),
      0n,
    ])
    expect(found.get('d')!.homeArc).toBeGreaterThan(0n)
  })

  test('fair shares are of the nodes that may answer', () => {
    expect([...found.values()].map(({ fairShare }) => fairShare)).toEqual([0.25, 0.25, 0.5, 0])
  })

  test('the load factor is what counted keys come near to', () => {
    const { loadFactor } = ring.plan({ add: ['x'] }).before
    const largest = Math.max(...ring.ownership().map(({ share }) => share))
    expect(loadFactor).toBe(largest * 4)
    const many = Array.from({ length: 50_000 }, (_, at) => `key:${at}`)
    expect(Math.abs(ring.analyzeDistribution(many).loadFactor - loadFactor)).toBeLessThan(0.05)
  })
})

test('a plan as JSON has arcs as decimal texts', () => {
  const plan = new HashRing({ nodes: ['node1', 'node2', 'node3'] }).plan({ add: ['node4'] })
  const { movedArc, movedShare, idealShare, transfers } = JSON.parse(JSON.stringify(plan)) as {
    movedArc: string
    movedShare: number
    idealShare: number
    transfers: { from: string; to: string; arc: string; share: number; rangeCount: number }[]
  }
  expect([movedArc, movedShare, idealShare]).toEqual(['4375902266775827639', plan.movedShare, 0.25])
  expect(transfers.map(({ arc }) => BigInt(arc))).toEqual(plan.transfers.map(({ arc }) => arc))
})

test('a closed plan answers what it was asked before, and nothing else', () => {
  const ring = new HashRing({ nodes: ['a', 'b'] })
  const plan = ring.plan({ add: ['c'] }, { replicas: 2 })
  const { transfers } = plan
  plan.close()
  plan[Symbol.dispose]()
  expect(plan.transfers).toBe(transfers)
  const asked = [
    () => plan.movedArc,
    () => plan.movedShare,
    () => plan.idealShare,
    () => plan.before,
    () => plan.copies,
    () => [...plan.ranges()],
    () => plan.ownerChange('key'),
    () => plan.analyze([]),
    () => plan.apply(),
  ]
  const closed = expect.objectContaining({ code: 'ERR_HYPERCACHE_PLAN_CLOSED' }) as Error
  for (const ask of asked) expect(ask).toThrow(closed)
  expect(ring.nodeCount).toBe(2)
})
