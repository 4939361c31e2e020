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

/**
 * Waits for something, for a time at most. Answers whether it came to its end, and rejects as it does; how it
 * ends later is nobody's concern any more.
 */
export async function endsWithin(clock: Clock, ms: number, ending: Promise<unknown>): Promise<boolean> {
  let timer: Timer | undefined
  const late = new Promise<false>((resolve) => (timer = clock.after(ms, () => resolve(false))))
  try {
    return await Promise.race([ending.then(() => true), late])
  } finally {
    timer?.cancel()
  }
}

/** As long as a timer can be. */
export const LONG_MS = 2 ** 31 - 1

/** Keeps the process alive until what it answers is called, which may be called again. */
export function keepAlive(): () => void {
  // Its end does nothing, and it is set again.
  const anchor = setInterval(() => undefined, LONG_MS)
  return () => clearInterval(anchor)
}
