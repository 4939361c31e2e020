/** What waits for one subscriber, with a note wherever something was lost. */

import { Fifo } from '../fifo.js'
import type { ClusterEvent, EventsLost } from './event-map.js'

/** A place where events were lost. It grows for as long as it is last. */
interface Gap {
  lostCount: number
}

/** A bounded queue of events. Those that come when it is full are lost; where, and how many, is kept. */
export class EventQueue {
  readonly #limit: number
  readonly #items = new Fifo<ClusterEvent | Gap>()
  #eventCount = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many events wait. Gaps take no place: there is at most one between two events. */
  get eventCount(): number {
    return this.#eventCount
  }

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Puts an event in. Answers whether there was room; where there was none, it is lost. */
  push(event: ClusterEvent): boolean {
    if (this.#eventCount < this.#limit) {
      this.#items.push(event)
      this.#eventCount += 1
      return true
    }
    const { last } = this.#items
    if (last !== undefined && 'lostCount' in last) last.lostCount += 1
    else this.#items.push({ lostCount: 1 })
    return false
  }

  /** Takes the first event, or what there is to say of a gap. */
  take(): ClusterEvent | EventsLost | undefined {
    const item = this.#items.shift()
    if (item === undefined) return undefined
    if ('lostCount' in item) return Object.freeze({ type: 'events:lost', lostCount: item.lostCount })
    this.#eventCount -= 1
    return item
  }

  clear(): void {
    this.#items.clear()
    this.#eventCount = 0
  }
}
