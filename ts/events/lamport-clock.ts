/** Logical time. */

import { HyperCacheError, shown } from '../errors.js'

/**
 * A logical clock: whatever has been seen before something has a lower time than it (L. Lamport, Time,
 * clocks, and the ordering of events in a distributed system, 1978). Times are whole numbers from 0 to 2^53 −
 * 1.
 */
export class LamportClock {
  #time = 0

  /** The time of the last thing that was seen; 0 before the first. */
  now(): number {
    return this.#time
  }

  /** The time of something that happens here: one more than of all that was seen. */
  tick(): number {
    return (this.#time = this.#above(this.#time))
  }

  /**
   * Takes notice of a time that something from elsewhere carries, and answers the time of that notice: above
   * both.
   *
   * @throws ERR_HYPERCACHE_OUT_OF_RANGE for anything but a whole number from 0 to 2^53 − 2; the clock stays.
   */
  observe(time: number): number {
    if (!Number.isSafeInteger(time) || time < 0) throw outOfRange(time)
    return (this.#time = this.#above(Math.max(this.#time, time)))
  }

  #above(time: number): number {
    if (time < Number.MAX_SAFE_INTEGER) return time + 1
    throw outOfRange(time)
  }
}

function outOfRange(time: unknown): HyperCacheError {
  const message = `the Lamport time is ${shown(time)}; it must be a whole number from 0 to 2^53 − 2`
  return new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
}
