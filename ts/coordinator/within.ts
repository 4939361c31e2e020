/** Waiting with an end. */

import type { Clock, Timer } from '../clock.js'

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
