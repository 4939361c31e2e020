import { describe, expect, test } from 'vitest'
import { counted, deviation, duration, listed, number, percent } from '../../../page/format.js'

/** With spaces that are just spaces. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('a share', () => {
  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [1 / 3, '33.3 %'],
    [0.1, '10.0 %'],
    [0.09999, '10.0 %'],
    [0.0123, '1.23 %'],
    [0.001, '0.10 %'],
    [0.00012345, '0.012 %'],
    [0.000000001, '< 0.001 %'],
    [0.99999, '> 99.9 %'],
    [1 + 1e-15, '100 %'],
  ])('of %d is %s', (share, text) => {
    expect(plain(percent(share))).toBe(text)
  })

  test('of something is never nothing, and of less than all never all', () => {
    expect(plain(percent(Number.MIN_VALUE))).not.toBe('0 %')
    expect(plain(percent(1 - Number.EPSILON))).not.toBe('100 %')
  })
})

describe('a deviation from the fair share', () => {
  test.each([
    [0.35, 1 / 3, '+5.0 %'],
    [0.3, 1 / 3, '−10.0 %'],
    [0.25, 0.25, '±0 %'],
    [0.2500001, 0.25, '±0 %'],
    [0.9, 0.3, '+200 %'],
    [0.3, 0, ''],
  ])('of %d from %d is %s', (share, fairShare, text) => {
    expect(plain(deviation(share, fairShare))).toBe(text)
  })
})

describe('other figures', () => {
  test('durations are in a unit that fits', () => {
    const texts = [0, 0.24, 12, 999, 1000, 1540, 600_000].map((ms) => plain(duration(ms)))
    expect(texts).toEqual(['0 ms', '0.2 ms', '12 ms', '999 ms', '1 s', '1.5 s', '600 s'])
  })

  test('counts have their word in the right number', () => {
    expect([counted(1, 'node'), counted(0, 'node'), counted(1234, 'node')]).toEqual([
      '1 node',
      '0 nodes',
      '1,234 nodes',
    ])
    expect(counted(2, 'more', 'more')).toBe('2 more')
    expect(number(1234.5)).toBe('1,234.5')
  })

  test('lists are read as people say them', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b and c'])
  })
})
