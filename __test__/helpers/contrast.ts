/** The contrast of two colours, as WCAG 2.2 defines it. */

/** From 1 (equal) to 21 (black and white), of colours as `#rrggbb` or `rgb(r, g, b)`. */
export function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(color: string): number {
  const [red, green, blue] = channels(color).map((channel) =>
    channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Red, green and blue, 0 to 1. */
function channels(color: string): number[] {
  const hex = /^#(..)(..)(..)$/.exec(color)?.slice(1)
  const values =
    hex?.map((pair) => parseInt(pair, 16)) ??
    color
      .match(/[\d.]+/g)
      ?.slice(0, 3)
      .map(Number)
  if (values?.length !== 3) throw new Error(`${color} is no colour that is known here`)
  return values.map((value) => value / 255)
}
