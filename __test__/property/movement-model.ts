/** What moves, found by looking at every stretch of the ring that no point divides. */

import type { MovedRange, Transfer } from '../../dist/index.js'
import { type ModelRing, byBytes } from './model.js'

export const RING_ARC = 2n ** 64n

/** Tokens from `start`, exclusive, to `end`, inclusive. */
export interface Stretch {
  start: bigint
  end: bigint
}

export const arcOf = ({ start, end }: Stretch): bigint =>
  start === end ? RING_ARC : BigInt.asUintN(64, end - start)

/** Whether a token lies in a stretch. */
export const holds = ({ start, end }: Stretch, token: bigint): boolean =>
  start === end || BigInt.asUintN(64, token - start - 1n) < BigInt.asUintN(64, end - start)

/** The stretches between some tokens, from the one that holds token 0. */
export function stretches(tokens: bigint[]): Stretch[] {
  const ends = [...new Set(tokens)].sort((one, other) => (one < other ? -1 : 1))
  return ends.map((end, at) => ({ start: ends.at(at - 1)!, end }))
}

/** Ranges that go the same way and meet are one. In ring order, as they are given. */
export function joined(ranges: MovedRange[]): MovedRange[] {
  const found: MovedRange[] = []
  for (const range of ranges) {
    const last = found.at(-1)
    if (last !== undefined && last.end === range.start && isSameWay(last, range)) last.end = range.end
    else found.push({ ...range })
  }
  const [first, last] = [found[0], found.at(-1)]
  if (found.length > 1 && last!.end === first!.start && isSameWay(first!, last!)) {
    first!.start = last!.start
    found.pop()
  }
  return found
}

const isSameWay = (one: MovedRange, other: MovedRange) => one.from === other.from && one.to === other.to

/** The ranges whose owner changes. */
export function movedRanges(before: ModelRing, after: ModelRing): MovedRange[] {
  const ownerAt = (ring: ModelRing, token: bigint) => ring.replicasAt(token, 1)[0] ?? null
  const all = stretches([...before.tokens(), ...after.tokens()]).map((stretch) => ({
    ...stretch,
    from: ownerAt(before, stretch.end),
    to: ownerAt(after, stretch.end),
  }))
  return joinedMoves(all)
}

/** Those that move, joined: two of them meet only where nothing lies between. */
const joinedMoves = (ranges: MovedRange[]) => joined(ranges.filter(({ from, to }) => from !== to))

/** Nobody is last. */
const byId = (one: string | null, other: string | null) =>
  one === other ? 0 : one === null ? 1 : other === null ? -1 : byBytes(one, other)

/** What each pair of nodes has to move. */
export function transfersOf(ranges: MovedRange[]): Transfer[] {
  const sums = new Map<string, Transfer>()
  for (const { from, to, ...stretch } of ranges) {
    const pair = JSON.stringify([from, to])
    const sum = sums.get(pair) ?? { from, to, arc: 0n, share: 0, rangeCount: 0 }
    sum.arc += arcOf(stretch)
    sum.share = Number(sum.arc) / 2 ** 64
    sum.rangeCount += 1
    sums.set(pair, sum)
  }
  return [...sums.values()].sort((one, other) => byId(one.from, other.from) || byId(one.to, other.to))
}
