/** Who is told of events: listeners, and those who take them one after another. */

import { callListener, warn } from '../listeners.js'
import type { ClusterEvent, EventType, EventsLost } from './event-map.js'
import { EventQueue } from './event-queue.js'

/**
 * Waiting events told in one go: then the rest has to wait for a later turn of the event loop, so that a
 * listener which publishes again and again does not stop everything else.
 */
export const TOLD_IN_ONE_GO = 1_024

/** What is counted for all subscribers of a bus. */
export interface DeliveryCounts {
  delivered: number
  dropped: number
  failed: number
}

/** One subscription. */
export abstract class Subscriber {
  /** The sequence number after which its events begin; infinite when it has ended. */
  since: number
  readonly types: readonly EventType[]
  protected readonly queue: EventQueue
  protected readonly counts: DeliveryCounts
  /** Called once, when it ends. */
  onEnd: (() => void) | undefined

  constructor(types: readonly EventType[], since: number, queueLimit: number, counts: DeliveryCounts) {
    this.types = types
    this.since = since
    this.queue = new EventQueue(queueLimit)
    this.counts = counts
  }

  get hasEnded(): boolean {
    return this.since === Infinity
  }

  /** How many events wait. */
  get queuedCount(): number {
    return this.queue.eventCount
  }

  /** Gives it an event. Never throws. */
  abstract give(event: ClusterEvent): void

  /** Ends it; what waits is dropped. May be called again. */
  end(): void {
    if (this.hasEnded) return
    this.since = Infinity
    this.queue.clear()
    this.onEnd?.()
  }

  protected keep(event: ClusterEvent): void {
    if (!this.queue.push(event)) this.counts.dropped += 1
  }
}

/** What a listener is called with, and as. */
export interface Listener {
  call: (event: ClusterEvent) => unknown
  onLost: ((lostCount: number) => void) | undefined
}

/** A function that is called with each event. While a promise of its is pending, the others wait. */
export class ListenerSubscriber extends Subscriber {
  readonly #call: (event: ClusterEvent) => unknown
  readonly #onLost: ((lostCount: number) => void) | undefined
  readonly #countFailure: () => void
  #isBusy = false
  /** How many it was told of those that waited, since it had others wait for that. */
  #toldCount = 0

  constructor(
    { call, onLost }: Listener,
    ...[types, since, queueLimit, counts]: ConstructorParameters<typeof Subscriber>
  ) {
    super(types, since, queueLimit, counts)
    this.#call = call
    this.#onLost = onLost
    this.#countFailure = () => (counts.failed += 1)
  }

  give(event: ClusterEvent): void {
    if (this.#isBusy) this.keep(event)
    else this.#tell(event)
  }

  #tell(event: ClusterEvent): void {
    this.counts.delivered += 1
    // Busy during the call too: what it publishes must not come to it in the middle.
    this.#isBusy = true
    const pending = callListener('subscribe()', this.#call, event, this.#countFailure)
    if (pending === undefined) this.#isBusy = false
    else void pending.then(() => this.#goOn())
  }

  /** Tells what has come while it was busy, until it is busy again. */
  #goOn(): void {
    this.#isBusy = false
    while (!this.#isBusy && !this.queue.isEmpty) {
      if (this.#toldCount === TOLD_IN_ONE_GO) {
        this.#toldCount = 0
        this.#isBusy = true
        setImmediate(() => this.#goOn())
        return
      }
      this.#toldCount += 1
      const item = this.queue.take()!
      if (item.type === 'events:lost') this.#tellLoss(item)
      else this.#tell(item)
    }
  }

  #tellLoss({ lostCount }: EventsLost): void {
    if (this.#onLost !== undefined) {
      this.#isBusy = true
      void callListener('onLost', this.#onLost, lostCount)
      this.#isBusy = false
      return
    }
    const message = `a listener of subscribe() was slower than events came, and has lost ${lostCount} of them`
    warn('ERR_HYPERCACHE_EVENTS_LOST', message)
  }
}

type Taken = IteratorResult<ClusterEvent | EventsLost>

/** Somebody who takes the events one after another. */
export class StreamSubscriber extends Subscriber {
  /** Those who have asked for more than there is, in order. */
  #asking: ((taken: Taken) => void)[] = []

  give(event: ClusterEvent): void {
    const asking = this.#asking.shift()
    if (asking === undefined) return this.keep(event)
    this.counts.delivered += 1
    asking({ done: false, value: event })
  }

  override end(): void {
    super.end()
    this.#asking.splice(0).forEach((resolve) => resolve({ done: true, value: undefined }))
  }

  /** What the subscriber is handed: it takes from here, and can end it. */
  iterator(): AsyncIterableIterator<ClusterEvent | EventsLost> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end()
        return this.#next()
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  #next(): Promise<Taken> {
    const value = this.queue.take()
    if (value !== undefined) {
      if (value.type !== 'events:lost') this.counts.delivered += 1
      return Promise.resolve({ done: false, value })
    }
    if (this.hasEnded) return Promise.resolve({ done: true, value })
    return new Promise((resolve) => this.#asking.push(resolve))
  }
}
