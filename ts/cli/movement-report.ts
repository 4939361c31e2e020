/** What moves, for `ring plan` and `ring diff`: as an object, and for people who never saw a hash ring. */

import { inByteOrder } from '../byte-order.js'
import { countMovement } from '../ring/movement.js'
import type { MovedKeys, MovedRange, Movement, RingOwnership, Transfer } from '../types.js'
import { asJson } from '../json.js'
import { type KeySource, countKeys, hasKeys } from './key-source.js'
import type { Output } from './output.js'
import { type Side, charts, glossary, grouped, lineWidth, percent, prose } from './text.js'

/** How to print. */
export interface MovementOptions {
  json?: boolean | undefined
}

/** What moves between two nodes, with the keys of it where there are any. */
type CountedTransfer = Transfer & { keyCount?: number }

const RING_TOKENS = 2n ** 64n
const NOBODY = '(nobody)'
/** Below this an ideal share is what adding up fractions leaves. */
const SHARE_MIN = 1e-12
/** Where more than this times the ideal moves, uneven shares are not the reason. */
const FAIR_RATIO_MAX = 1.25
/** Shares this near to 0, or to 1, look like it where they are printed. */
const SHARE_SHOWN_MIN = 0.000_05

/**
 * Prints what moves.
 *
 * @param title What moves it, as the beginning of a sentence.
 * @param replicas How many nodes are to have each key, where copies were worked out.
 */
export async function reportMovement(
  movement: Movement,
  title: string,
  source: KeySource,
  replicas: number | undefined,
  options: MovementOptions,
  output: Output,
): Promise<void> {
  let keys: MovedKeys | undefined
  if (hasKeys(source)) {
    const counter = countMovement(movement)
    await countKeys(counter, source)
    keys = counter.result()
  }
  if (options.json === true) output.appendText(asJson(asObject(movement, keys)))
  else {
    const lineCells = output.lineCells
    const parts = [
      sentences(title, movement, keys, lineCells),
      transferLines('What moves', ['from', 'to'], counted(movement, keys), lineCells),
      shareLines(movement, lineCells),
      replicas === undefined ? hintLines(movement, lineCells) : copyLines(movement, replicas, lineCells),
      words(movement, lineCells),
    ]
    const lines = parts.filter((part) => part.length > 0).map((part) => `${part.join('\n')}\n`)
    output.appendText(lines.join('\n'))
  }
  await output.flush()
}

function asObject(movement: Movement, keys: MovedKeys | undefined): unknown {
  const { movedShare, idealShare, movedArc, before, after, copies } = movement
  const counts = keys === undefined ? {} : { keyCount: keys.keyCount, movedKeyCount: keys.movedKeyCount }
  const transfers = counted(movement, keys)
  return { movedShare, idealShare, movedArc, ...counts, transfers, before, after, copies }
}

/** The transfers, each with its number of keys. */
function counted({ transfers }: Movement, keys: MovedKeys | undefined): CountedTransfer[] {
  if (keys === undefined) return [...transfers]
  const counts = new Map(keys.transfers.map((transfer) => [pairOf(transfer), transfer.keyCount]))
  return transfers.map((transfer) => ({ ...transfer, keyCount: counts.get(pairOf(transfer)) ?? 0 }))
}

function pairOf({ from, to }: { from: string | null; to: string | null }): string {
  return JSON.stringify([from, to])
}

/** What happens, in plain words. */
function sentences(
  title: string,
  movement: Movement,
  keys: MovedKeys | undefined,
  lineCells: number,
): string[] {
  const texts = [`${title} ${outcome(movement)}`, ...comparison(movement)]
  if (keys !== undefined && keys.keyCount > 0) {
    const { keyCount, movedKeyCount } = keys
    const part = percent(movedKeyCount / keyCount)
    texts.push(`Keys that move: ${grouped(movedKeyCount)} of the ${grouped(keyCount)} given (${part}).`)
  }
  return texts.flatMap((text) => prose(text, lineCells))
}

