import { afterAll, describe, expect, test } from 'vitest'

import { numberedKeys, complaintOf, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const KEYS = numberedKeys(1_000)
files.write('three.yaml', 'nodes: [node1, node2, node3]')
files.write('four.json', '{"nodes": ["node1", "node2", "node3", "node4"]}')
files.write('dead.yaml', 'nodes: [{ id: node1, status: dead }, node2, node3]')
files.write('seeded.yaml', 'hash_seed: 7\nnodes: [node1]')
files.write('sha.yaml', 'hash_function: sha256\nnodes: [node1]')
files.write('bad.yaml', 'nodes:\n  - a\n  - 5\n')
files.write('no nodes.yaml', 'nodes: []')

function ring(args: readonly string[], input = ''): string {
  const { code, text, stderr } = run(['ring', ...args], input, files.path)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return text
}

/** The output without what names the change. */
const withoutTitle = (text: string) => text.replaceAll('\n', ' ').replace(/^.*? moves /, 'moves ')

test('it prints what a plan prints', () => {
  const flags = ['--replicas', '2', '--keys', '-']
  const plan = ['plan', '--nodes', 'node1,node2,node3', '--add', 'node4', ...flags]
  const text = ring(['diff', 'three.yaml', 'four.json', ...flags], KEYS)
  expect(text.replaceAll('\n', ' ')).toMatch(
    /^Going from three\.yaml to four\.json moves 23\.72% of all keys /,
  )
  expect(withoutTitle(text)).toBe(withoutTitle(ring(plan, KEYS)))
})

test('the object of a plan, but for the versions', () => {
  const flags = ['--json', '--replicas', '2', '--keys', files.write('keys.txt', KEYS)]
  const plan = ['plan', '--ring', 'three.yaml', '--add', 'node4', ...flags]
  const answer = JSON.parse(ring(['diff', 'three.yaml', 'four.json', ...flags])) as { after: object }
  const planned = JSON.parse(ring(plan)) as { after: object }
  expect(answer).toMatchObject({ keyCount: 1_000, movedKeyCount: 243, idealShare: 0.25 })
  expect({ ...answer, after: { ...answer.after, version: 2 } }).toEqual(planned)
})

test('statuses count', () => {
  const text = ring(['diff', 'three.yaml', 'dead.yaml'])
  expect(text).toMatch(/^node1 {2}node2 {2}\d\d\.\d\d% /m)
  expect(text).toMatch(/^node1 {2}33\.18% {2}█+. +0\.00%$/m)
})

test('equal rings', () => {
  const text = ring(['diff', 'three.yaml', 'three.yaml'])
  expect(text.split('\n\n')[0]).toBe(
    'Going from three.yaml to three.yaml moves nothing: every key stays where it is.',
  )
})

test('from and to nobody', () => {
  expect(ring(['diff', 'no nodes.yaml', 'three.yaml'])).toContain(
    'Going from "no nodes.yaml" to three.yaml gives every key a node: before, none\ncould answer.\n',
  )
  expect(ring(['diff', 'three.yaml', 'no nodes.yaml'])).toMatch(/^node1 {2}\(nobody\) {2}33\.18% /m)
})

describe('wrong usage: code 2 and one line', () => {
  test.each<[string, string[], string]>([
    ['no files', [], "missing required argument 'before'"],
    ['one file', ['three.yaml'], "missing required argument 'after'"],
    ['three files', ['three.yaml', 'four.json', 'k'], "too many arguments for 'diff'"],
    ['a missing file', ['three.yaml', 'nope'], 'cannot read the ring file "nope": no such file'],
    ['a bad file', ['bad.yaml', 'three.yaml'], 'bad.yaml:3: nodes[1] is 5; it must be an id'],
    ['--nodes', ['--nodes', 'a', 'three.yaml', 'four.json'], "unknown option '--nodes'"],
    ['a change', ['three.yaml', 'four.json', '--add', 'a'], "unknown option '--add'"],
    ['no keys', ['three.yaml', 'four.json', '--keys', 'nope'], 'cannot open the keys "nope": no such file'],
    [
      'another seed',
      ['three.yaml', 'seeded.yaml'],
      'cannot compare three.yaml with seeded.yaml: the rings have xxhash64 with different ' + 'seeds',
    ],
    ['another hash', ['three.yaml', 'sha.yaml'], 'one ring has xxhash64, the other sha256'],
  ])('%s', (_, args, message) => {
    expect(complaintOf(['ring', 'diff', ...args], 2, '', files.path)).toContain(message)
  })
})
