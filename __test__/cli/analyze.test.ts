import { afterAll, expect, test } from 'vitest'

import { FIVE, numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const KEYS = numberedKeys(10_000)

test('the figures of the reference ring, as a table', () => {
  const { code, text, stderr } = run(['ring', 'analyze', ...FIVE, '--keys', '-'], KEYS)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(text).toBe(`node    keys   share
node1  1,886  18.86%  ██████████████████████████▍
node2  1,929  19.29%  ███████████████████████████
node3  2,142  21.42%  ██████████████████████████████
node4  2,028  20.28%  ████████████████████████████▍
node5  2,015  20.15%  ████████████████████████████▎

keys                10,000
mean                2,000
standard deviation  88.555
load factor         1.071
`)
})

test('the figures of the reference ring, as an object', () => {
  const { text } = run(['ring', 'analyze', ...FIVE, '--json', '--keys', files.write('keys.txt', KEYS)])
  const counts = [1886, 1929, 2142, 2028, 2015]
  expect(JSON.parse(text)).toEqual({
    keyCount: 10_000,
    mean: 2_000,
    standardDeviation: expect.closeTo(88.55506761332182, 9),
    loadFactor: 1.071,
    nodes: counts.map((keyCount, index) => ({
      id: `node${index + 1}`,
      keyCount,
      keyShare: keyCount / 10_000,
    })),
  })
})

test('keys as arguments', () => {
  const { text } = run(['ring', 'analyze', ...FIVE, '--json', 'a', 'b', ''])
  expect(JSON.parse(text)).toMatchObject({ keyCount: 3, mean: 0.6 })
})

test('no keys at all', () => {
  const { code, text } = run(['ring', 'analyze', '--nodes', 'a,b', '--keys', '-'], '')
  expect(code).toBe(0)
  expect(text).toBe(`node  keys  share
a        0  0.00%
b        0  0.00%

keys                0
mean                0
standard deviation  0
load factor         0
`)
})

test('columns keep in line where ids are wide, and nodes that may not answer have no keys', () => {
  const ring = files.write(
    'wide.yaml',
    'nodes: [{ id: 北京, status: dead }, { id: n1, weight: 2 }, { id: e\u0301e }]',
  )
  const { text } = run(['ring', 'analyze', '--ring', ring, '--keys', '-'], KEYS)
  const [header, ...rows] = text.split('\n').slice(0, 4)
  expect(header).toBe('node   keys   share')
  expect(rows).toContain('北京      0   0.00%')
  expect(rows.find((row) => row.startsWith('e\u0301e'))).toMatch(/^e\u0301e {4}\d,\d{3} {2}\d\d\.\d\d%/)
})
