import { describe, expect, test } from 'vitest'

import { LineSplitter } from '../../ts/cli/key-stream.js'
import type { PackedKeys } from '../../ts/types.js'

function textsOf({ bytes, offsets }: PackedKeys): string[] {
  return Array.from({ length: offsets.length - 1 }, (_, index) => {
    return Buffer.from(bytes.slice(offsets[index], offsets[index + 1])).toString('latin1')
  })
}

function splitInPieces(input: Buffer, sizes: () => number): string[] {
  const splitter = new LineSplitter()
  const keys: string[] = []
  for (let at = 0; at < input.length;) {
    const size = sizes()
    for (const pack of splitter.push(input.subarray(at, at + size))) keys.push(...textsOf(pack))
    at += size
  }
  for (const pack of splitter.end()) keys.push(...textsOf(pack))
  return keys
}

/** The rule, in as few words as it has. */
function expected(input: Buffer): string[] {
  const lines = input.toString('latin1').split('\n')
  const last = lines.pop()!
  return [...lines.map((line) => line.replace(/\r$/, '')), ...(last === '' ? [] : [last])]
}

/** Numbers below `bound`, the same for the same seed (mulberry32). */
function randomFrom(seed: number) {
  let state = seed
  return (bound: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}

describe('any bytes in any pieces', () => {
  test.each(Array.from({ length: 200 }, (_, seed) => seed))('seed %i', (seed) => {
    const random = randomFrom(seed)
    const alphabet = [0x0a, 0x0a, 0x0d, 0x0d, 0x61, 0x62, 0xff, 0x00]
    const input = Buffer.from(Array.from({ length: random(400) }, () => alphabet[random(alphabet.length)]!))
    expect(splitInPieces(input, () => 1 + random(1 + random(40)))).toEqual(expected(input))
  })
})

test('a line that grows over many pieces', () => {
  const input = Buffer.from(`a\n${'b'.repeat(5 << 20)}\r\nc`)
  expect(splitInPieces(input, () => 65_536).map((key) => key.length)).toEqual([1, 5 << 20, 1])
})

test('a line without end is refused, with its number', () => {
  const splitter = new LineSplitter()
  const piece = Buffer.alloc(8 << 20, 'x')
  for (const pack of splitter.push(Buffer.from('a\nb\n'))) expect(textsOf(pack)).toEqual(['a', 'b'])
  const grow = () => Array.from({ length: 9 }, () => [...splitter.push(piece)])
  expect(grow).toThrow('line 3 of the keys is longer than 67,108,864 bytes')
})
