/** Publishes the changes of a ring as events, and knows which have been. */

import type { EventBus } from '../events/event-bus.js'
import type { HashRing } from '../ring/hash-ring.js'
import type { StopWatching } from '../types.js'

/** Turns of the event loop that a change of the ring may take to be told. */
const TURNS_MAX = 100

/** Has every change of placement be an event `ring:changed`. */
export class RingAnnouncer {
  readonly #ring: HashRing
  readonly #stop: StopWatching
  #toldVersion: number

  constructor(ring: HashRing, events: EventBus) {
    this.#ring = ring
    this.#toldVersion = ring.version
    this.#stop = ring.watch((change) => {
      this.#toldVersion = change.version
      if (!events.isClosed) events.publish('ring:changed', change)
    })
  }

  /**
   * Resolves when the changes that were made by now are events, so that what is published next comes after
   * them. Changes are told in later turns of the event loop, which is kept turning for that.
   */
  async caughtUp(): Promise<void> {
    const version = this.#version()
    for (let turn = 0; turn < TURNS_MAX && this.#toldVersion < version; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** The ring's version; 0 of a ring that its user has closed, which tells nothing more. */
  #version(): number {
    try {
      return this.#ring.version
    } catch {
      return 0
    }
  }

  /** Publishes no more. */
  close(): void {
    this.#stop()
  }
}
