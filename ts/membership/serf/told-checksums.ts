/** The checksums of rings that members have told. */

/** The checksums that members have told, and how long it took until all live ones told the same. */
export class ToldChecksums {
  #checksums: ReadonlyMap<string, string> = new Map()
  /** When the view changed last, of a change that all have not agreed on yet. */
  #changedMs: number | undefined
  #hasTold = false
  #convergenceMs: number | undefined

  /** By id, of live members. */
  get checksums(): ReadonlyMap<string, string> {
    return this.#checksums
  }

  /** How long the last change took until all agreed. */
  get convergenceMs(): number | undefined {
    return this.#convergenceMs
  }

  /** The view has changed. */
  change(elapsedMs: number): void {
    this.#changedMs = elapsedMs
    this.#hasTold = false
  }

  /** This node has told the checksum of another ring. */
  tell(): void {
    this.#hasTold = true
  }

  /** This node takes no part any more. */
  clear(): void {
    this.#checksums = new Map()
    this.#changedMs = undefined
  }

  /** Takes what all have told. */
  take(checksums: ReadonlyMap<string, string>, liveCount: number, elapsedMs: number): void {
    this.#checksums = checksums
    const isAgreed = checksums.size === liveCount && new Set(checksums.values()).size === 1
    // Right after a change all still say what was so before.
    if (this.#changedMs === undefined || !this.#hasTold || !isAgreed) return
    this.#convergenceMs = elapsedMs - this.#changedMs
    this.#changedMs = undefined
  }
}
