/** How long to wait before something is tried again. */

/** Waits that double from try to try, up to a bound, each shortened at random: not all come back at once. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #nextMs: number

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = Math.min(firstMs, maxMs)
    this.#maxMs = maxMs
    this.#nextMs = this.#firstMs
  }

  /** The wait before the next try: between half of what is due and all of it. */
  next(): number {
    const dueMs = this.#nextMs
    this.#nextMs = Math.min(dueMs * 2, this.#maxMs)
    return dueMs * (0.5 + Math.random() / 2)
  }

  /** Begins anew, after a success. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
