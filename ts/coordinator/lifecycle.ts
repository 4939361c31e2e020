/** The states of a coordinator, and which may follow which. */

import { HyperCacheError } from '../errors.js'
import type { CoordinatorState } from '../cluster-types.js'

const NEXT: Readonly<Record<CoordinatorState, readonly CoordinatorState[]>> = {
  idle: ['starting'],
  starting: ['ready', 'stopped'],
  ready: ['draining', 'evicted'],
  draining: ['stopped'],
  evicted: ['starting', 'draining'],
  stopped: ['starting'],
}

/** Where a coordinator is in its life. */
export class Lifecycle {
  #state: CoordinatorState = 'idle'

  get state(): CoordinatorState {
    return this.#state
  }

  /** Goes on to a state. @throws ERR_HYPERCACHE_ILLEGAL_STATE where it cannot follow. */
  enter(next: CoordinatorState): void {
    if (!NEXT[this.#state].includes(next)) {
      const before = Object.keys(NEXT).filter((state) => NEXT[state as CoordinatorState].includes(next))
      const wanted = before.join(' or ')
      const message = `the coordinator is ${this.#state}; to be ${next} next, it must be ${wanted}`
      throw new HyperCacheError('ERR_HYPERCACHE_ILLEGAL_STATE', message)
    }
    this.#state = next
  }
}
