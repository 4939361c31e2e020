import { afterAll, describe, expect, test } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { goldenJson, goldenRows } from '../helpers/golden.js'
import { FIVE, complaintOf, numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const THREE = ['--nodes', 'node1,node2,node3']
const KEYS = numberedKeys(1_000)

interface Planned {
  movedShare: number
  idealShare: number
  movedArc: string
  keyCount?: number
  movedKeyCount?: number
  transfers: {
    from: string | null
    to: string | null
    arc: string
    share: number
    rangeCount: number
    keyCount?: number
  }[]
  before: { loadFactor: number; ownership: { id: string; arc: string; homeArc: string; share: number }[] }
  after: Planned['before']
  copies?: { start: string; end: string; from: string | null; to: string | null }[]
}

function plan(args: readonly string[], input = ''): string {
  const { code, text, stderr } = run(['ring', 'plan', ...args], input)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return text
}

function planned(args: readonly string[], input = ''): Planned {
  return JSON.parse(plan(['--json', ...args], input)) as Planned
}

/** What `--json` makes of an answer of the library. */
function asTexts(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
  )
}

describe('as an object', () => {
  test('the movement of the reference placement', () => {
    const answer = planned([...THREE, '--add', 'node4', '--keys', '-'], KEYS)
    expect(answer.movedShare).toBeCloseTo(0.237218137211, 12)
    expect(answer.idealShare).toBe(0.25)
    expect(answer).toMatchObject({ movedArc: '4375902266775827639', keyCount: 1_000, movedKeyCount: 243 })
    const [{ flows }] = (
      goldenJson('shares.json') as { movement: [{ flows: { from: string; to: string; arc: string }[] }] }
    ).movement
    expect(answer.transfers.map(({ from, to, arc }) => ({ from, to, arc }))).toEqual(
      flows.map(({ from, to, arc }) => ({ from, to, arc })),
    )
    const moves = goldenRows('movement.csv').map(([, , from, to]) => `${from} ${to}`)
    const counts = answer.transfers.map(({ from, to }) => moves.filter((move) => move === `${from} ${to}`))
    expect(answer.transfers.map(({ keyCount }) => keyCount)).toEqual(counts.map(({ length }) => length))
  })

  test('it is what the library plans, and numbers are numbers', () => {
    const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
    const { movedShare, idealShare, movedArc, transfers, before, after, copies } = ring.plan(
      { add: [{ id: 'node4', weight: 2 }], remove: ['node1'], update: [{ id: 'node2', weight: 0.5 }] },
      { replicas: 2 },
    )
    const flags = ['--add', 'node4=2', '--remove', 'node1', '--weight', 'node2=.5', '--replicas', '2']
    const answer = planned([...THREE, ...flags])
    expect(answer).toEqual(
      asTexts({ movedShare, idealShare, movedArc, transfers, before, after, copies }) as Planned,
    )
    const { arc, share, rangeCount } = answer.transfers[0]!
    expect([typeof arc, typeof share, typeof rangeCount]).toEqual(['string', 'number', 'number'])
    expect(answer.copies!.every(({ start, end }) => /^\d+$/.test(start) && /^\d+$/.test(end))).toBe(true)
    expect(Object.keys(answer.transfers[0]!)).toEqual(['from', 'to', 'arc', 'share', 'rangeCount'])
    ring.close()
  })

  test('keys and copies only where they were asked for; transfers without keys count 0', () => {
    const plain = planned([...THREE, '--add', 'node4'])
    expect(Object.keys(plain)).toEqual([
      'movedShare',
      'idealShare',
      'movedArc',
      'transfers',
      'before',
      'after',
    ])
    const counted = planned([...THREE, '--add', 'node4', '--', 'key:0', 'key:2', ''])
    expect(counted).toMatchObject({ keyCount: 3, movedKeyCount: 1 })
    expect(counted.transfers.map(({ keyCount }) => keyCount)).toEqual([0, 1, 0])
    expect(planned([...THREE, '--add', 'node4', '--keys', '-'])).toMatchObject({
      keyCount: 0,
      movedKeyCount: 0,
    })
  })

  test('keys from a file, from standard input and as arguments are the same', () => {
    const change = [...THREE, '--remove', 'node2']
    const file = files.write('keys.txt', KEYS)
    const streamed = planned([...change, '--keys', '-'], KEYS)
    expect(planned([...change, '--keys', file])).toEqual(streamed)
    expect(planned([...change, ...KEYS.trimEnd().split('\n')])).toEqual(streamed)
    expect(streamed.movedKeyCount).toBeGreaterThan(250)
  })

  test('nobody is null', () => {
    const dead = planned([...THREE, '--status', 'node1=dead,node2=dead', '--status', 'node3=leaving'])
    expect(dead.movedShare).toBe(1)
    expect(dead.transfers.map(({ from, to }) => [from, to])).toEqual([
      ['node1', null],
      ['node2', null],
      ['node3', null],
    ])
    const empty = files.write('empty.yaml', 'nodes: []')
    const first = planned(['--ring', empty, '--add', 'a', '--replicas', '1', 'k'])
    expect(first.transfers).toEqual([
      { from: null, to: 'a', arc: '18446744073709551616', share: 1, rangeCount: 1, keyCount: 1 },
    ])
    expect(first.copies).toEqual([
      { start: expect.any(String), end: expect.any(String), from: null, to: 'a' },
    ])
  })

  test('nothing that moves is an empty list', () => {
    const answer = planned([...THREE, '--status', 'node1=suspected', '--replicas', '2', '--keys', '-'], KEYS)
    expect(answer).toMatchObject({ movedShare: 0, idealShare: 0, movedArc: '0', transfers: [], copies: [] })
    expect(answer).toMatchObject({ keyCount: 1_000, movedKeyCount: 0 })
  })

  test('other options of the ring', () => {
    const flags = ['--hash', 'sha256', '--virtual-nodes', '16', '--add', 'node4']
    const ring = new HashRing({
      nodes: ['node1', 'node2', 'node3'],
      hashFunction: 'sha256',
      virtualNodeCount: 16,
    })
    expect(planned([...THREE, ...flags]).movedShare).toBe(ring.plan({ add: ['node4'] }).movedShare)
    const file = files.write('ring.yaml', 'hash_seed: 7\nnodes: [node1, { id: node2, weight: 3 }]')
    const seeded = new HashRing({ nodes: ['node1', { id: 'node2', weight: 3 }], hashSeed: 7n })
    expect(planned(['--ring', file, '--weight', 'node2=1']).movedShare).toBe(
      seeded.plan({ update: [{ id: 'node2', weight: 1 }] }).movedShare,
    )
  })
})

