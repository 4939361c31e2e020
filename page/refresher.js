/** Asks for something anew when it is stale: not for each of many events, and never twice at a time. */

/** So many events that come together are answered by one request. */
const gatherMs = 150

export class Refresher {
  #refresh
  #onFailure
  #isWanted = false
  #isBusy = false

  /**
   * @param {() => Promise<void>} refresh
   * @param {(error: unknown) => void} onFailure
   */
  constructor(refresh, onFailure) {
    this.#refresh = refresh
    this.#onFailure = onFailure
  }

  /** Says that it is stale: it will be asked for after a moment, or after the request under way. */
  want() {
    this.#isWanted = true
    if (!this.#isBusy) void this.#run()
  }

  async #run() {
    this.#isBusy = true
    while (this.#isWanted) {
      await new Promise((resolve) => setTimeout(resolve, gatherMs))
      this.#isWanted = false
      await this.#refresh().catch(this.#onFailure)
    }
    this.#isBusy = false
  }
}
