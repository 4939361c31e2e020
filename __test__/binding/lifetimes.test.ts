/** Native memory goes when its ring goes, and a thread that ends takes nothing of the others with it. */

import { describe, expect, test, vi } from 'vitest'

import { HashRing } from '../../dist/index.js'
import { seeded } from '../helpers/random.js'
import { DIST, inChild } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

const MB = 1e6
const NATIVE = JSON.stringify(DIST.replace(/index\.js$/, 'native.js'))

describe('dropped rings', () => {
  test('are collected without being asked: V8 is told of their memory', async () => {
    // About 3.4 MB each, 340 MB in all, and next to nothing of it on the heap of JavaScript.
    const peak = await inChild<number>(`
      const before = process.memoryUsage.rss()
      let peak = 0
      for (let count = 0; count < 100; count += 1) {
        const ring = new HashRing({ nodes: ['a', 'b', 'c', 'd'], virtualNodeCount: 64_000 })
        assert.equal(ring.getReplicas('key').length, 3)
        peak = Math.max(peak, process.memoryUsage.rss() - before)
        await turn()
      }
      return peak`)
    expect(peak).toBeLessThan(200 * MB)
  })

  test('300 of 250 nodes, 270 MB in all, stay within bounds', async () => {
    const grown = await inChild<number>(`
      const nodes = Array.from({ length: 250 }, (_, at) => 'node' + at)
      const before = process.memoryUsage.rss()
      for (let count = 0; count < 300; count += 1) {
        assert.equal(new HashRing({ nodes }).pointCount, 64_000)
        await turn()
      }
      return process.memoryUsage.rss() - before`)
    expect(grown).toBeLessThan(150 * MB)
  })

  test('2,000 give back their numbers and their memory', async () => {
    const { number, grown } = await inChild<{ number: number; grown: number }>(
      `
      const { binding, environment } = require(${NATIVE})
      const kept = new HashRing({ nodes: ['kept'] })
      const dropMany = async () => {
        for (let count = 0; count < 2_000; count += 1) new HashRing({ nodes: ['a', 'b'] }).getNode('key')
        await collect()
      }
      await dropMany()
      await dropMany()
      const before = process.memoryUsage()
      for (let round = 0; round < 4; round += 1) await dropMany()
      const after = process.memoryUsage()
      const next = binding.NativeRing.attach(environment, kept.handle())
      assert.equal(kept.getNode('key'), 'kept')
      const sizeOf = ({ rss, heapUsed, external }) => rss + heapUsed + external
      return { number: next.number, grown: sizeOf(after) - sizeOf(before) }`,
      ['--expose-gc'],
    )
    // The lowest number that is free: only the kept ring has one.
    expect(number).toBe(1)
    expect(grown).toBeLessThan(10 * MB)
  })
})

describe('closed rings', () => {
  test('free their memory at once', async () => {
    const grown = await inChild<number>(`
      const before = process.memoryUsage.rss()
      let peak = 0
      // No turn ends here: nothing is collected, only closed.
      for (let count = 0; count < 300; count += 1) {
        new HashRing({ nodes: ['only'], virtualNodeCount: 64_000 }).close()
        peak = Math.max(peak, process.memoryUsage.rss() - before)
      }
      return peak`)
    expect(grown).toBeLessThan(60 * MB)
  })

  test('may be closed again, and by Symbol.dispose', () => {
    const ring = new HashRing({ nodes: ['a'] })
    const other = new HashRing({ nodes: ['b'] })
    ring.close()
    ring.close()
    expect(() => ring.getNode('key')).toThrow('the ring is closed')
    // Takes the number of the first: closing that once more must not close this one.
    const third = new HashRing({ nodes: ['c'] })
    ring[Symbol.dispose]()
    expect([other.getNode('key'), third.getNode('key')]).toEqual(['b', 'c'])
    third[Symbol.dispose]()
    expect(() => third.getNode('key')).toThrow('the ring is closed')
  })

  test('open and closed rings never mix up, though numbers are given again', () => {
    const random = seeded('open and closed rings never mix up, though numbers are given again')
    const rings = new Map<string, HashRing>()
    for (let step = 0; step < 5_000; step += 1) {
      const name = `ring${random.below(50)}`
      const ring = rings.get(name)
      if (ring === undefined) rings.set(name, new HashRing({ nodes: [name], virtualNodeCount: 1 }))
      else if (random.oneIn(3)) {
        ring.close()
        expect(() => ring.getNode('key')).toThrow('the ring is closed')
        rings.delete(name)
      } else ring.setNodes([name])
      const [asked, asking] = random.pick([...rings, ['', undefined] as const])
      if (asking === undefined) continue
      expect(asking.getNode(`key${step}`)).toBe(asked)
      expect(asking.getReplicas('key')).toEqual([asked])
      expect(asking.getNodeBatch(['key', 'other'])).toEqual([asked, asked])
    }
  })
})

describe('a million ids', () => {
  const program = (change: string) => `
    const ring = new HashRing({ virtualNodeCount: 1 })
    const used = async () => {
      await collect()
      const { heapUsed, external, rss } = process.memoryUsage()
      return [heapUsed + external, rss]
    }
    let half
    for (let at = 0; at < 1_000_000; at += 500) {
      if (at === 500_000) half = await used()
      ${change}
    }
    const whole = await used()
    return whole.map((bytes, index) => bytes - half[index])`

  test('added and removed one by one leave memory flat', async () => {
    const grown = await inChild<number[]>(
      program(`for (let next = at; next < at + 500; next += 1) {
        ring.addNode('id-' + next)
        assert.equal(ring.getNode('key'), 'id-' + next)
        ring.removeNode('id-' + next)
      }`),
      ['--expose-gc'],
    )
    expect(grown[0]).toBeLessThan(1 * MB)
    expect(grown[1]).toBeLessThan(24 * MB)
  })

  test('set in lists of 500 leave memory flat', async () => {
    const grown = await inChild<number[]>(
      program(`ring.setNodes(Array.from({ length: 500 }, (_, index) => 'id-' + (at + index)))
        assert.equal(ring.getReplicas('key', 500).length, 500)`),
      ['--expose-gc'],
    )
    expect(grown[0]).toBeLessThan(1 * MB)
    expect(grown[1]).toBeLessThan(24 * MB)
  })
})
