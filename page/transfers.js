/** What moves from whom to whom: a table with bars, the largest first. */

/** @import { TransferView } from '../ts/http/api.js' */

import { nodeLabel } from './badge.js'
import { element } from './dom.js'
import { counted, percent } from './format.js'

/** So many are shown before somebody asks for more. */
const shownCount = 8

/**
 * A table of transfers.
 *
 * @param {object} moved
 * @param {readonly TransferView[]} moved.transfers
 * @param {number} moved.transferCount How many there are in all.
 * @param {ReadonlyMap<string, number>} slots
 * @param {string} caption What the table is, for those who do not see what stands around it.
 * @returns {HTMLElement}
 */
export function transferTable({ transfers, transferCount }, slots, caption) {
  const sorted = [...transfers].sort((a, b) => b.share - a.share)
  const largest = sorted[0]?.share ?? 0
  const body = element('tbody')
  const show = (/** @type {TransferView[]} */ items) =>
    body.append(...items.map((transfer) => row(transfer, slots, largest)))
  show(sorted.slice(0, shownCount))
  const table = element(
    'table',
    { class: 'transfers' },
    element('caption', { class: 'visually-hidden' }, caption),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, 'From'),
        element('th', { scope: 'col' }, 'To'),
        element('th', { scope: 'col', class: 'is-number' }, 'Share of all keys'),
      ),
    ),
    body,
  )
  const rest = sorted.slice(shownCount)
  const unlisted = transferCount - sorted.length
  const note = element('p', { class: 'note' })
  if (unlisted > 0)
    note.append(`${counted(unlisted, 'smaller transfer is', 'smaller transfers are')} not listed.`)
  return element(
    'div',
    {},
    table,
    rest.length > 0 ? moreButton(rest.length, () => show(rest)) : null,
    unlisted > 0 ? note : null,
  )
}

/**
 * @param {number} count
 * @param {() => void} show
 */
function moreButton(count, show) {
  const button = element(
    'button',
    { type: 'button', class: 'quiet' },
    `Show ${counted(count, 'more', 'more')}`,
  )
  button.addEventListener('click', () => {
    show()
    const region = button.parentElement
    button.remove()
    // The focus must not fall back to the top of the page with the button.
    if (region !== null) {
      region.tabIndex = -1
      region.focus()
    }
  })
  return button
}

/**
 * @param {TransferView} transfer
 * @param {ReadonlyMap<string, number>} slots
 * @param {number} largest
 */
function row({ from, to, share }, slots, largest) {
  const bar = element('span', { class: 'flow-bar', 'aria-hidden': 'true' })
  bar.style.setProperty('--part', String(largest > 0 ? share / largest : 0))
  return element(
    'tr',
    {},
    element('td', {}, nodeLabel(from, slots)),
    element('td', {}, nodeLabel(to, slots)),
    element('td', { class: 'is-number' }, bar, element('span', {}, percent(share))),
  )
}
