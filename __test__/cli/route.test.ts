import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { FIVE, numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

function route(...args: string[]) {
  return run(['ring', 'route', ...args])
}

/** Routes bytes and answers the keys that were seen. */
function keysSeen(input: string | Uint8Array): string[] {
  const { code, text } = run(['ring', 'route', '--nodes', 'n', '--keys', '-'], input)
  expect(code).toBe(0)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/\tn$/, ''))
}

describe('answers', () => {
  test('a line for each key: key, tab, node', () => {
    expect(route(...FIVE, 'a', 'b', '').text).toBe('a\tnode2\nb\tnode3\n\tnode1\n')
  })

  test('replicas, the owner first, separated by commas', () => {
    expect(route(...FIVE, '--replicas', '3', 'a', 'b').text).toBe(
      'a\tnode2,node3,node5\nb\tnode3,node5,node1\n',
    )
    expect(route(...FIVE, '--replicas', '1', 'a').text).toBe('a\tnode2\n')
    expect(route('--nodes', 'x', '--replicas', '9', 'a').text).toBe('a\tx\n')
  })

  test('one JSON object a line, replicas only where asked for', () => {
    expect(route(...FIVE, '--json', 'a', '').text).toBe(
      '{"key":"a","node":"node2"}\n{"key":"","node":"node1"}\n',
    )
    const { text } = route(...FIVE, '--json', '--replicas', '2', 'a"\n')
    expect(JSON.parse(text)).toEqual({ key: 'a"\n', node: expect.any(String), replicas: expect.any(Array) })
    expect(text.match(/\n/g)).toHaveLength(1)
  })

  test('the owners of the reference placement', () => {
    const rows = readFileSync(resolve(__dirname, '../golden/owners-r1.csv'), 'utf8').trim().split('\n')
    const known = rows.filter((row) => /^key:\d+,/.test(row)).map((row) => row.split(','))
    expect(known.length).toBe(100)
    const { text } = run(['ring', 'route', ...FIVE, '--keys', '-'], known.map(([key]) => `${key}\n`).join(''))
    expect(text).toBe(known.map(([key, , , owner]) => `${key}\t${owner}\n`).join(''))
  })

  test('other virtual nodes and another hash are another placement', () => {
    const input = numberedKeys(100)
    const plain = run(['ring', 'route', ...FIVE, '--keys', '-'], input).text
    for (const flags of [
      ['--virtual-nodes', '64'],
      ['--hash', 'sha256'],
    ]) {
      const other = run(['ring', 'route', ...FIVE, ...flags, '--keys', '-'], input)
      expect(other.code).toBe(0)
      expect(other.text).not.toBe(plain)
    }
    const same = ['--virtual-nodes', '256', '--hash', 'xxhash64']
    expect(run(['ring', 'route', ...FIVE, ...same, '--keys', '-'], input).text).toBe(plain)
  })

  test('a key that begins with dashes comes after --', () => {
    expect(route('--nodes', 'n', '--', '--x').text).toBe('--x\tn\n')
  })

  test('--nodes given more than once adds up', () => {
    expect(route('--nodes', 'node1,node2', '-n', 'node3,node4,node5', 'a').text).toBe('a\tnode2\n')
  })
})

describe('lines', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['\n', ['']],
    ['a\n\n', ['a', '']],
    ['\n\na', ['', '', 'a']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['\r\n\r\n', ['', '']],
    ['a\r\r\n', ['a\r']],
    ['a\rb\n', ['a\rb']],
    ['a\r', ['a\r']],
    [' a \n', [' a ']],
  ])('%j', (input, keys) => {
    expect(keysSeen(input)).toEqual(keys)
  })

  test('a file and standard input give the same', () => {
    const input = numberedKeys(5_000)
    const path = files.write('keys.txt', input)
    const fromFile = run(['ring', 'route', ...FIVE, '--keys', path])
    expect(fromFile.text).toBe(run(['ring', 'route', ...FIVE, '--keys', '-'], input).text)
    expect(fromFile.text.split('\n')).toHaveLength(5_001)
  })

  test('bytes that are not UTF-8 come out as they went in, and U+FFFD in JSON', () => {
    const input = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0xc3, 0xbc, 0x0a])
    const { stdout } = run(['ring', 'route', '--nodes', 'n', '--keys', '-'], input)
    expect(
      stdout.equals(Buffer.from([0xff, 0x00, 0xfe, 0x09, 0x6e, 0x0a, 0xc3, 0xbc, 0x09, 0x6e, 0x0a])),
    ).toBe(true)
    const { text } = run(['ring', 'route', '--nodes', 'n', '--keys', '-', '--json'], input)
    expect(text).toBe('{"key":"\uFFFD\\u0000\uFFFD","node":"n"}\n{"key":"ü","node":"n"}\n')
  })

  test('bytes that are not UTF-8 are not the key that they would be decoded to', () => {
    const bytes = Array.from({ length: 64 }, (_, index) => Buffer.from([0x80 + index, 0x0a]))
    const { stdout } = run(['ring', 'route', ...FIVE, '--keys', '-'], Buffer.concat(bytes))
    const owners = new Set(
      stdout
        .toString('latin1')
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t')[1]),
    )
    expect(owners.size).toBe(5)
  })

  test('lines that reach over the pieces in which a file is read', () => {
    const keys = ['x', 'y'.repeat((1 << 20) - 3), 'z'.repeat(3 << 20), '', 'ü'.repeat(1 << 19), 'end']
    const path = files.write('long.txt', keys.join('\n'))
    const { text } = run(['ring', 'route', '--nodes', 'n', '--keys', path])
    expect(text === keys.map((key) => `${key}\tn\n`).join('')).toBe(true)
    expect(keysSeen(keys.join('\r\n')).every((key, index) => key === keys[index])).toBe(true)
  })

  test('more empty lines than are handed on at a time', () => {
    expect(keysSeen('\n'.repeat(200_001))).toHaveLength(200_001)
  })

  test('a long line with an argument has the same owner', () => {
    const key = 'k'.repeat(100_000)
    expect(run(['ring', 'route', ...FIVE, '--keys', '-'], key).text).toBe(route(...FIVE, key).text)
  })
})
