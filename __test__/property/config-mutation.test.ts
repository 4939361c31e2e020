import { expect, test } from 'vitest'

import { HyperCacheError, loadClusterConfig, validateClusterConfig } from '../../dist/index.js'
import { exampleConfig } from '../../dist/cli/config-example.js'
import { type Random, seeded } from '../helpers/random.js'

const OPTIONS = { env: {} }
const PIECES = [
  '[',
  '{',
  '}',
  ']',
  ': ',
  '- ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '!!str ',
  '"',
  "'",
  '|',
  '>',
  '#',
  '? ',
  '\t',
  '0',
]

/** Whether something loads; fails for an error other than the one. */
function isGood(load: () => unknown): boolean {
  try {
    load()
    return true
  } catch (error) {
    if (!(error instanceof HyperCacheError) || error.code !== 'ERR_HYPERCACHE_CONFIG_INVALID') throw error
    expect(error.problems!.length).toBeGreaterThan(0)
    for (const { path, message, bound, origin, line, column } of error.problems!) {
      expect([typeof path, typeof origin]).toEqual(['string', 'string'])
      expect(message.length * bound.length).toBeGreaterThan(0)
      if (line !== undefined) expect(Math.min(line, column!)).toBeGreaterThan(0)
    }
    return false
  }
}

function mutatedText(text: string, random: Random): string {
  const at = random.below(text.length)
  const length = random.below(12)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length)
    case 1:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at)
    case 2:
      return text.slice(0, at) + random.text(5) + text.slice(at)
    default:
      return text.slice(0, at) + text.slice(random.below(text.length))
  }
}

test('a mutated file is good, or refused by the one error', () => {
  const random = seeded('a mutated file is good, or refused by the one error')
  // Without the comments, in which a mutation changes nothing.
  const text = exampleConfig().replace(/^ *#.*\n|^\n/gm, '')
  let good = 0
  for (let round = 0; round < 200; round += 1) {
    let mutated = text
    for (let step = random.below(4); step >= 0; step -= 1) mutated = mutatedText(mutated, random)
    if (isGood(() => loadClusterConfig({ text: mutated }, OPTIONS))) good += 1
  }
  expect(good).toBeLessThan(200)
})

test('a mutated object is good, and then again, or refused by the one error', () => {
  const random = seeded('a mutated object is good, and then again, or refused by the one error')
  const values = () =>
    random.pick<unknown>([
      ...[null, undefined, NaN, -1, 0, 1, 0.5, 1e9, 7n, 2n ** 64n, '', 'a', 'a:1', true, false],
      ...[[], ['a'], ['a:1'], {}, { a: 'b' }, new Map(), Symbol('s'), () => 1, random.text(300)],
    ])
  const good = { count: 0 }
  for (let round = 0; round < 200; round += 1) {
    const config = structuredClone(loadClusterConfig('cluster: { node_id: n }', OPTIONS)) as object
    for (let step = random.below(3); step >= 0; step -= 1)
      mutate(config as Record<string, unknown>, values, random)
    const check = () => {
      const checked = validateClusterConfig(config)
      expect(validateClusterConfig(structuredClone(checked))).toEqual(checked)
    }
    if (isGood(check)) good.count += 1
  }
  expect(good.count).toBeGreaterThan(0)
  expect(good.count).toBeLessThan(200)
})

/** Sets, adds or takes away one entry, of the whole or of a block inside. */
function mutate(block: Record<string, unknown>, value: () => unknown, random: Random): void {
  const name = random.pick(Object.keys(block).concat('extra'))
  const inner = block[name]
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !random.oneIn(4))
    return mutate(inner as Record<string, unknown>, value, random)
  if (random.oneIn(4)) delete block[name]
  else block[name] = value()
}
