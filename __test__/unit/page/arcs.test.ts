import { describe, expect, test } from 'vitest'
import { arcsOfShares, arcsOfSlices, bandPath, placeOf, pointAt } from '../../../page/arcs.js'

describe('arcs of slices', () => {
  test('follow each other, and are the whole ring', () => {
    expect(arcsOfSlices([1, 512, 0, 1024, -1, 512])).toEqual([
      { node: 1, start: 0, end: 0.25 },
      { node: 0, start: 0.25, end: 0.75 },
      { node: -1, start: 0.75, end: 1 },
    ])
    expect(arcsOfSlices([0, 2048])).toEqual([{ node: 0, start: 0, end: 1 }])
    expect(arcsOfSlices([])).toEqual([])
  })
})

describe('arcs of shares', () => {
  test('are side by side in the order that is asked for; who has nothing has none', () => {
    expect(arcsOfShares([0.25, 0, 0.75], [2, 1, 0])).toEqual([
      { node: 2, start: 0, end: 0.75 },
      { node: 0, start: 0.75, end: 1 },
    ])
  })

  test('leave to nobody what is left over, but for rounding', () => {
    expect(arcsOfShares([0.5])).toEqual([
      { node: 0, start: 0, end: 0.5 },
      { node: -1, start: 0.5, end: 1 },
    ])
    expect(arcsOfShares([])).toEqual([{ node: -1, start: 0, end: 1 }])
    const tenths = arcsOfShares(Array.from({ length: 10 }, () => 0.1))
    expect(tenths).toHaveLength(10)
    expect(tenths[9]!.end).toBe(1)
    expect(arcsOfShares([0.7, 0.3 + 1e-12]).map(({ end }) => end)[1]).toBe(1)
  })
})

describe('places', () => {
  test('of tokens are parts of the ring, below 1 for the last one too', () => {
    expect(placeOf('0')).toBe(0)
    expect(placeOf(String(2n ** 63n))).toBe(0.5)
    expect(placeOf(String(2n ** 64n - 1n))).toBeLessThan(1)
    expect(placeOf(String(2n ** 64n - 1n))).toBeGreaterThan(0.9999999)
  })

  test('begin at the top and go clockwise', () => {
    const near = ({ x, y }: { x: number; y: number }) =>
      [Math.round(x), Math.round(y)].map((value) => value + 0)
    expect([0, 0.25, 0.5, 0.75].map((place) => near(pointAt(place, 10)))).toEqual([
      [0, -10],
      [10, 0],
      [0, 10],
      [-10, 0],
    ])
  })
})

describe('a band', () => {
  test('goes out and back, the long way where an arc is more than half', () => {
    expect(bandPath([{ start: 0, end: 0.25 }], 5, 10)).toBe(
      'M0.000 -10.000A10 10 0 0 1 10.000 -0.000L5.000 -0.000A5 5 0 0 0 0.000 -5.000Z',
    )
    expect(bandPath([{ start: 0, end: 0.75 }], 5, 10)).toContain('A10 10 0 1 1')
  })

  test('of the whole ring is two halves: an arc from a point to itself is none', () => {
    expect(bandPath([{ start: 0, end: 1 }], 5, 10).match(/M/g)).toHaveLength(2)
  })
})
