/** One node in the table. */

/** @import { RingNodeView } from '../ts/http/api.js' */
/** @import { Highlight } from './highlight.js' */

import { badge } from './badge.js'
import { element, fill, nameOf, setText } from './dom.js'
import { counted, deviation, number, percent, timeOfDay } from './format.js'

/** A shape for each status, besides its colour and its word. */
export const statusMarks = { alive: '●', suspected: '◐', dead: '✕', leaving: '↗', updating: '↻' }

/** A row, which stays the same element while its node is there: with it the focus stays. */
export class NodeRow {
  #badge = element('span')
  #extra = element('span', { class: 'node-extra' })
  #status = element('span', { class: 'status' })
  #since = element('span', { class: 'status-since' })
  #statusCell = element('td', {}, this.#status, this.#since)
  #zone = element('td', { class: 'cell-zone' })
  #weight = element('td', { class: 'cell-weight is-number' })
  #share = element('td')
  /** What is shown, as text. */
  #shown = ''

  /**
   * @param {string} id
   * @param {Highlight} highlight
   */
  constructor(id, highlight) {
    this.button = element('button', { type: 'button', class: 'node-button', 'aria-pressed': 'false' })
    this.button.append(this.#badge, nameOf(id))
    const head = element('th', { scope: 'row' }, this.button, this.#extra)
    this.row = element('tr', {}, head, this.#statusCell, this.#zone, this.#weight, this.#share)
    this.row.addEventListener('pointerenter', () => highlight.hover(id))
    this.row.addEventListener('pointerleave', () => highlight.hover(null))
    this.button.addEventListener('focus', () => highlight.hover(id))
    this.button.addEventListener('blur', () => highlight.hover(null))
    this.button.addEventListener('click', () => highlight.pin(id))
  }

  /**
   * @param {RingNodeView} node
   * @param {ReadonlyMap<string, number>} slots
   * @param {number} largest The largest share there is: a full bar.
   */
  update(node, slots, largest) {
    const slot = slots.get(node.id)
    const now = JSON.stringify([node, slot, largest])
    if (now === this.#shown) return
    this.#shown = now
    fill(this.#badge, badge(slot))
    const place =
      node.zone === undefined ? null : element('bdi', { class: 'narrow-only' }, `zone ${node.zone}`)
    fill(
      this.#extra,
      node.isLocal ? element('span', { class: 'tag' }, 'this node') : null,
      place,
      element('span', { class: 'narrow-only' }, `weight ${number(node.weight)}`),
    )
    const since = timeOfDay(node.statusSinceMs, Date.now())
    setText(this.#since, `since ${since}`)
    this.#status.className = `status is-${node.status}`
    const mark = element('span', { 'aria-hidden': 'true', class: 'status-mark' }, statusMarks[node.status])
    const doubt = node.doubt === undefined ? '' : `: ${node.doubt}`
    fill(this.#status, mark, ` ${node.status}${doubt}`)
    fill(this.#zone, node.zone === undefined ? '–' : nameOf(node.zone))
    setText(this.#weight, number(node.weight))
    this.#weight.title = counted(node.pointCount, 'point')
    this.#fillShare(node, largest)
  }

  /**
   * @param {boolean} isLit
   * @param {boolean} isPinned
   */
  light(isLit, isPinned) {
    this.row.classList.toggle('is-lit', isLit)
    this.button.setAttribute('aria-pressed', String(isPinned))
  }

  /**
   * @param {RingNodeView} node
   * @param {number} largest
   */
  #fillShare({ id, share, fairShare, homeShare }, largest) {
    const bar = element(
      'span',
      { class: 'share-bar', 'aria-hidden': 'true' },
      element('span', { class: 'share-fair' }),
    )
    const style = bar.style
    style.setProperty('--share', String(largest > 0 ? share / largest : 0))
    style.setProperty('--fair', String(largest > 0 ? fairShare / largest : 0))
    bar.dataset.node = id
    const badgeStyle = /** @type {HTMLElement} */ (this.#badge.firstElementChild).style
    for (const name of ['--node-light', '--node-dark'])
      style.setProperty(name, badgeStyle.getPropertyValue(name))
    const difference = deviation(share, fairShare)
    const fair = fairShare === 0 ? 'may not answer' : `fair ${percent(fairShare)}`
    // What looks equal needs no second number.
    const home = percent(homeShare)
    fill(
      this.#share,
      bar,
      element(
        'span',
        { class: 'share-numbers' },
        element('strong', {}, percent(share)),
        element('span', { class: 'share-note' }, fair),
        difference === '' ? null : element('span', { class: 'share-note' }, difference),
        home === percent(share) ? null : element('span', { class: 'share-note' }, `home ${home}`),
      ),
    )
  }
}
