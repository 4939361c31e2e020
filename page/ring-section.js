/** Who owns what: the drawing, the words in its middle and below it, and the table. */

/** @import { RingAnswer, RingNodeView } from '../ts/http/api.js' */
/** @import { Highlight } from './highlight.js' */

import { byId, fill, element, nameOf, setText } from './dom.js'
import { counted, number, percent } from './format.js'
import { NodesTable } from './nodes-table.js'
import { RingDrawing } from './ring-drawing.js'

export class RingSection {
  #highlight
  #drawing
  #table
  /** @type {RingAnswer | undefined} */
  #ring

  /** @param {Highlight} highlight */
  constructor(highlight) {
    this.#highlight = highlight
    this.#drawing = new RingDrawing(byId('ring'), highlight)
    this.#table = new NodesTable(highlight)
    highlight.subscribe(() => this.#showMiddle())
  }

  /**
   * Shows a ring.
   *
   * @param {RingAnswer} ring
   * @param {ReadonlyMap<string, number>} slots
   */
  show(ring, slots) {
    this.#ring = ring
    const isEmpty = ring.nodes.length === 0
    byId('ring-empty').hidden = !isEmpty
    byId('ring-alone').hidden = ring.nodes.length !== 1
    byId('nodes').hidden = isEmpty
    const description = `${summaryOf(ring)} The table of nodes says the same in numbers.`
    this.#drawing.draw(ring, slots, 'The ring by owner', description)
    setText(byId('ring-note'), noteOf(ring))
    this.#table.update(ring, slots)
    this.#showMiddle()
  }

  /** @param {number | null} place */
  mark(place) {
    this.#drawing.mark(place)
  }

  /** What stands in the middle: the node that is looked at, or how many there are. */
  #showMiddle() {
    if (this.#ring === undefined) return
    const { nodes, pointCount } = this.#ring
    const node = nodes.find(({ id }) => id === this.#highlight.node)
    const [name, words] =
      node === undefined
        ? [element('span', {}, counted(nodes.length, 'node')), counted(pointCount, 'point')]
        : [nameOf(node.id), ownWords(node)]
    fill(
      byId('ring-middle'),
      element('span', { class: 'middle-main' }, name),
      element('span', { class: 'middle-note' }, words),
    )
  }
}

/** @param {RingNodeView} node */
function ownWords({ status, share }) {
  const own = `${percent(share)} of all keys`
  return status === 'alive' ? own : `${status}, ${own}`
}

/** @param {RingAnswer} ring */
function summaryOf({ nodes }) {
  const owners = [...nodes].filter(({ share }) => share > 0).sort((a, b) => b.share - a.share)
  const shown = owners.slice(0, 8).map(({ id, share }) => `${id} owns ${percent(share)}`)
  const rest =
    owners.length > shown.length ? [`${counted(owners.length - shown.length, 'other')} the rest`] : []
  if (owners.length === 0) return 'Nobody owns a key.'
  return `${[...shown, ...rest].join(', ')}.`
}

/** @param {RingAnswer} ring */
function noteOf({ nodes, slices, isSeeded, pointCount, hashFunction }) {
  if (nodes.length === 0) return ''
  if (nodes.filter(({ share }) => share > 0).length === 1) return 'One node has the whole ring.'
  if (slices !== undefined) {
    return 'Outside: who owns each part of the ring, from token 0 at the top, clockwise. Inside: what each owns in sum.'
  }
  const why = isSeeded
    ? `The placement is ${hashFunction === 'custom' ? 'its own' : 'seeded'}: where tokens lie is kept secret.`
    : `The ring has ${number(pointCount)} points, too many to draw.`
  return `One arc for each node, as large as its share. ${why}`
}
