/** The last events, in memory and where wanted in a file. */

import { checkedCount, checkedFields } from '../checks.js'
import { HyperCacheError, shown } from '../errors.js'
import type { EventLogMetrics, EventLogQuery } from './event-bus.js'
import type { EventLogFile } from './event-log-file.js'
import type { ClusterEvent } from './event-map.js'
import { checkedTypes } from './payloads.js'

const QUERY_FIELDS: ReadonlySet<keyof EventLogQuery> = new Set(['types', 'after', 'limit'])
const LIMIT_MAX = 1_000_000

/** A bounded list of events: a new one takes the place of the oldest. */
export class EventLog {
  readonly #size: number
  readonly #file: EventLogFile | undefined
  readonly #events: ClusterEvent[]
  /** Where the next event goes once the list is full: there the oldest one is. */
  #oldest = 0

  /** The newest event that the file had. */
  readonly newestRead: ClusterEvent | undefined

  /** Begins with what the file has. */
  constructor(size: number, file: EventLogFile | undefined) {
    this.#size = size
    this.#file = file
    // One at least, to go on above its number.
    const events = file?.newest(Math.max(size, 1)) ?? []
    this.newestRead = events.at(-1)
    this.#events = events.slice(0, size)
  }

  append(event: ClusterEvent): void {
    this.#file?.append(event)
    if (this.#events.length < this.#size) {
      this.#events.push(event)
    } else if (this.#size > 0) {
      this.#events[this.#oldest] = event
      this.#oldest = (this.#oldest + 1) % this.#size
    }
  }

  /** Those that are asked for, oldest first. */
  read(query: unknown): readonly ClusterEvent[] {
    const { types, after = 0, limit } = checkedFields('query', query, QUERY_FIELDS)
    const wanted = types === undefined ? undefined : new Set(checkedTypes(types))
    if (!Number.isSafeInteger(after) || (after as number) < 0) {
      const message = `after is ${shown(after)}; it must be a whole number from 0 to 2^53 − 1`
      throw new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
    }
    const countMax = limit === undefined ? Infinity : checkedCount(limit, 'limit', LIMIT_MAX)
    const found: ClusterEvent[] = []
    for (let age = 0; age < this.#events.length && found.length < countMax; age += 1) {
      const event = this.#fromNewest(age)!
      if (event.sequence <= (after as number)) break
      if (wanted === undefined || wanted.has(event.type)) found.push(event)
    }
    return Object.freeze(found.reverse())
  }

  metrics(): EventLogMetrics {
    return {
      eventCount: this.#events.length,
      fileBytes: this.#file?.fileBytes ?? 0,
      writeFailureCount: this.#file?.failureCount ?? 0,
    }
  }

  close(): void {
    this.#file?.close()
  }

  #fromNewest(age: number): ClusterEvent | undefined {
    const { length } = this.#events
    return this.#events[(this.#oldest + length - 1 - age) % length]
  }
}
