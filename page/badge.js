/** A node in a text: its colour and number, then its id. */

import { element, nameOf } from './dom.js'
import { paint } from './ring-drawing.js'

/**
 * The coloured number of a node, as on its arc.
 *
 * @param {number | undefined} slot Absent for a node that the page has not seen on the ring.
 * @returns {HTMLElement}
 */
export function badge(slot) {
  const made = element(
    'span',
    { class: 'badge', 'aria-hidden': 'true' },
    slot === undefined ? '?' : String(slot + 1),
  )
  if (slot !== undefined) paint(made, slot)
  made.classList.toggle('is-unknown', slot === undefined)
  return made
}

/**
 * A node with its badge; `null` is nobody.
 *
 * @param {string | null} id
 * @param {ReadonlyMap<string, number>} slots
 * @returns {HTMLElement}
 */
export function nodeLabel(id, slots) {
  if (id === null) return element('span', { class: 'node-label is-nobody' }, 'nobody')
  const made = element('span', { class: 'node-label' }, badge(slots.get(id)), nameOf(id))
  made.dataset.node = id
  return made
}
