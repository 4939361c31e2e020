import { describe, expect, test } from 'vitest'
import { ColorSlots, colorOf, oklch } from '../../../page/colors.js'
import { contrast } from '../../helpers/contrast'

const slots = Array.from({ length: 400 }, (_, slot) => slot)

/** Distance in the space of {@link oklch}, where equal distances look equal. */
function distance(one: string, other: string): number {
  const [a, b] = [oklab(one), oklab(other)]
  return Math.hypot(...a.map((value, axis) => value - b[axis]!))
}

function oklab(hex: string): number[] {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

describe('colours of nodes', () => {
  test('carry their numbers readably in both themes, and stand out from their grounds', () => {
    for (const slot of slots) {
      const { light, dark } = colorOf(slot)
      expect(contrast(light, '#ffffff'), `slot ${slot}, light`).toBeGreaterThanOrEqual(4.5)
      expect(contrast(dark, '#0e1116'), `slot ${slot}, dark`).toBeGreaterThanOrEqual(4.5)
      expect(contrast(dark, '#161a21'), `slot ${slot}, dark`).toBeGreaterThanOrEqual(3)
    }
  })

  test('of the first eight are far apart', () => {
    for (const theme of ['light', 'dark'] as const) {
      const eight = slots.slice(0, 8).map((slot) => colorOf(slot)[theme])
      for (const [index, one] of eight.entries()) {
        for (const other of eight.slice(index + 1)) {
          expect(distance(one, other), `${one} and ${other}`).toBeGreaterThan(0.08)
        }
      }
    }
  })

  test('of neighbouring slots differ, however many there are', () => {
    for (const slot of slots.slice(1)) {
      expect(distance(colorOf(slot - 1).light, colorOf(slot).light)).toBeGreaterThan(0.08)
    }
  })

  test('are worked out as published', () => {
    expect(oklch(1, 0, 0)).toBe('#ffffff')
    expect(oklch(0, 0, 0)).toBe('#000000')
    // sRGB red, in the figures of the publication.
    expect(oklch(0.627955, 0.257683, 29.2339)).toBe('#ff0000')
  })
})

describe('slots', () => {
  test('are given in the order of people, from 0', () => {
    const colors = new ColorSlots()
    colors.take(['node10', 'node2', 'node1'])
    expect([...colors.slots]).toEqual([
      ['node1', 0],
      ['node2', 1],
      ['node10', 2],
    ])
  })

  test('stay with their nodes while others come and go, and are never given again', () => {
    const colors = new ColorSlots()
    colors.take(['a', 'b', 'c'])
    colors.take(['a', 'c'])
    colors.take(['a', 'aa', 'c', 'd', 'd'])
    expect(Object.fromEntries(colors.slots)).toEqual({ a: 0, b: 1, c: 2, aa: 3, d: 4 })
  })
})
