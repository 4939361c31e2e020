/** How this package writes JSON. */

/** A value on one line, tokens and arcs as decimal texts: JSON readers would round the numbers. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, withTexts)
}

/** The same over several lines, for people, with the last line ended. */
export function asJson(value: unknown): string {
  return `${JSON.stringify(value, withTexts, 2)}\n`
}

function withTexts(_: string, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item
}
