/** What is to be done before this process ends, or this worker thread, whatever ends it. */

/**
 * A member whose JavaScript is at its end must not stay a member: it would answer probes for as long as
 * something keeps the process, such as output that nobody reads.
 */
export class ProcessEnd {
  readonly #end: () => void
  readonly #onExit = () => this.#end()
  readonly #onUncaught = () => {
    // Where somebody handles uncaught errors, this one is not the end.
    if (process.listenerCount('uncaughtException') === 0 && !process.hasUncaughtExceptionCaptureCallback()) {
      this.#end()
    }
  }

  constructor(end: () => void) {
    this.#end = end
  }

  /** Begins to watch. */
  watch(): void {
    this.unwatch()
    // Before what others do at the end: they may not come to theirs.
    process.prependListener('exit', this.#onExit)
    process.prependListener('uncaughtExceptionMonitor', this.#onUncaught)
  }

  /** Ends the watch. May be called again. */
  unwatch(): void {
    process.removeListener('exit', this.#onExit)
    process.removeListener('uncaughtExceptionMonitor', this.#onUncaught)
  }
}
