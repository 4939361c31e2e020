/** Time: the only place that reads it, and that sets timers. */

/** The time in milliseconds since 1970. */
export function nowMs(): number {
  return Date.now()
}

/** A timer that is set. */
export interface Timer {
  /** Stops it; may be called again. */
  cancel(): void
}

/**
 * Where the time comes from, and who calls back when some has passed. Everything that waits is given one, so
 * that tests drive it by hand.
 */
export interface Clock {
  /** Milliseconds since 1970. May jump, as clocks of machines do. */
  nowMs(): number
  /** Milliseconds since some moment, which never go back: for durations. */
  elapsedMs(): number
  /** Calls back once, after `delayMs` or later. */
  after(delayMs: number, call: () => void): Timer
  /** Calls back again and again, `intervalMs` apart or more. */
  every(intervalMs: number, call: () => void): Timer
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs,
  elapsedMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs).unref()
    return { cancel: () => clearTimeout(timer) }
  },
  every: (intervalMs, call) => {
    const timer = setInterval(call, intervalMs).unref()
    return { cancel: () => clearInterval(timer) }
  },
}
