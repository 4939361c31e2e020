/** The only place that reads the time, in milliseconds since 1970. */
export function nowMs(): number {
  return Date.now()
}
