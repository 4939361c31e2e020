/** How numbers and times are written. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 3 })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** Between a number and its unit: no line breaks here. */
const gap = '\u00a0'

/**
 * A share as per cent, with three digits that say something: `0.1234` is `12.3 %`. What is not nothing is
 * never `0 %`, and what is not all is never `100 %`.
 *
 * @param {number} share 0 to 1.
 * @returns {string}
 */
export function percent(share) {
  if (share === 0) return `0${gap}%`
  if (share >= 1) return `100${gap}%`
  if (share < 0.00001) return `<${gap}0.001${gap}%`
  if (share > 0.9995) return `>${gap}99.9${gap}%`
  const digits = share < 0.0009995 ? 3 : share < 0.09995 ? 2 : 1
  return `${(share * 100).toFixed(digits)}${gap}%`
}

/**
 * How far a share is from the fair one, in per cent of that: `+5.0 %`. Empty where nothing is fair.
 *
 * @param {number} share
 * @param {number} fairShare
 * @returns {string}
 */
export function deviation(share, fairShare) {
  if (fairShare === 0) return ''
  const part = (share / fairShare - 1) * 100
  const digits = Math.abs(part) < 99.95 ? part.toFixed(1) : part.toFixed(0)
  if (Number(digits) === 0) return `±0${gap}%`
  return `${part > 0 ? '+' : '−'}${digits.replace('-', '')}${gap}%`
}

/**
 * A number with its thousands apart: `1,234.5`.
 *
 * @param {number} value
 * @returns {string}
 */
export function number(value) {
  return grouped.format(value)
}

/**
 * A count and what is counted: `1 node`, `2 nodes`.
 *
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 * @returns {string}
 */
export function counted(count, one, many = `${one}s`) {
  return `${grouped.format(count)} ${count === 1 ? one : many}`
}

/**
 * How long something took: `0.2 ms`, `12 ms`, `1.5 s`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  const [value, unit] = ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's']
  return `${grouped.format(Math.round(value * 10) / 10)}${gap}${unit}`
}

/**
 * A time of today as the time of day, another one with its date.
 *
 * @param {number} ms Milliseconds since 1970.
 * @param {number} nowMs
 * @returns {string}
 */
export function timeOfDay(ms, nowMs) {
  const at = new Date(ms)
  const isToday = at.toDateString() === new Date(nowMs).toDateString()
  return (isToday ? clock : dayAndClock).format(at)
}

/**
 * A list as people write it: `a`, `a and b`, `a, b and c`.
 *
 * @param {readonly string[]} items
 * @returns {string}
 */
export function listed(items) {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`
}
