/** The tags of this node on its Serf agent. */

import { describedError } from '../listeners.js'
import type { SerfSession } from './serf-session.js'
import { startOf, TAG_NAMES, type Tags } from './serf-tags.js'

/**
 * Keeps the tags of an agent as they are wanted: sets them when they change, when the agent has forgotten them
 * in a restart, and when it has refused them. A newer process that takes part by the same agent wins.
 */
export class SerfOwnTags {
  readonly #session: () => SerfSession | undefined
  readonly #wanted: () => Tags | undefined
  #isDue = false
  #isSetting = false
  #refusal: string | undefined
  #isTaken = false

  /**
   * @param session The session with the agent, while there is one.
   * @param wanted The tags that it should have; nothing while this node takes no part.
   */
  constructor(session: () => SerfSession | undefined, wanted: () => Tags | undefined) {
    this.#session = session
    this.#wanted = wanted
  }

  /** What stands against others knowing what this node says. */
  problems(): string[] {
    const taken =
      'another process has joined with the same Serf agent after this one, and others see that one'
    return [...(this.#isTaken ? [taken] : []), ...(this.#refusal === undefined ? [] : [this.#refusal])]
  }

  /** Sets the tags, as they are wanted then. One change after another: the last one stays. */
  set(): void {
    this.#isDue = true
    if (!this.#isSetting) void this.#setAll()
  }

  /** Looks at the tags that the agent has, and sets them again where they are not as wanted. */
  check(found: Tags): void {
    const wanted = this.#wanted()
    if (wanted === undefined || this.#isSetting) return
    if (TAG_NAMES.every((name) => found[name] === wanted[name])) {
      this.#isTaken = false
      return
    }
    this.#isTaken = startOf(found) > startOf(wanted)
    if (!this.#isTaken) this.set()
  }

  async #setAll(): Promise<void> {
    this.#isSetting = true
    while (this.#isDue) {
      this.#isDue = false
      const [wanted, session] = [this.#wanted(), this.#session()]
      if (wanted === undefined || session === undefined) break
      try {
        await session.setTags(
          wanted,
          TAG_NAMES.filter((name) => !(name in wanted)),
        )
        this.#refusal = undefined
      } catch (error) {
        // The next list of members shows that they are not set, which tries again.
        this.#refusal = describedError(error).problem
      }
    }
    this.#isSetting = false
  }
}
