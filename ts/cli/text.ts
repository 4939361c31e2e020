/** Texts for people: columns, bars, numbers. */

/** Cells that the bars of a row may take, all together. */
const BAR_CELLS = 30
/** Fewer cells make a bar that tells nothing. */
const BAR_CELLS_MIN = 6
/** Cells of a line of prose: longer ones are hard to read. */
const PROSE_CELLS = 80
const COLUMN_GAP = '  '
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 })
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** A number in groups of three digits, with at most three decimals. */
export function grouped(value: number): string {
  return numbers.format(value)
}

/** A part of 1 as a percentage with two decimals; never 0.00% above 0. */
export function percent(share: number): string {
  const text = `${(share * 100).toFixed(2)}%`
  return share > 0 && text === '0.00%' ? '<0.01%' : text
}

/** A value that is drawn: as long as a bar may be where it is `largest`; never empty above 0. */
export interface Bar {
  value: number
  largest: number
}

function drawn({ value, largest }: Bar, cells: number): string {
  if (value <= 0 || largest <= 0) return ''
  const eighths = Math.max(1, Math.round((value / largest) * cells * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
}

/** Cells that a text takes in a terminal. */
export function displayWidth(text: string): number {
  // Nearly every text, and a table may have very many: ASCII and the blocks of bars, a cell each.
  if (/^[\x20-\x7e\u2580-\u259f]*$/.test(text)) return text.length
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
  const widths = widthsOf(rows, sides.length)
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const gap = ' '.repeat(Math.max(0, widths[column]! - displayWidth(cell)))
      return sides[column] === 'right' ? gap + cell : cell + gap
    })
    return cells.join(COLUMN_GAP).trimEnd()
  })
}

/**
 * Rows as lines, with bars in columns of their own. Bars are as long as `lineCells` leaves room for; where
 * that is too little they are left out, for a line that breaks is harder to read than one without a bar.
 */
export function charts(
  rows: readonly (readonly (string | Bar)[])[],
  sides: readonly Side[],
  lineCells: number,
): string[] {
  const isBar = sides.map((_, column) => rows.some((row) => typeof row[column] === 'object'))
  const barCount = isBar.filter(Boolean).length
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : '')))
  const room = (Math.min(lineCells - lineWidth(texts, sides.length), BAR_CELLS) / barCount) | 0
  const isKept = (_: unknown, column: number) => room >= BAR_CELLS_MIN || !isBar[column]
  const shown = rows.map((row) => {
    return row.filter(isKept).map((cell) => (typeof cell === 'string' ? cell : drawn(cell, room)))
  })
  return columns(shown, sides.filter(isKept))
}

/** Cells that rows take side by side. */
export function lineWidth(rows: readonly (readonly string[])[], columnCount: number): number {
  const gaps = COLUMN_GAP.length * (columnCount - 1)
  return widthsOf(rows, columnCount).reduce((sum, width) => sum + width, gaps)
}

function widthsOf(rows: readonly (readonly string[])[], columnCount: number): number[] {
  const widest = (column: number) => {
    return rows.reduce((most, row) => Math.max(most, displayWidth(row[column] ?? '')), 0)
  }
  return Array.from({ length: columnCount }, (_, column) => widest(column))
}

/** A paragraph as lines that break between words. */
export function prose(text: string, lineCells: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    const longer = line === '' ? word : `${line} ${word}`
    const isShort = displayWidth(longer) <= Math.min(lineCells, PROSE_CELLS)
    if (line === '' || isShort) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** Words and what they mean, a line each; what does not fit goes on below. */
export function glossary(words: readonly (readonly string[])[], lineCells: number): string[] {
  const indent = lineWidth(words, 1) + COLUMN_GAP.length
  const rows = words.flatMap(([word = '', meaning = '']) => {
    return prose(meaning, Math.min(lineCells, PROSE_CELLS) - indent).map((line, at) => [
      at === 0 ? word : '',
      line,
    ])
  })
  return columns(rows, ['left', 'left'])
}

/** A text in quotes, with nothing in it that could steer a terminal. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    return Array.from({ length: char.length }, (_, at) => {
      return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`
    }).join('')
  })
}

/** A name in a sentence: as it is, or in quotes where it could be taken for something else. */
export function named(text: string): string {
  return text === '' || /[\s"\p{Cc}\p{Cf}]/u.test(text) ? quoted(text) : text
}
