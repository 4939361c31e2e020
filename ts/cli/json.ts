/** What `--json` prints. */

/** A value as one JSON text, with tokens and arcs as decimal texts: JSON readers would round the numbers. */
export function asJson(value: unknown): string {
  const withTexts = (_: string, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)
  return `${JSON.stringify(value, withTexts, 2)}\n`
}
