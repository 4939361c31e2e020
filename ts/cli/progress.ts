/** How far a long run has come, on a terminal. */

import type { WriteStream } from 'node:tty'

import { grouped } from './text.js'

const FIRST_AFTER_MS = 1_000
const AGAIN_AFTER_MS = 200
const CLEAR_LINE = '\r\u001b[K'

/** Counts keys, and says so on one line that it clears in the end. Silent where nobody would see it. */
export class Progress {
  readonly #stream: WriteStream
  readonly #isSeen: boolean
  readonly #startMs = performance.now()
  #nextMs = this.#startMs + FIRST_AFTER_MS
  #keyCount = 0
  #isShown = false

  /** `isAllowed` is false where lines of output share the terminal. */
  constructor(stream: WriteStream, isAllowed: boolean) {
    this.#stream = stream
    this.#isSeen = isAllowed && stream.isTTY
    // Nobody sees it any more: that is no reason to fail.
    if (this.#isSeen) stream.on('error', () => undefined)
  }

  /** Adds keys that are done. */
  add(keyCount: number): void {
    this.#keyCount += keyCount
    if (!this.#isSeen) return
    const nowMs = performance.now()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + AGAIN_AFTER_MS
    const perSecond = Math.round(this.#keyCount / ((nowMs - this.#startMs) / 1_000))
    this.#stream.write(`${CLEAR_LINE}${grouped(this.#keyCount)} keys, ${grouped(perSecond)} per second`)
    this.#isShown = true
  }

  /** Clears the line. */
  end(): void {
    if (this.#isShown) this.#stream.write(CLEAR_LINE)
    this.#isShown = false
  }
}
