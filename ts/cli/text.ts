/** Texts for people: columns, bars, numbers. */

const BAR_CELLS = 30
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 })
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** A number in groups of three digits, with at most three decimals. */
export function grouped(value: number): string {
  return numbers.format(value)
}

/** A part of 1 as a percentage with two decimals. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`
}

/** A bar for `value`, as long as it may be where `value` is `largest`; never empty above 0. */
export function bar(value: number, largest: number): string {
  if (value <= 0 || largest <= 0) return ''
  const eighths = Math.max(1, Math.round((value / largest) * BAR_CELLS * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
}

/** Cells that a text takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += cellsOf(segment)
  return width
}

/** Two cells for what East Asian fonts and emoji fonts draw wide, none for what has no width of its own. */
function cellsOf(grapheme: string): number {
  if (/^[\p{Cc}\p{Cf}\p{M}]/u.test(grapheme)) return 0
  if (/^\p{Emoji_Presentation}|\uFE0F/u.test(grapheme)) return 2
  const wide = [
    ...['\u1100-\u115F', '\u2E80-\u303E', '\u3041-\uA4CF', '\uA960-\uA97C', '\uAC00-\uD7A3'],
    ...['\uF900-\uFAFF', '\uFE30-\uFE6F', '\uFF01-\uFF60', '\uFFE0-\uFFE6', '\u{20000}-\u{3FFFD}'],
  ]
  const isWide = new RegExp(`^[${wide.join('')}]`, 'u')
  return isWide.test(grapheme) ? 2 : 1
}

/** A column's side on which its cells line up. */
export type Side = 'left' | 'right'

/** Rows as lines, in columns two spaces apart, without spaces at the ends of lines. */
export function columns(rows: readonly (readonly string[])[], sides: readonly Side[]): string[] {
  const widths = sides.map((_, column) => {
    return rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), 0)
  })
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const gap = ' '.repeat(Math.max(0, widths[column]! - displayWidth(cell)))
      return sides[column] === 'right' ? gap + cell : cell + gap
    })
    return cells.join('  ').trimEnd()
  })
}

/** A text in quotes, with nothing in it that could steer a terminal. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    return Array.from({ length: char.length }, (_, at) => {
      return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`
    }).join('')
  })
}
