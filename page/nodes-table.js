/** The table of nodes: what the drawing shows, in words and numbers. */

/** @import { RingAnswer, RingNodeView } from '../ts/http/api.js' */
/** @import { Highlight } from './highlight.js' */

import { NodeRow } from './node-row.js'
import { collator } from './colors.js'
import { byId, fill, setText } from './dom.js'
import { counted, number } from './format.js'

/** More rows than that nobody reads, and browsers take long over them. */
const shownMax = 500

/** With so many nodes there is a field to search them. */
const searchFrom = 9

/** What the columns are sorted by: the largest first, but for texts. */
const orders = {
  node: compareBy(({ id }) => id),
  status: compareBy(({ status }) => status),
  zone: compareBy(({ zone }) => zone ?? ''),
  weight: (/** @type {RingNodeView} */ a, /** @type {RingNodeView} */ b) => b.weight - a.weight,
  share: (/** @type {RingNodeView} */ a, /** @type {RingNodeView} */ b) => b.share - a.share,
}

/** @typedef {keyof typeof orders} Column */

export class NodesTable {
  #highlight
  #body = byId('nodes-body')
  #search = /** @type {HTMLInputElement} */ (byId('nodes-search'))
  /** @type {Map<string, NodeRow>} */
  #rows = new Map()
  /** @type {readonly RingNodeView[]} */
  #nodes = []
  /** @type {{ column: Column, isReversed: boolean } | undefined} */
  #order

  /** @param {Highlight} highlight */
  constructor(highlight) {
    this.#highlight = highlight
    highlight.subscribe(() => this.#light())
    this.#search.addEventListener('input', () => this.#arrange())
    this.#body.addEventListener('keydown', (event) => this.#onKey(event))
    for (const button of byId('nodes-head').querySelectorAll('button')) {
      button.addEventListener('click', () => this.#sort(/** @type {Column} */ (button.dataset.column)))
    }
  }

  /**
   * Shows the nodes of a ring.
   *
   * @param {RingAnswer} ring
   * @param {ReadonlyMap<string, number>} slots
   */
  update({ nodes }, slots) {
    const slotOf = (/** @type {RingNodeView} */ { id }) => slots.get(id) ?? 0
    this.#nodes = [...nodes].sort((a, b) => slotOf(a) - slotOf(b))
    const largest = Math.max(
      0,
      ...nodes.slice(0, shownMax * 20).map(({ share, fairShare }) => Math.max(share, fairShare)),
    )
    const ids = new Set(nodes.map(({ id }) => id))
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id)
    for (const node of nodes) this.#rows.get(node.id)?.update(node, slots, largest)
    this.#makeRow = (node) => {
      const row = new NodeRow(node.id, this.#highlight)
      row.update(node, slots, largest)
      return row
    }
    byId('nodes-tools').hidden = nodes.length < searchFrom
    byId('nodes-table').classList.toggle(
      'has-zones',
      nodes.some(({ zone }) => zone !== undefined),
    )
    this.#arrange()
  }

  /** @type {(node: RingNodeView) => NodeRow} */
  #makeRow = () => {
    throw new Error('there are no nodes yet')
  }

  /** Puts the rows that are wanted in their order. */
  #arrange() {
    const words = this.#search.value.trim().toLowerCase()
    const found = this.#nodes.filter(
      ({ id, zone, status }) =>
        words === '' || `${id}\n${zone ?? ''}\n${status}`.toLowerCase().includes(words),
    )
    if (this.#order !== undefined) {
      found.sort(orders[this.#order.column])
      if (this.#order.isReversed) found.reverse()
    }
    const shown = found.slice(0, shownMax)
    const rows = shown.map((node) => {
      const row = this.#rows.get(node.id) ?? this.#makeRow(node)
      this.#rows.set(node.id, row)
      return row
    })
    this.#place(rows.map(({ row }) => row))
    const isCut = shown.length < found.length
    const all = counted(this.#nodes.length, 'node')
    const count = found.length === this.#nodes.length ? all : `${number(found.length)} of ${all}`
    setText(byId('nodes-count'), isCut ? `${count}; the first ${shownMax} are shown` : count)
    this.#light()
    this.#rove(this.#button(document.activeElement) ?? rows[0]?.button)
  }

  /**
   * Moves rows only where their order is another one: a row that moves loses the focus.
   *
   * @param {HTMLElement[]} rows
   */
  #place(rows) {
    const isSame =
      rows.length === this.#body.children.length && rows.every((row, i) => this.#body.children[i] === row)
    if (isSame) return
    const focused = this.#button(document.activeElement)
    fill(this.#body, ...rows)
    if (focused?.isConnected) focused.focus()
  }

  /** @param {Column} column */
  #sort(column) {
    const isReversed = this.#order?.column === column && !this.#order.isReversed
    this.#order = { column, isReversed }
    for (const button of byId('nodes-head').querySelectorAll('button')) {
      const isText = button.dataset.column !== 'weight' && button.dataset.column !== 'share'
      const direction = isText === isReversed ? 'descending' : 'ascending'
      const heading = button.closest('th')
      if (button.dataset.column === column) heading?.setAttribute('aria-sort', direction)
      else heading?.removeAttribute('aria-sort')
    }
    this.#arrange()
  }

  /**
   * The arrow keys go from node to node: the whole table is one stop of the Tab key.
   *
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const buttons = [...this.#body.querySelectorAll('button')]
    const now = buttons.findIndex((button) => button === document.activeElement)
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: buttons.length - 1 }[event.key]
    if (next === undefined || buttons[next] === undefined) return
    event.preventDefault()
    this.#rove(buttons[next])
    buttons[next].focus()
  }

  /** @param {HTMLElement | undefined} to */
  #rove(to) {
    for (const button of this.#body.querySelectorAll('button')) button.tabIndex = button === to ? 0 : -1
  }

  #light() {
    for (const [id, row] of this.#rows) row.light(id === this.#highlight.node, id === this.#highlight.pinned)
  }

  /** @param {Element | null} focused */
  #button(focused) {
    return focused instanceof HTMLButtonElement && this.#body.contains(focused) ? focused : undefined
  }
}

/** @param {(node: RingNodeView) => string} text */
function compareBy(text) {
  return (/** @type {RingNodeView} */ a, /** @type {RingNodeView} */ b) => collator.compare(text(a), text(b))
}
