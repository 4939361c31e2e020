/** Doubts about members that their agents do not tell of. */

import type { Clock } from '../../clock.js'

/** Intervals of silence after which a process is suspected, and after which it is dead. */
const SUSPECTED_AFTER = 3
const DEAD_AFTER = 5

interface Doubt {
  /** When the suspicion by probes ends by itself. */
  suspectedUntilMs: number | undefined
  /** When its process was last heard of. */
  heardMs: number
  /** How often it says that it lives. */
  intervalMs: number
  /** Since when its agent is gone. */
  failedMs: number | undefined
}

/** How a process is, as far as its agent does not know. */
export type ProcessState = 'alive' | 'suspected' | 'dead' | 'forgotten'

/**
 * Two kinds of doubt. A suspicion by probes is in the log of the agent that probed; that it was taken back is
 * in the log of the suspected one alone, which says so if it can: otherwise it ends after a while. And a
 * process may be gone while its agent goes on: then nobody says that it lives.
 */
export class SerfDoubts {
  readonly #clock: Clock
  readonly #suspicionMaxMs: number
  readonly #forgottenAfterMs: number
  readonly #intervalMs: number
  readonly #doubts = new Map<string, Doubt>()
  startedCount = 0
  refutedCount = 0

  constructor(
    clock: Clock,
    timings: { suspicionMaxMs: number; reapAfterMs: number; heartbeatIntervalMs: number },
  ) {
    this.#clock = clock
    this.#suspicionMaxMs = timings.suspicionMaxMs
    this.#forgottenAfterMs = timings.reapAfterMs
    this.#intervalMs = timings.heartbeatIntervalMs
  }

  /** Begins a suspicion. Answers whether it is a new one. */
  suspect(id: string): boolean {
    const doubt = this.#of(id)
    const isNew = doubt.suspectedUntilMs === undefined
    if (isNew) this.startedCount += 1
    doubt.suspectedUntilMs = this.#clock.elapsedMs() + this.#suspicionMaxMs
    return isNew
  }

  /** Ends a suspicion that was wrong. */
  refute(id: string): void {
    const doubt = this.#doubts.get(id)
    if (doubt?.suspectedUntilMs === undefined) return
    doubt.suspectedUntilMs = undefined
    this.refutedCount += 1
  }

  /** Its agent is gone: a suspicion was right. Answers how it is. */
  fail(id: string): ProcessState {
    const doubt = this.#of(id)
    const nowMs = this.#clock.elapsedMs()
    doubt.suspectedUntilMs = undefined
    doubt.heardMs = nowMs
    doubt.failedMs ??= nowMs
    return nowMs - doubt.failedMs >= this.#forgottenAfterMs ? 'forgotten' : 'dead'
  }

  /** Its process has said something. */
  hear(id: string, intervalMs?: number): void {
    const doubt = this.#of(id)
    doubt.heardMs = this.#clock.elapsedMs()
    if (intervalMs !== undefined) doubt.intervalMs = intervalMs
  }

  /** Takes all as heard of now: nothing could be heard for a while. */
  hearAll(): void {
    for (const id of this.#doubts.keys()) this.hear(id)
  }

  /** Leaves out whoever is not listed. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#doubts.keys()) if (!ids.has(id)) this.#doubts.delete(id)
  }

  /** How a process is whose agent is alive. */
  state(id: string): ProcessState {
    const doubt = this.#of(id)
    const nowMs = this.#clock.elapsedMs()
    doubt.failedMs = undefined
    if (doubt.suspectedUntilMs !== undefined && nowMs >= doubt.suspectedUntilMs) this.refute(id)
    const silentMs = nowMs - doubt.heardMs
    const deadMs = DEAD_AFTER * doubt.intervalMs
    if (silentMs >= deadMs + this.#forgottenAfterMs) return 'forgotten'
    if (silentMs >= deadMs) return 'dead'
    const isSilent = silentMs >= SUSPECTED_AFTER * doubt.intervalMs
    return isSilent || doubt.suspectedUntilMs !== undefined ? 'suspected' : 'alive'
  }

  #of(id: string): Doubt {
    const known = this.#doubts.get(id)
    if (known !== undefined) return known
    const heardMs = this.#clock.elapsedMs()
    const doubt = { suspectedUntilMs: undefined, heardMs, intervalMs: this.#intervalMs, failedMs: undefined }
    this.#doubts.set(id, doubt)
    return doubt
  }
}
