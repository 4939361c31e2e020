/** Random numbers that can be had again: the seed is printed, and HYPERCACHE_SEED gives it back. */

export interface Random {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
  /** One of the items. */
  pick<T>(items: readonly T[]): T
  /** True once in `times`, on average. */
  oneIn(times: number): boolean
  /** A text of up to `length` UTF-16 units of many scripts, lone surrogates among them. */
  text(length: number): string
}

/** Numbers from a seed (splitmix32). */
export function seeded(test: string): Random {
  const seed = Number(process.env.HYPERCACHE_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`${test}: seed ${seed}; again with HYPERCACHE_SEED=${seed} npx vitest run -t '${test}'`)
  let state = seed
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const below = (limit: number) => next() % limit
  const tops = [0x80, 0x80, 0x80, 0x800, 0x10000]
  return {
    below,
    pick: (items) => items[below(items.length)]!,
    oneIn: (times) => below(times) === 0,
    text: (length) => {
      const top = tops[below(tops.length)]!
      return String.fromCharCode(...Array.from({ length: below(length + 1) }, () => below(top)))
    },
  }
}
