/** Colours of nodes: eight that are easy to tell apart, then hues by rule; each for light and for dark. */

/**
 * @typedef {object} NodeColor
 * @property {string} light On light grounds, `#rrggbb`: white text on it can be read.
 * @property {string} dark On dark grounds: black text on it can be read.
 */

/** @type {readonly NodeColor[]} */
const chosen = [
  { light: '#2f5fd0', dark: '#7aa5ff' },
  { light: '#b3540a', dark: '#f5a05a' },
  { light: '#0a7a6c', dark: '#3cc7b2' },
  { light: '#b02a78', dark: '#f58ac4' },
  { light: '#7a6600', dark: '#dcc04a' },
  { light: '#7444c4', dark: '#bd9bf8' },
  { light: '#3d7a1c', dark: '#8fce62' },
  { light: '#596273', dark: '#aeb8c7' },
]

/** Steps of the golden angle never come back to a hue, and neighbours are far apart. */
const goldenAngle = 137.508

/** Ids in the order of people: `node2` before `node10`. */
export const collator = new Intl.Collator('en', { numeric: true })

/**
 * The colour of a slot.
 *
 * @param {number} slot A whole number from 0.
 * @returns {NodeColor}
 */
export function colorOf(slot) {
  const color = chosen[slot]
  if (color !== undefined) return color
  const hue = (slot * goldenAngle) % 360
  // Two lightnesses by turns tell hues apart that lie close together.
  const isEven = slot % 2 === 0
  return { light: oklch(isEven ? 0.53 : 0.43, 0.11, hue), dark: oklch(isEven ? 0.8 : 0.7, 0.11, hue) }
}

/**
 * A colour given by lightness, chroma and hue as `#rrggbb` (B. Ottosson, A perceptual color space for image
 * processing, 2020); what sRGB has not is clipped.
 *
 * @param {number} lightness 0 to 1.
 * @param {number} chroma
 * @param {number} hue In degrees.
 * @returns {string}
 */
export function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return `#${linear.map(hexByte).join('')}`
}

/** @param {number} linear */
function hexByte(linear) {
  const clipped = Math.min(1, Math.max(0, linear))
  const encoded = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055
  return Math.round(encoded * 255)
    .toString(16)
    .padStart(2, '0')
}

/**
 * Which node has which colour and number. A node gets the next that nobody had, and no other node ever gets it:
 * neither when the node has gone, nor when it is one that a what-if only thinks of.
 */
export class ColorSlots {
  /** @type {Map<string, number>} */
  #slots = new Map()

  /**
   * Gives slots to those of the nodes that have none yet.
   *
   * @param {readonly string[]} ids
   */
  take(ids) {
    const newcomers = [...new Set(ids)].filter((id) => !this.#slots.has(id)).sort(collator.compare)
    for (const id of newcomers) this.#slots.set(id, this.#slots.size)
  }

  /** @returns {ReadonlyMap<string, number>} */
  get slots() {
    return this.#slots
  }
}
