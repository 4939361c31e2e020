/** The ring as arcs: from slices or shares to what SVG draws. The whole ring is 1; 0 is at the top, clockwise. */

/**
 * A part of the ring that one node has.
 *
 * @typedef {object} Arc
 * @property {number} node Its index, or −1 where nobody may answer.
 * @property {number} start 0 to 1.
 * @property {number} end Above `start`, at most 1.
 */

/** Sums of shares are off by about so much. */
const rounding = 1e-9

/**
 * The arcs of slices (`[node, count, node, count, …]`), which begin at token 0 and together are the whole ring.
 *
 * @param {readonly number[]} slices
 * @returns {Arc[]}
 */
export function arcsOfSlices(slices) {
  const counts = slices.filter((_, place) => place % 2 === 1)
  const total = counts.reduce((sum, count) => sum + count, 0)
  let before = 0
  return counts.map((count, run) => {
    const start = before / total
    before += count
    return { node: slices[run * 2] ?? -1, start, end: before / total }
  })
}

/**
 * One arc for each share that is not 0, side by side; what is left over is nobody's.
 *
 * @param {readonly number[]} shares
 * @param {readonly number[]} order Of the indexes: who comes after whom.
 * @returns {Arc[]}
 */
export function arcsOfShares(shares, order = shares.map((_, node) => node)) {
  const total = shares.reduce((sum, share) => sum + share, 0)
  /** @type {Arc[]} */
  const arcs = []
  let start = 0
  for (const node of order) {
    const share = shares[node] ?? 0
    if (share <= 0) continue
    const end = Math.min(1, start + share / Math.max(1, total))
    arcs.push({ node, start, end: end > 1 - rounding ? 1 : end })
    start = end
  }
  if (start < 1 - rounding) arcs.push({ node: -1, start, end: 1 })
  return arcs
}

/**
 * The part of the ring that lies before a token.
 *
 * @param {string} token 0 to 2^64 − 1, decimal.
 * @returns {number} 0 to below 1.
 */
export function placeOf(token) {
  // 53 bits are what a number holds: a full double would round the last tokens up to 1.
  return Number(BigInt(token) >> 11n) / 2 ** 53
}

/**
 * A point of the drawing, whose middle is 0, 0.
 *
 * @param {number} place Part of the ring, 0 to 1.
 * @param {number} radius
 * @returns {{ x: number, y: number }}
 */
export function pointAt(place, radius) {
  const angle = place * 2 * Math.PI
  return { x: Math.sin(angle) * radius, y: -Math.cos(angle) * radius }
}

/**
 * Arcs as the `d` of an SVG path: each a piece of the band between two radii.
 *
 * @param {readonly Pick<Arc, 'start' | 'end'>[]} arcs
 * @param {number} inner
 * @param {number} outer
 * @returns {string}
 */
export function bandPath(arcs, inner, outer) {
  return arcs.map(({ start, end }) => piece(start, end, inner, outer)).join('')
}

/**
 * @param {number} start
 * @param {number} end
 * @param {number} inner
 * @param {number} outer
 * @returns {string}
 */
function piece(start, end, inner, outer) {
  // An arc from a point to itself is none in SVG: the whole ring is two halves.
  if (end - start >= 1) return piece(0, 0.5, inner, outer) + piece(0.5, 1, inner, outer)
  const isLarge = end - start > 0.5 ? 1 : 0
  return (
    `M${at(start, outer)}A${outer} ${outer} 0 ${isLarge} 1 ${at(end, outer)}` +
    `L${at(end, inner)}A${inner} ${inner} 0 ${isLarge} 0 ${at(start, inner)}Z`
  )
}

/**
 * @param {number} place
 * @param {number} radius
 */
function at(place, radius) {
  const { x, y } = pointAt(place, radius)
  return `${x.toFixed(3)} ${y.toFixed(3)}`
}
