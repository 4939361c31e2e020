/** The coordinator's own timer: a sign that this process turns over. It tells other nodes nothing. */

import type { Clock, Timer } from '../clock.js'

/** Intervals without a beat after which the process counts as stuck. */
const MISSED_BEATS_MAX = 3
/** However short they are: a second of other work is no reason to call it stuck. */
const SILENT_MS_MIN = 1_000

/** Beats while it is on. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #onBeat: () => void
  #timer: Timer | undefined
  #beatCount = 0
  #lastBeatAtMs: number | undefined
  /** When it was last known to turn over, by the clock that does not jump. */
  #lastElapsedMs = 0

  constructor(clock: Clock, intervalMs: number, onBeat: () => void) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#onBeat = onBeat
  }

  get beatCount(): number {
    return this.#beatCount
  }

  /** When the last beat was, in milliseconds since 1970. */
  get lastBeatAtMs(): number | undefined {
    return this.#lastBeatAtMs
  }

  /** Begins to beat. The time before counts for nothing. */
  start(): void {
    this.stop()
    this.#lastElapsedMs = this.#clock.elapsedMs()
    this.#timer = this.#clock.every(this.#intervalMs, () => this.#beat())
  }

  /** Stops. May be called again. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** What stands against it, if anything: that beats are missing. */
  problem(): string | undefined {
    if (this.#timer === undefined) return 'it does not beat'
    const silentMs = this.#clock.elapsedMs() - this.#lastElapsedMs
    if (silentMs <= Math.max(MISSED_BEATS_MAX * this.#intervalMs, SILENT_MS_MIN)) return undefined
    return `no beat for ${silentMs.toFixed(0)} ms; there should be one each ${this.#intervalMs} ms`
  }

  #beat(): void {
    this.#beatCount += 1
    this.#lastBeatAtMs = this.#clock.nowMs()
    this.#lastElapsedMs = this.#clock.elapsedMs()
    this.#onBeat()
  }
}
