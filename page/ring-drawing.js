/** Draws a ring: who owns each token in the outer band, and what each has in sum in the inner one. */

/** @import { Arc } from './arcs.js' */
/** @import { Highlight } from './highlight.js' */

import { arcsOfShares, arcsOfSlices, bandPath, pointAt } from './arcs.js'
import { colorOf } from './colors.js'
import { fill, svgElement } from './dom.js'

/**
 * What is drawn.
 *
 * @typedef {object} DrawnRing
 * @property {readonly { id: string, share: number }[]} nodes
 * @property {readonly number[]} [slices]
 */

const tokenBand = /** @type {const} */ ([82, 98])
const shareBand = /** @type {const} */ ([64, 79])
/** Without slices there is one band alone, which may be wide. */
const onlyBand = /** @type {const} */ ([70, 98])

/** With so many arcs the gaps between them would be wider than they are. */
const crowdedCount = 60

/** A number needs about so much of the ring. */
const labelledShare = 0.028

/** A drawing, which takes the place of what an SVG element of the page holds. */
export class RingDrawing {
  #svg
  #highlight
  #marker = svgElement('g', { class: 'ring-marker' })
  /** @type {Map<string, Element[]>} */
  #parts = new Map()
  /** What is drawn, as text. */
  #drawn = ''

  /**
   * @param {SVGSVGElement} svg
   * @param {Highlight} highlight
   */
  constructor(svg, highlight) {
    this.#svg = svg
    this.#highlight = highlight
    highlight.subscribe(() => this.#light())
    svg.addEventListener('pointermove', ({ target }) => highlight.hover(nodeAt(target)))
    svg.addEventListener('pointerleave', () => highlight.hover(null))
    svg.addEventListener('click', ({ target }) => {
      const node = nodeAt(target)
      if (node !== null) highlight.pin(node)
    })
  }

  /**
   * Draws a ring.
   *
   * @param {DrawnRing} ring
   * @param {ReadonlyMap<string, number>} slots
   * @param {string} title What it is, for those who do not see it.
   * @param {string} description What it shows.
   * @param {boolean} [isSplit] Whether it has both bands, where there are slices.
   */
  draw(ring, slots, title, description, isSplit = hasSeveralOwners(ring)) {
    const now = JSON.stringify([
      ring.nodes.map(({ id, share }) => [id, share]),
      ring.slices,
      isSplit,
      description,
    ])
    // What looks the same stays: the pointer is on it, maybe.
    if (now === this.#drawn) return
    this.#drawn = now
    const slotOf = (/** @type {number} */ node) => slots.get(ring.nodes[node]?.id ?? '') ?? 0
    const order = ring.nodes.map((_, node) => node).sort((a, b) => slotOf(a) - slotOf(b))
    const shares = arcsOfShares(
      ring.nodes.map(({ share }) => share),
      order,
    )
    const hasSlices = ring.slices !== undefined && isSplit
    const band = hasSlices ? shareBand : ring.slices === undefined ? onlyBand : tokenBand
    this.#parts.clear()
    fill(
      this.#svg,
      svgElement('title', {}, title),
      svgElement('desc', {}, description),
      hasSlices ? this.#band('tokens', ring, slots, arcsOfSlices(ring.slices ?? []), tokenBand) : null,
      this.#band('shares', ring, slots, shares, band),
      labels(ring, slots, shares, (band[0] + band[1]) / 2),
      this.#marker,
    )
    this.#light()
  }

  /**
   * Marks a place on the ring.
   *
   * @param {number | null} place 0 to 1; `null` takes the mark away.
   */
  mark(place) {
    if (place === null) {
      this.#marker.replaceChildren()
      return
    }
    const [inner, outer] = tokenBand
    const tip = pointAt(place, outer + 1)
    const from = pointAt(place, inner - 1)
    const head = [
      pointAt(place, outer + 1),
      pointAt(place - 0.008, outer + 9),
      pointAt(place + 0.008, outer + 9),
    ]
    const points = head.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ')
    fill(
      this.#marker,
      svgElement('line', { x1: from.x, y1: from.y, x2: tip.x, y2: tip.y }),
      svgElement('polygon', { points }),
    )
  }

  /**
   * One band: a path for each node, with all of its arcs.
   *
   * @param {string} name
   * @param {DrawnRing} ring
   * @param {ReadonlyMap<string, number>} slots
   * @param {Arc[]} arcs
   * @param {readonly [number, number]} radii
   */
  #band(name, ring, slots, arcs, [inner, outer]) {
    /** @type {Map<number, Arc[]>} */
    const byNode = new Map()
    for (const arc of arcs) byNode.set(arc.node, [...(byNode.get(arc.node) ?? []), arc])
    const paths = [...byNode].map(([index, own]) => {
      const id = ring.nodes[index]?.id
      const path = svgElement('path', { d: bandPath(own, inner, outer) })
      if (id === undefined) path.classList.add('is-nobody')
      else this.#own(path, id, slots)
      return path
    })
    const empty = svgElement('circle', {
      r: (inner + outer) / 2,
      'stroke-width': outer - inner,
      class: 'ring-track',
    })
    return svgElement(
      'g',
      { class: `ring-${name}${byNode.size > crowdedCount ? ' is-crowded' : ''}` },
      ...(arcs.length === 0 ? [empty] : paths),
    )
  }

  /**
   * @param {SVGElement} path
   * @param {string} id
   * @param {ReadonlyMap<string, number>} slots
   */
  #own(path, id, slots) {
    path.dataset.node = id
    path.classList.add('node-part')
    paint(path, slots.get(id) ?? 0)
    this.#parts.set(id, [...(this.#parts.get(id) ?? []), path])
  }

  #light() {
    const { node } = this.#highlight
    const isOn = node !== null && this.#parts.has(node)
    this.#svg.classList.toggle('has-highlight', isOn)
    for (const [id, paths] of this.#parts) {
      for (const path of paths) path.classList.toggle('is-lit', isOn && id === node)
    }
  }
}

/**
 * Whether there are two owners or more: else both bands are the same.
 *
 * @param {DrawnRing} ring
 */
export function hasSeveralOwners({ nodes }) {
  return nodes.filter(({ share }) => share > 0).length > 1
}

/**
 * Gives an element the colour of a slot, for light and for dark: the style sheet takes the one that fits.
 *
 * @param {ElementCSSInlineStyle} target
 * @param {number} slot
 */
export function paint(target, slot) {
  const { light, dark } = colorOf(slot)
  target.style.setProperty('--node-light', light)
  target.style.setProperty('--node-dark', dark)
}

/**
 * The numbers of the nodes, where their arcs have room for one.
 *
 * @param {DrawnRing} ring
 * @param {ReadonlyMap<string, number>} slots
 * @param {Arc[]} shares
 * @param {number} radius
 */
function labels(ring, slots, shares, radius) {
  const texts = shares
    // An only owner needs no number.
    .filter(({ node, start, end }) => node >= 0 && end - start >= labelledShare && end - start < 1)
    .map(({ node, start, end }) => {
      const { x, y } = pointAt((start + end) / 2, radius)
      const slot = slots.get(ring.nodes[node]?.id ?? '') ?? 0
      return svgElement('text', { x: x.toFixed(2), y: y.toFixed(2), dy: '0.35em' }, String(slot + 1))
    })
  return svgElement('g', { class: 'ring-labels' }, ...texts)
}

/** @param {EventTarget | null} target */
function nodeAt(target) {
  return target instanceof SVGElement ? (target.dataset.node ?? null) : null
}
