/** A queue: first in, first out. */

/** From how many taken items on their places are given back. */
const TAKEN_MAX = 1_024

/** Items in order. Putting one in and taking one out cost the same, however many there are. */
export class Fifo<T> {
  #items: T[] = []
  /** Where the first item is: taking one moves nothing. */
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** The item that came last. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Takes the item that came first. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]!
    this.#items[this.#head] = undefined as T
    this.#head += 1
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= TAKEN_MAX && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