function outcome({ movedArc, movedShare, before, after }: Movement): string {
  if (!isAnswered(after) && !isAnswered(before))
    return 'moves nothing: no node may answer, neither before nor after.'
  if (!isAnswered(after)) return 'leaves no node that may answer: every key loses its node.'
  if (!isAnswered(before)) return 'gives every key a node: before, none could answer.'
  if (movedArc === 0n) return 'moves nothing: every key stays where it is.'
  if (movedArc === RING_TOKENS) return 'moves all keys to other nodes.'
  return `moves ${percent(movedShare)} of all keys to another node; all others stay where they are.`
}

/** The least that would have to move, and why what does is another part. */
function comparison({ movedArc, movedShare, idealShare, before, after }: Movement): string[] {
  if (!isAnswered(before) || !isAnswered(after)) return []
  const isTiny = idealShare < SHARE_SHOWN_MIN
  // All has to move, or nothing: then there is nothing to compare.
  if ((isTiny && movedArc === 0n) || idealShare > 1 - SHARE_SHOWN_MIN) return []
  const some = isTiny ? 'less than 0.01%' : percent(idealShare)
  const least = idealShare < SHARE_MIN ? 'nothing' : some
  const condition = 'if every node had exactly its fair share, before and after'
  const comparing = `For comparison: ${condition}, ${least} would have to move. `
  // One change moves what it must, give or take; more is what nodes that stay give each other besides.
  return movedShare > idealShare * FAIR_RATIO_MAX
    ? [`${comparing}It is more, for where several things change at once, nodes that stay pass keys on too.`]
    : [`${comparing}It is not exactly that, for shares on a hash ring are only nearly fair.`]
}

/** Nobody answers for anything, or somebody for everything. */
function isAnswered({ loadFactor }: RingOwnership): boolean {
  return loadFactor > 0
}

/** A table of transfers, with the ids in the order of `ends`. */
function transferLines(
  heading: string,
  ends: readonly ['from', 'to'] | readonly ['to', 'from'],
  transfers: CountedTransfer[],
  lineCells: number,
): string[] {
  if (transfers.length === 0) return []
  const hasCounts = transfers[0]!.keyCount !== undefined
  const largest = transfers.reduce((most, { share }) => Math.max(most, share), 0)
  const header = ['share', 'ranges', ...(hasCounts ? ['keys'] : []), '']
  const figures = transfers.map(({ share, rangeCount, keyCount = 0 }) => [
    percent(share),
    grouped(rangeCount),
    ...(hasCounts ? [grouped(keyCount)] : []),
    { value: share, largest },
  ])
  const names = transfers.map((transfer) => ends.map((end) => transfer[end] ?? NOBODY))
  const sides: Side[] = header.map((name) => (name === '' ? 'left' : 'right'))
  const rows = [[...ends, ...header], ...names.map((pair, index) => [...pair, ...figures[index]!])]
  const texts = rows.map((row) => row.filter((cell) => typeof cell === 'string'))
  if (lineWidth(texts, ends.length + header.length - 1) <= lineCells)
    return [...prose(heading, lineCells), ...charts(rows, ['left', 'left', ...sides], lineCells)]
  // No room for two ids side by side: the first stands above the lines that it has.
  const narrow = names.map(([, second], index) => [`  ${ends[1]} ${second}`, ...figures[index]!])
  const [top, ...lines] = charts([['', ...header], ...narrow], ['left', ...sides], lineCells)
  const grouping = lines.flatMap((line, index) => {
    const first = names[index]![0]
    return first === names[index - 1]?.[0] ? [line] : [`${ends[0]} ${first}`, line]
  })
  return [...prose(heading, lineCells), top!, ...grouping]
}

