/** A clock that a test moves by hand: nothing happens until it does. */

import type { Clock, Timer } from '../../dist/index.js'

interface Waiting {
  dueMs: number
  intervalMs: number | undefined
  call: () => void
}

export class ManualClock implements Clock {
  #nowMs: number
  #elapsedMs = 0
  readonly #timers = new Set<Waiting>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  elapsedMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, call: () => void): Timer {
    return this.#add({ dueMs: this.#elapsedMs + delayMs, intervalMs: undefined, call })
  }

  every(intervalMs: number, call: () => void): Timer {
    return this.#add({ dueMs: this.#elapsedMs + intervalMs, intervalMs, call })
  }

  /** How many timers are set. */
  get timerCount(): number {
    return this.#timers.size
  }

  /**
   * Lets time pass: calls back whatever is due on the way, in order, and lets promises settle in between.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(Math.max(next.dueMs, this.#elapsedMs))
      if (next.intervalMs === undefined) this.#timers.delete(next)
      else next.dueMs += next.intervalMs
      next.call()
      await settled()
    }
    this.#moveTo(endMs)
    await settled()
  }

  /** Has the wall clock jump, as machines' clocks do: no timer notices. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  /**
   * Stands still for a while, as a process does that is stopped: time has passed, and no timer has called.
   */
  pause(ms: number): void {
    this.#moveTo(this.#elapsedMs + ms)
  }

  #add(waiting: Waiting): Timer {
    this.#timers.add(waiting)
    return { cancel: () => void this.#timers.delete(waiting) }
  }

  #next(endMs: number): Waiting | undefined {
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs)
    return due.sort((a, b) => a.dueMs - b.dueMs)[0]
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs
    this.#elapsedMs = elapsedMs
  }
}

/** Resolves when the promises that can settle by themselves have done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
