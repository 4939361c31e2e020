import { afterAll, expect, test } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { goldenJson } from '../helpers/golden.js'
import { FIVE, complaintOf, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

function ownership(...args: string[]): string {
  const { code, text, stderr } = run(['ring', 'ownership', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return text
}

const weighted = files.write(
  'ring.yaml',
  'nodes: [{ id: node1, weight: 2 }, { id: node2, status: dead }, node3, { id: node4, status: suspected }]',
)

test('the shares of the reference placement, as an object', () => {
  const { rings } = goldenJson('shares.json') as {
    rings: { ring: string; nodes: { node: string; arc: string; share: string }[] }[]
  }
  const { nodes } = rings.find(({ ring }) => ring === 'r1')!
  expect(JSON.parse(ownership(...FIVE, '--json'))).toEqual({
    version: 1,
    checksum: new HashRing({ nodes: nodes.map(({ node }) => node) }).checksum,
    loadFactor: expect.closeTo(5 * 0.207927666302, 10),
    ownership: nodes.map(({ node, arc, share }) => ({
      id: node,
      arc,
      share: expect.closeTo(Number(share), 11),
      fairShare: 0.2,
      homeArc: arc,
    })),
  })
})

test('as a table', () => {
  expect(ownership('--nodes', 'node1,node2,node3')).toBe(`node    share  fair share                  arc
node1  33.18%      33.33%  6120760221369908410  ███████████████████████████▍
node2  30.44%      33.33%  5614535004205738070  █████████████████████████▏
node3  36.38%      33.33%  6711448848133905136  ██████████████████████████████

share        the part of all keys that the node answers for
fair share   the part that its weight asks for
arc          the share as a number of tokens (hashes of keys), of 2^64
load factor  1.091: largest ÷ mean share; 1 = all equal
`)
})

test('weights, and home shares where a status makes them differ', () => {
  expect(ownership('--ring', weighted)).toBe(`node    share  fair share  home share                  arc
node1  49.93%      50.00%      40.78%  9210317767369953583  ██████████████████████████████
node2   0.00%       0.00%      19.45%                    0
node3  27.11%      25.00%      21.47%  5001512923802927623  ████████████████▎
node4  22.96%      25.00%      18.30%  4234913382536670410  █████████████▊

share        the part of all keys that the node answers for
fair share   the part that its weight asks for
home share   the part that it would have, if all nodes were well
arc          the share as a number of tokens (hashes of keys), of 2^64
load factor  1.997: largest ÷ mean share; 1 = all equal
`)
})

test('a status that may answer makes no difference', () => {
  const doubted = files.write('doubted.yaml', 'nodes: [{ id: a, status: suspected }, b]')
  expect(ownership('--ring', doubted)).not.toContain('home share')
})

test('nobody', () => {
  const dead = files.write('dead.yaml', 'nodes: [{ id: a, status: dead }]')
  expect(ownership('--ring', dead)).toMatch(/^a {5}0\.00% {7}0\.00% {5}100\.00% {4}0$/m)
  expect(ownership('--ring', dead)).toMatch(/^load factor {2}0\.000: /m)
  const empty = files.write('empty.yaml', 'nodes: []')
  expect(JSON.parse(ownership('--ring', empty, '--json'))).toMatchObject({ loadFactor: 0, ownership: [] })
  expect(ownership('--ring', empty).split('\n')[0]).toBe('node  share  fair share  arc')
})

test('wrong usage', () => {
  const complaint = (...args: string[]) => complaintOf(['ring', 'ownership', ...args], 2, '', files.path)
  expect(complaint()).toBe('the nodes are missing: give --nodes or --ring')
  expect(complaint('--nodes', 'a', 'k')).toContain("too many arguments for 'ownership'")
  expect(complaint('--nodes', 'a', '--keys', 'f')).toContain("unknown option '--keys'")
  expect(complaint('--nodes', 'a,a')).toBe('the node "a" is given twice')
  expect(complaint('--ring', 'nope')).toBe('cannot read the ring file "nope": no such file')
})
