/** Things that are done one after another. */

/** Has what is asked for follow one another, in the order in which it was. */
export class Turns<Kind extends string> {
  /** The last that was asked for, until its end. */
  #last: { kind: Kind; ended: Promise<void> } | undefined

  /**
   * Does something at once, or when what was asked for before has ended, however it has. What is of the same
   * kind as the last one is that one. Answers its end.
   */
  take(kind: Kind, act: () => Promise<void>): Promise<void> {
    const last = this.#last
    if (last?.kind === kind) return last.ended
    const ended = last === undefined ? act() : last.ended.catch(() => undefined).then(act)
    const turn = { kind, ended }
    const forget = () => {
      if (this.#last === turn) this.#last = undefined
    }
    this.#last = turn
    ended.then(forget, forget)
    return ended
  }
}
