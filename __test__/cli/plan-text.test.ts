/** What `ring plan` prints for people. */

import { Writable } from 'node:stream'

import { afterAll, describe, expect, test } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { reportMovement } from '../../ts/cli/movement-report.js'
import { Output } from '../../ts/cli/output.js'
import { charts, displayWidth, prose } from '../../ts/cli/text.js'
import { numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const THREE = ['--nodes', 'node1,node2,node3']

function plan(args: readonly string[], input = ''): string {
  const { code, text, stderr } = run(['ring', 'plan', ...args], input)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return text
}

test('all of it', () => {
  const text = plan([...THREE, '--add', 'node4', '--replicas', '2', '--keys', '-'], numberedKeys(1_000))
  expect(text).toBe(`Adding node4 moves 23.72% of all keys to another node; all others stay where
they are.
For comparison: if every node had exactly its fair share, before and after,
25.00% would have to move. It is not exactly that, for shares on a hash ring are
only nearly fair.
Keys that move: 243 of the 1,000 given (24.30%).

What moves
from   to     share  ranges  keys
node1  node4  8.86%      67    85  █████████████████████████████▏
node2  node4  5.73%      59    66  ██████████████████▉
node3  node4  9.13%      60    92  ██████████████████████████████

The share of each node, before and after
node   before                    after
node1  33.18%  █████████████▋   24.32%  ██████████
node2  30.44%  ████████████▌    24.70%  ██████████▏
node3  36.38%  ███████████████  27.25%  ███████████▎
node4     new                   23.72%  █████████▊

What has to be copied, so that every key is on the 2 nodes that are to have it
to     from    share  ranges
node4  node1  17.06%      86  ██████████████████████████████
node4  node2  14.34%      84  █████████████████████████▎
node4  node3  16.06%      81  ████████████████████████████▎

share        a part of all keys
ranges       the number of pieces of the ring that it lies in
load factor  1.091 before, 1.090 after: largest ÷ mean share; 1 = all equal
`)
})

describe('what happens, in words', () => {
  const firstLines = (...args: string[]) => plan(args).split('\n\n')[0]!.replaceAll('\n', ' ')

  test.each<[string[], string]>([
    [['--add', 'd'], 'Adding d moves '],
    [['--add', 'd=2,e'], 'Adding d with weight 2 and e moves '],
    [['--add', 'd,e,f,g'], 'Adding 4 nodes moves '],
    [['--remove', 'a', '--add', 'd'], 'Adding d and removing a moves '],
    [
      ['--weight', 'a=2', '--status', 'b=dead'],
      'Changing the weight of a to 2 and changing the status of b to',
    ],
    [['--add', 'x y'], 'Adding "x y" moves '],
  ])('%j', (flags, begin) => {
    expect(firstLines('--nodes', 'a,b,c', ...flags).slice(0, begin.length)).toBe(begin)
  })

  test('less than the ideal is no contradiction', () => {
    const text = firstLines(...THREE, '--add', 'node4')
    expect(text).toContain('moves 23.72% of all keys to another node; all others stay where they are.')
    expect(text).toContain('exactly its fair share, before and after, 25.00% would have to move.')
    expect(text).toContain('It is not exactly that, for shares on a hash ring are only nearly fair.')
  })

  test('nothing moves', () => {
    expect(plan([...THREE, '--status', 'node1=suspected', '--replicas', '3', 'k']))
      .toBe(`Changing the status of node1 to suspected moves nothing: every key stays where
it is.
Keys that move: 0 of the 1 given (0.00%).

The share of each node, before and after
node   before                    after
node1  33.18%  █████████████▋   33.18%  █████████████▋
node2  30.44%  ████████████▌    30.44%  ████████████▌
node3  36.38%  ███████████████  36.38%  ███████████████

Nothing has to be copied: every key is on the 3 nodes that are to have it.

share        a part of all keys
load factor  1.091 before, 1.091 after: largest ÷ mean share; 1 = all equal
`)
    expect(firstLines(...THREE, '--weight', 'node1=1.000001')).not.toContain('comparison')
  })

  test('all of it moves', () => {
    const text = firstLines('--nodes', 'a', '--add', 'b', '--remove', 'a')
    expect(text).toBe('Adding b and removing a moves all keys to other nodes.')
  })

  test('nobody', () => {
    const text = plan(['--nodes', 'a,b', '--status', 'a=dead,b=dead', '--replicas', '2'])
    expect(text.split('\n\n')[0]!.replace('\n', ' ')).toBe(
      'Changing the status of a to dead and b to dead leaves no node that may answer: ' +
        'every key loses its node.',
    )
    expect(text).toMatch(/^a {5}\(nobody\) {2}\d\d\.\d\d% /m)
    expect(text).toContain('\nNothing can be copied: no node may answer.\n')
    const dead = files.write('dead.yaml', 'nodes: [{ id: a, status: dead }, { id: b, status: dead }]')
    const alive = plan(['--ring', dead, '--status', 'a=alive', '--replicas', '2'])
    expect(alive).toContain('gives every key a node: before, none could\nanswer.\n')
    expect(alive).toMatch(/^\(nobody\) {2}a {3}100\.00% /m)
    expect(firstLines('--ring', dead, '--remove', 'a')).toContain(
      'moves nothing: no node may answer, neither before nor after.',
    )
  })

  test('nobody left to copy from', () => {
    const empty = files.write('empty.yaml', 'nodes: []')
    const text = plan(['--ring', empty, '--add', 'a', '--replicas', '2'])
    expect(text).toContain('What has to be copied, so that every key is on the node that is to have it\n')
    expect(text).toMatch(/^a {3}\(nobody\) {2}100\.00% /m)
    expect(text).toContain('\n(nobody): no node that has these keys is left to copy from.\n')
  })

  test('a small share is not nothing', () => {
    const text = plan(['--nodes', 'a,b', '--virtual-nodes', '65536', '--weight', 'a=1.00001,b=1.00001'])
    expect(text).toMatch(/moves <0\.01% of all keys/)
  })
})

describe('columns', () => {
  test('keep in line where ids are wide', () => {
    const lines = plan(['--nodes', '北京,e\u0301e', '--add', 'n1']).split('\n')
    const at = lines.indexOf('What moves')
    expect(lines[at + 1]).toBe('from  to   share  ranges')
    expect(lines[at + 2]).toMatch(/^e\u0301e {4}n1 {2}\d\d\.\d\d% {6}\d\d {2}█/)
    expect(lines[at + 3]).toMatch(/^北京 {2}n1 {2}\d\d\.\d\d% {6}\d\d {2}█/)
  })

  const bars = (lineCells: number) => {
    const rows = [
      ['n', { value: 1, largest: 2 }, 'x', { value: 2, largest: 2 }],
      ['m', { value: 0, largest: 2 }, 'y', { value: 0.001, largest: 2 }],
    ]
    return charts(rows, ['left', 'left', 'left', 'left'], lineCells)
  }

  test('bars share what the line has left, or are left out', () => {
    expect(bars(Infinity)).toEqual([`n  ${'█'.repeat(7)}▌  x  ${'█'.repeat(15)}`, `m${' '.repeat(12)}y  ▏`])
    expect(bars(21)).toEqual([`n  ███  x  ${'█'.repeat(6)}`, 'm       y  ▏'])
    expect(bars(19)).toEqual(['n  x', 'm  y'])
  })

  /** What a terminal of that width shows. */
  async function shown(columns: number): Promise<string[]> {
    const pieces: Buffer[] = []
    const write = (piece: Buffer, _: string, done: () => void) => {
      pieces.push(Buffer.from(piece))
      done()
    }
    const terminal = Object.assign(new Writable({ write }), { columns })
    const ids = ['a', 'b', 'c'].map((name) => `${name}.cache.production.svc.local`)
    const ring = new HashRing({ nodes: ids })
    const movement = ring.plan({ remove: [ids[0]!], add: ['d'] }, { replicas: 2 })
    await reportMovement(movement, 'It', { keys: ['k'] }, 2, {}, new Output(() => terminal))
    return Buffer.concat(pieces).toString().split('\n')
  }

  test('ids stand side by side where the terminal has room, and below each other where not', async () => {
    const wide = await shown(120)
    const narrow = await shown(60)
    expect(wide.every((line) => displayWidth(line) <= 120)).toBe(true)
    expect(narrow.every((line) => displayWidth(line) <= 60)).toBe(true)
    expect(wide[wide.indexOf('What moves') + 1]).toMatch(/^from +to +share {2}ranges {2}keys$/)
    const at = narrow.indexOf('What moves')
    expect(narrow.slice(at + 1, at + 8).map((line) => line.replace(/ {2}[\d. ]+%.*/, '').trimEnd())).toEqual([
      '                                    share  ranges  keys',
      'from a.cache.production.svc.local',
      '  to b.cache.production.svc.local',
      '  to c.cache.production.svc.local',
      '  to d',
      'from b.cache.production.svc.local',
      '  to d',
    ])
    const copies = narrow.slice(narrow.findIndex((line) => line.startsWith('What has to be copied')))
    expect(copies.filter((line) => line.startsWith('to '))).toEqual([
      'to b.cache.production.svc.local',
      'to c.cache.production.svc.local',
      'to d',
    ])
  })

  test('prose breaks between words, and long words stay whole', () => {
    expect(prose('aa bb cc', 5)).toEqual(['aa bb', 'cc'])
    expect(prose('aaaaaaaa bb', 5)).toEqual(['aaaaaaaa', 'bb'])
    expect(prose('北京 東京 bb', 9)).toEqual(['北京 東京', 'bb'])
  })
})