/** The share of each node, before and after. */
function shareLines({ before, after }: Movement, lineCells: number): string[] {
  const olds = new Map(before.ownership.map(({ id, share }) => [id, share]))
  const news = new Map(after.ownership.map(({ id, share }) => [id, share]))
  const ids = [...new Set([...olds.keys(), ...news.keys()])].sort(inByteOrder)
  const largest = [...olds.values(), ...news.values()].reduce((most, share) => Math.max(most, share), 0)
  const rows = ids.map((id) => {
    const old = olds.get(id)
    const next = news.get(id)
    return [
      id,
      old === undefined ? 'new' : percent(old),
      { value: old ?? 0, largest },
      next === undefined ? 'gone' : percent(next),
      { value: next ?? 0, largest },
    ]
  })
  const header = ['node', 'before', '', 'after', '']
  return [
    ...prose('The share of each node, before and after', lineCells),
    ...charts([header, ...rows], ['left', 'right', 'left', 'right', 'left'], lineCells),
  ]
}

/** What is above is about owners only. */
function hintLines({ movedArc }: Movement, lineCells: number): string[] {
  if (movedArc === 0n) return []
  return prose('If each key is kept on several nodes, --replicas tells what has to be copied.', lineCells)
}

/** Which node must receive how much, and from whom. The receiver comes first: the work is there. */
function copyLines({ copies = [], after }: Movement, replicas: number, lineCells: number): string[] {
  if (!isAnswered(after)) return prose('Nothing can be copied: no node may answer.', lineCells)
  // Where fewer nodes may answer than were asked for, all of them have every key.
  const count = Math.min(replicas, after.ownership.filter(({ fairShare }) => fairShare > 0).length)
  const goal = count === 1 ? 'the node that is to have it' : `the ${count} nodes that are to have it`
  const isShort = count < replicas
  const shortage = isShort
    ? prose(`Of the ${replicas} nodes that each key is to be on only ${count} may answer.`, lineCells)
    : []
  if (copies.length === 0)
    return [...prose(`Nothing has to be copied: every key is on ${goal}.`, lineCells), ...shortage]
  const heading = `What has to be copied, so that every key is on ${goal}`
  const lines = transferLines(heading, ['to', 'from'], summed(copies), lineCells)
  if (copies.some(({ from }) => from === null))
    lines.push(...prose(`${NOBODY}: no node that has these keys is left to copy from.`, lineCells))
  return [...lines, ...shortage]
}

/** What the tables' words mean. */
function words({ before, after, copies, transfers }: Movement, lineCells: number): string[] {
  const factors = `${before.loadFactor.toFixed(3)} before, ${after.loadFactor.toFixed(3)} after`
  const hasRanges = transfers.length > 0 || (copies !== undefined && copies.length > 0)
  const meanings = [
    ['share', 'a part of all keys'],
    ...(hasRanges ? [['ranges', 'the number of pieces of the ring that it lies in']] : []),
    ['load factor', `${factors}: largest ÷ mean share; 1 = all equal`],
  ]
  return glossary(meanings, lineCells)
}

/** Ranges added up by where they go, in byte order of the receivers. */
function summed(ranges: readonly MovedRange[]): Transfer[] {
  const sums = new Map<string, Transfer>()
  for (const { start, end, from, to } of ranges) {
    const pair = pairOf({ from, to })
    let sum = sums.get(pair)
    if (sum === undefined) sums.set(pair, (sum = { from, to, arc: 0n, share: 0, rangeCount: 0 }))
    sum.arc += start === end ? RING_TOKENS : BigInt.asUintN(64, end - start)
    sum.rangeCount += 1
  }
  const transfers = [...sums.values()]
  for (const sum of transfers) sum.share = Number(sum.arc) / Number(RING_TOKENS)
  return transfers.sort((a, b) => orderOfNames(a.to, b.to) || orderOfNames(a.from, b.from))
}

/** Nobody is last, as in the transfers. */
function orderOfNames(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return inByteOrder(a, b)
}
