/** Changes of a ring from nobody to somebody, or back: all keys get or lose an owner, and none moves. */

/** @import { TransferView } from '../ts/http/api.js' */
/** @import { Piece } from './event-text.js' */

import { counted } from './format.js'

/**
 * What to say of a change instead of how much it moved.
 *
 * @param {readonly Pick<TransferView, 'from' | 'to'>[]} transfers
 * @param {boolean} [isPlanned] Whether it is only thought of.
 * @returns {Piece[] | undefined} `undefined` where keys move between nodes, or nothing does.
 */
export function handoverOf(transfers, isPlanned = false) {
  // A token has an owner exactly while the ring has one that may answer: it is all of them or none.
  if (transfers.some(({ to }) => to === null)) {
    return [isPlanned ? 'Nobody would own keys any more' : 'Nobody owns keys any more']
  }
  if (!transfers.some(({ from }) => from === null)) return undefined
  const heirs = [...new Set(transfers.map(({ to }) => to))]
  const words = ` ${isPlanned ? 'would take' : 'took'} over the whole ring`
  const [heir] = heirs
  if (heirs.length > 1 || typeof heir !== 'string') return [`${counted(heirs.length, 'node')}${words}`]
  return [{ name: heir }, words]
}
