/** Who owns tokens that lie evenly around a ring: enough to draw it. */

import type { HashRing } from '../ring/hash-ring.js'
import type { MovedRange, NodeStatus } from '../types.js'
import { SLICE_COUNT, type Slices } from './api.js'

const TOKENS = 1n << 64n
const STEP = TOKENS / BigInt(SLICE_COUNT)

/** Larger rings are not drawn: to list their points would hold up everything else. */
export const DRAWN_POINTS_MAX = 65_536

/** Owner of each of {@link SLICE_COUNT} tokens; `null` is nobody. */
export type Owners = readonly (string | null)[]

/** The owners at a ring as it is; `undefined` for a ring that is too large. */
export function sampledOwners(ring: HashRing, routable: readonly NodeStatus[]): Owners | undefined {
  if (ring.pointCount > DRAWN_POINTS_MAX) return undefined
  const answering = new Set(
    ring
      .nodes()
      .filter(({ status }) => routable.includes(status))
      .map(({ id }) => id),
  )
  const points = ring.points().filter(({ node }) => answering.has(node))
  let at = 0
  return Array.from({ length: SLICE_COUNT }, (_, index) => {
    const token = BigInt(index) * STEP
    while (at < points.length && points[at]!.token < token) at += 1
    // Past the last point the ring goes on at the first one.
    return (points[at] ?? points[0])?.node ?? null
  })
}

/** The owners after a change that moves these ranges. */
export function movedOwners(owners: Owners, ranges: Iterable<MovedRange>): Owners {
  const after = [...owners]
  for (const { start, end, to } of ranges) {
    const first = Number(start / STEP) + 1
    const last = Number(end / STEP)
    const isWrapped = start >= end
    for (let at = first; at <= (isWrapped ? SLICE_COUNT - 1 : last); at += 1) after[at] = to
    if (isWrapped) for (let at = 0; at <= last; at += 1) after[at] = to
  }
  return after
}

/** Owners as runs of indexes into a list of nodes. */
export function slicesOf(owners: Owners, nodes: readonly { id: string }[]): Slices {
  const indexes = new Map(nodes.map(({ id }, index) => [id, index]))
  const slices: Slices = []
  let previous: string | null | undefined
  for (const owner of owners) {
    if (owner === previous) slices[slices.length - 1]! += 1
    else slices.push(owner === null ? -1 : (indexes.get(owner) ?? -1), 1)
    previous = owner
  }
  return slices
}
