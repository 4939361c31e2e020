/** A bounded queue between those who make items and one who takes them with `for await`. */

import { Fifo } from './fifo.js'

interface Waiting<T> {
  resolve: (result: IteratorResult<T>) => void
  reject: (error: Error) => void
}

/** Items that wait to be taken, in order. What is too much is refused, for the maker to deal with. */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  readonly #limit: number
  readonly #onEnd: () => void
  readonly #items = new Fifo<T>()
  #waiting: Waiting<T>[] = []
  #isEnded = false
  #error: Error | undefined

  /** @param onEnd Called when the queue ends, at least once. */
  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit
    this.#onEnd = onEnd
  }

  /** How many items wait. */
  get length(): number {
    return this.#items.length
  }

  /** Hands an item over. Answers whether it was taken: not after the end, and not where too many wait. */
  push(item: T): boolean {
    if (this.#isEnded) return false
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting.resolve({ done: false, value: item })
    else if (this.length < this.#limit) this.#items.push(item)
    else return false
    return true
  }

  /** Ends with an error, after the items that came before it. */
  fail(error: Error): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#error = error
    else waiting.reject(error)
    this.end(false)
  }

  /** Ends; what waits is still given, unless it is dropped. */
  end(dropsWaiting: boolean): void {
    this.#isEnded = true
    if (dropsWaiting) {
      this.#items.clear()
      this.#error = undefined
    }
    this.#onEnd()
    this.#waiting.splice(0).forEach(({ resolve }) => resolve({ done: true, value: undefined }))
  }

  next(): Promise<IteratorResult<T>> {
    if (this.length > 0) return Promise.resolve({ done: false, value: this.#items.shift()! })
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) return Promise.reject(error)
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  return(): Promise<IteratorResult<T>> {
    this.end(true)
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
