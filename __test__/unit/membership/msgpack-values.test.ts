/** Values of MessagePack out of a stream: cut anywhere, and never more than the bounds. */

import { decode, encode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'

import { MsgpackValues } from '../../../dist/membership/serf/msgpack-values.js'
import { type Random, seeded } from '../../helpers/random'
import { refused } from '../../helpers/refused'

const SIZES = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536]

/** A value of any type and size, with every form of head. */
function randomValue(random: Random, depth = 0): unknown {
  // Large ones at the top only: a list of them would take its time.
  const size = random.pick(depth === 0 ? SIZES : SIZES.slice(0, 8))
  const few = Math.min(size, depth === 0 ? 300 : 17)
  const kinds = [
    () => random.pick([null, true, false, 0, 127, 128, -1, -33, 65_536, -65_536, 2 ** 40, -(2 ** 40), 1.5]),
    () => 'x'.repeat(size),
    () => new Uint8Array(size),
    () => new Date(random.below(2 ** 31) * 1_000 + random.below(2)),
    () => Array.from({ length: few }, () => randomValue(random, depth + 1)),
    () =>
      Object.fromEntries(
        Array.from({ length: few }, (_, key) => [`k${key}`, randomValue(random, depth + 1)]),
      ),
  ]
  return kinds[random.below(depth >= 2 ? 4 : kinds.length)]!()
}

/** Bytes in parts of random lengths. */
function* parts(bytes: Uint8Array, random: Random, lengthMax: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(lengthMax)
    yield bytes.subarray(at, end)
    at = end
  }
}

test('values come out whole, wherever the stream is cut', () => {
  const random = seeded('values come out whole')
  for (let round = 0; round < 30; round += 1) {
    const wanted = Array.from({ length: 1 + random.below(4) }, () => encode(randomValue(random)))
    const values = new MsgpackValues(2 ** 24)
    const lengthMax = random.pick([1, 7, 100, 100_000])
    const whole = Buffer.concat(wanted)
    if (lengthMax === 1 && whole.length > 100_000) continue
    const found = [...parts(whole, random, lengthMax)].flatMap((part) => values.push(part))
    expect(found.map((value) => value.toString('hex'))).toEqual(
      wanted.map((value) => Buffer.from(value).toString('hex')),
    )
  }
})

test('a value that is cut off is not given out', () => {
  const bytes = encode({ Members: ['a', { b: 'c'.repeat(300) }, new Uint8Array(70_000)] })
  for (const length of [0, 1, 2, 9, 12, 300, 400, bytes.length - 1]) {
    expect(new MsgpackValues(2 ** 24).push(bytes.subarray(0, length))).toEqual([])
  }
  expect(new MsgpackValues(2 ** 24).push(bytes)).toHaveLength(1)
})

describe('what goes beyond a bound is refused', () => {
  const refusal = (bytes: number[], message: RegExp) =>
    expect(() => new MsgpackValues(1_000).push(Uint8Array.from(bytes))).toThrow(
      refused('SERF_UNREACHABLE', { message: expect.stringMatching(message) }),
    )

  test.each([
    ['a text', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['bytes', [0xc6, 0x00, 0x00, 0x03, 0xe4]],
    ['an extension', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a list', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map', [0xdf, 0x00, 0x00, 0x02, 0x00]],
  ])('%s, as soon as its head is there', (_, bytes) => {
    refusal(bytes, /a value of [\d,]+ bytes or more; 1,000 is the most/)
  })

  test('a value of many small parts', () => {
    const values = new MsgpackValues(1_000)
    const part = Uint8Array.from([0xda, 0x01, 0x00, ...new Uint8Array(256)])
    values.push(Uint8Array.from([0x95]))
    const pushAll = () => Array.from({ length: 5 }, () => values.push(part))
    expect(pushAll).toThrow(refused('SERF_UNREACHABLE'))
  })

  test('a value within the bound is none of them', () => {
    expect(new MsgpackValues(1_000).push(encode('x'.repeat(997)))).toHaveLength(1)
    expect(() => new MsgpackValues(1_000).push(encode('x'.repeat(998)))).toThrow(refused('SERF_UNREACHABLE'))
  })

  test('nesting', () => {
    refusal(new Array<number>(17).fill(0x91), /nest deeper than 16/)
    expect(
      new MsgpackValues(1_000).push(Uint8Array.from([...new Array<number>(16).fill(0x91), 0])),
    ).toHaveLength(1)
  })

  test('the byte that MessagePack never uses', () => refusal([0x92, 0xc1], /no MessagePack/))
})

test('random bytes are values or are refused, and nothing else happens', () => {
  const random = seeded('random bytes are values or are refused')
  let refusals = 0
  for (let round = 0; round < 3_000; round += 1) {
    const values = new MsgpackValues(4_096)
    const bytes = Uint8Array.from({ length: 1 + random.below(200) }, () => random.below(256))
    try {
      for (const value of values.push(bytes)) {
        try {
          decode(value)
        } catch (error) {
          // Keys that are no texts, and texts that are no UTF-8: whole all the same.
          expect((error as Error).message).not.toMatch(/Insufficient data|Extra/)
        }
      }
    } catch (error) {
      expect(error).toEqual(refused('SERF_UNREACHABLE'))
      refusals += 1
    }
  }
  expect(refusals).toBeGreaterThan(100)
})