describe('flags', () => {
  const idsAfter = (...args: string[]) => planned(args).after.ownership.map(({ id }) => id)

  test('lists, and flags given again, are one change', () => {
    expect(idsAfter(...FIVE, '--add', 'a,b=2', '--add', 'c', '--remove', 'node1,node2')).toEqual([
      'a',
      'b',
      'c',
      'node3',
      'node4',
      'node5',
    ])
    const both = planned([...THREE, '--weight', 'node1=2', '--status', 'node1=dead,node2=suspected'])
    expect(both.after.ownership[0]!.arc).toBe('0')
    expect(both.after.ownership[0]!.homeArc).not.toBe(both.before.ownership[0]!.arc)
  })

  test('the last = splits, and what is no number belongs to the id', () => {
    expect(idsAfter('--nodes', 'a', '--add', 'cache=east,cache=west=2,=x=1e0')).toEqual([
      '=x',
      'a',
      'cache=east',
      'cache=west',
    ])
    const changed = planned(['--nodes', 'k=1,k=2', '--weight', 'k=1=3', '--status', 'k=2=dead'])
    expect(changed.after.ownership.map(({ share }) => share)).toEqual([1, 0])
    expect(idsAfter('--nodes', 'k=1,k=2', '--remove', 'k=1', '--add', 'k=3=1')).toEqual(['k=2', 'k=3'])
  })

  test.each<[string, string[], string]>([
    ['no change', [], 'the change is missing: give --add, --remove, --weight or --status'],
    ['no ring', ['--add', 'a'], 'the nodes are missing: give --nodes or --ring'],
    [
      'one that is there',
      ['--add', 'n'],
      '--add: the node "n" is in the ring already; --weight and --status',
    ],
    ['one twice', ['--add', 'a,b', '--add', 'a=2'], '--add: the node "a" is given twice'],
    ['one twice to remove', ['--remove', 'n,n'], '--remove: the node "n" is given twice'],
    ['two weights', ['--weight', 'n=1,n=2', '--status', 'n=dead'], '--weight: the node "n" is given twice'],
    ['contradictions', ['--add', 'a', '--remove', 'a'], 'the node "a" is given with --add and --remove'],
    ['a weight of one that goes', ['--remove', 'n', '--weight', 'n=2'], 'given with --remove and --weight'],
    ['an unknown one to remove', ['--remove', 'x'], '--remove: the node "x" is not in the ring'],
    ['an unknown one to weigh', ['--weight', 'x=2'], '--weight: the node "x" is not in the ring'],
    ['an unknown one with a status', ['--status', 'n,x=dead'], '"n" must have the form node=status.'],
    ['the status of an unknown one', ['--status', 'x=dead'], '--status: the node "x" is not in the ring'],
    ['no weight', ['--weight', 'n'], 'argument \'n\' is invalid. "n" must have the form node=weight.'],
    ['a weight of nobody', ['--weight', '=2'], '"=2" must have the form node=weight.'],
    ['a weight in words', ['--weight', 'n=two'], 'The weight is "two"; it must be a number above 0.'],
    ['weight 0', ['--weight', 'n=0'], 'The weight is "0"; it must be a number above 0.'],
    ['a weight below 0', ['--add', 'a=-1'], 'The weight is "-1"; it must be a number above 0.'],
    ['an empty weight', ['--add', 'a='], 'The weight is ""; it must be a number above 0.'],
    ['a mistyped weight', ['--add', 'a=1O'], 'An id that ends like this comes with its weight: a=1O=1.'],
    ['hexadecimal', ['--add', 'a=0x10'], 'The weight is "0x10"; it must be a number above 0.'],
    ['infinity', ['--add', 'a=1e999'], 'The weight is "1e999"; it must be a number above 0.'],
    ['a weight that is too large', ['--weight', 'n=1e9'], 'the ring would have 256000000000 points; at most'],
    ['a status that is none', ['--status', 'n=ded'], 'The status is "ded"; it must be one of alive, susp'],
    ['an empty id', ['--add', 'a,,b'], "option '--add <nodes>' argument 'a,,b' is invalid. An id is empty."],
    ['a space', ['--add', 'a, b'], '" b" begins or ends with a space.'],
    ['a long id', ['--add', 'x'.repeat(256)], '--add: node id "xx'],
    ['a control character', ['--add', 'a\nb'], '--add: node id "a\\nb" has the control character U+000A'],
    ['no value', ['--add'], "option '--add <nodes>' argument missing"],
    ['replicas', ['--add', 'a', '--replicas', '0'], 'It must be a whole number from 1 to 65,535.'],
    [
      'keys twice',
      ['--add', 'a', '--keys', 'f', 'k'],
      'keys are given as arguments and with --keys: give one',
    ],
    ['keys that are missing', ['--add', 'a', '--keys', 'nope'], 'cannot open the keys "nope": no such file'],
  ])('%s', (name, args, message) => {
    const nodes = name === 'no ring' ? [] : ['--nodes', 'n,m']
    expect(complaintOf(['ring', 'plan', ...nodes, ...args], 2, '', files.path)).toContain(message)
  })
})
