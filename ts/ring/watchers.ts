/** Who watches a ring in this thread, and how changes reach them. */

import { AsyncQueue } from '../async-queue.js'
import { checkedCount, checkedFields, checkedSignal } from '../checks.js'
import { HyperCacheError } from '../errors.js'
import { callListener, stopWatching, warn } from '../listeners.js'
import { type NativeRing, type NativeRingChange, guarded } from '../native.js'
import type { RingChange, StopWatching, WatchOptions } from '../types.js'
import { transfersOf } from './transfers.js'

/**
 * Changes told in one turn of the event loop: others are to have their turns too, however fast changes are
 * made.
 */
const TOLD_IN_A_TURN = 64
const QUEUE_LIMIT = 1_024
const QUEUE_LIMIT_MAX = 65_536

const LISTENER_OPTIONS: ReadonlySet<keyof WatchOptions> = new Set(['signal'])
const ITERATOR_OPTIONS: ReadonlySet<keyof WatchOptions> = new Set(['signal', 'queueLimit'])

/** One watch: what it is told. */
interface Watcher {
  /** The version at which it began: changes up to there are none of its. */
  since?: number
  tell(change: RingChange): void
  /** Changes were lost before the next one. */
  lose(): void
  /** The ring was closed, or the signal was given: then what waits is dropped. */
  end(dropsWaiting: boolean): void
}

/**
 * The watchers of a ring in this thread. Native code wakes them in a turn of the event loop of its own, for
 * all changes that have come by then, and does not keep the process alive for it.
 */
export class Watchers {
  readonly #native: NativeRing
  readonly #watchers = new Set<Watcher>()
  #isAwake = false

  constructor(native: NativeRing) {
    this.#native = native
  }

  /** Calls a listener with each change. */
  listen(listener: (change: RingChange) => void, options: unknown): StopWatching {
    const { signal } = checkedWatchOptions(options, LISTENER_OPTIONS)
    const watcher: Watcher = {
      tell: (change) => void callListener('watch()', listener, change),
      lose: () => warn('ERR_HYPERCACHE_WATCH_OVERFLOW', lostMessage('a listener of watch()')),
      end: () => stop(),
    }
    const stop = this.#add(watcher, signal)
    if (signal?.aborted === true) stop()
    return stopWatching(stop)
  }

  /** Answers the changes one after another. */
  iterate(options: unknown): AsyncIterableIterator<RingChange> {
    const { signal, queueLimit } = checkedWatchOptions(options, ITERATOR_OPTIONS)
    const queue = new AsyncQueue<RingChange>(queueLimit, () => stop())
    const watcher: Watcher = {
      tell: (change) => {
        if (!queue.push(change)) queue.fail(overflow(tooManyMessage(queueLimit)))
      },
      lose: () => queue.fail(overflow(lostMessage('an iterator of watch()'))),
      end: (dropsWaiting) => queue.end(dropsWaiting),
    }
    const stop = this.#add(watcher, signal)
    if (signal?.aborted === true) queue.end(true)
    return queue
  }

  /** Ends all watches. */
  close(): void {
    new Set(this.#watchers).forEach((watcher) => watcher.end(false))
  }

  /** Answers what removes the watcher again. */
  #add(watcher: Watcher, signal: AbortSignal | undefined): () => void {
    if (this.#watchers.size === 0) guarded(() => this.#native.watch(() => this.#wake()))
    // After that, not before: what other threads change in between is not told, but is in the ring by now.
    watcher.since = guarded(() => this.#native.version)
    this.#watchers.add(watcher)
    // An end by the signal is an end, and no error: that is what was asked for.
    const abort = () => watcher.end(true)
    signal?.addEventListener('abort', abort)
    return () => {
      signal?.removeEventListener('abort', abort)
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#native.unwatch()
    }
  }

  /**
   * Called by native code: must not throw. It may be called many times in one turn, so all that it does is to
   * ask for a later part of this turn, once, without keeping the process alive.
   */
  #wake(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(() => this.#deliver()).unref()
  }

  #deliver(): void {
    this.#isAwake = false
    const { changes, hasOverflowed } = this.#native.takeChanges(TOLD_IN_A_TURN)
    // Lost are changes up to now. A listener may close the ring: then it could not be asked.
    const lost = hasOverflowed ? this.#native.version : 0
    changes.forEach((made) => {
      const change = changeOf(made)
      this.#each(change.version, (watcher) => watcher.tell(change))
    })
    if (hasOverflowed) this.#each(lost, (watcher) => watcher.lose())
  }

  /** Tells who watched before `version` came. A watcher that another one removes is told nothing more. */
  #each(version: number, tell: (watcher: Watcher) => void): void {
    new Set(this.#watchers).forEach((watcher) => {
      if (this.#watchers.has(watcher) && watcher.since! < version) tell(watcher)
    })
  }
}

/** A change of a ring, as native code tells it. */
export function changeOf(made: NativeRingChange): RingChange {
  return Object.freeze({ ...made, transfers: transfersOf(made.transfers) })
}

function lostMessage(who: string): string {
  return `changes were made faster than this thread took them, and ${who} has missed some`
}

function tooManyMessage(limit: number): string {
  return `more than ${limit} changes waited to be taken from an iterator of watch()`
}

function overflow(problem: string): HyperCacheError {
  return new HyperCacheError('ERR_HYPERCACHE_WATCH_OVERFLOW', `${problem}; begin anew from the ring as it is`)
}

function checkedWatchOptions(
  options: unknown,
  names: ReadonlySet<keyof WatchOptions>,
): { signal: AbortSignal | undefined; queueLimit: number } {
  const { signal, queueLimit } = checkedFields('options', options, names)
  const limit =
    queueLimit === undefined ? QUEUE_LIMIT : checkedCount(queueLimit, 'queueLimit', QUEUE_LIMIT_MAX)
  return { signal: checkedSignal('options.signal', signal), queueLimit: limit }
}
