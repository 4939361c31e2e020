/** Transfers, in the shape that users get. */

import type { Transfer } from '../types.js'
import { frozen } from '../frozen.js'

/** What native code answers: from, to, arc and number of ranges of each transfer, one after another. */
type FlatTransfers = readonly (string | null | bigint | number)[]

const PARTS = 4

/** Makes transfers of their parts. */
export function transfersOf(flat: FlatTransfers): readonly Transfer[] {
  const transfers: Transfer[] = []
  for (let at = 0; at < flat.length; at += PARTS) {
    const arc = flat[at + 2] as bigint
    transfers.push({
      from: flat[at] as string | null,
      to: flat[at + 1] as string | null,
      arc,
      share: Number(arc) / 2 ** 64,
      rangeCount: flat[at + 3] as number,
    })
  }
  return frozen(transfers)
}

/**
 * Transfers that are listed at the most, as native code does: n nodes that change at once have up to n²
 * pairs.
 */
const LISTED_MAX = 256

/** The 256 largest transfers, in the order in which they were; all where there are fewer. */
export function largestTransfers(transfers: readonly Readonly<Transfer>[]): readonly Readonly<Transfer>[] {
  if (transfers.length <= LISTED_MAX) return transfers
  const byArc = [...transfers].sort((a, b) => (a.arc < b.arc ? 1 : a.arc > b.arc ? -1 : 0))
  const largest = new Set(byArc.slice(0, LISTED_MAX))
  return Object.freeze(transfers.filter((transfer) => largest.has(transfer)))
}
