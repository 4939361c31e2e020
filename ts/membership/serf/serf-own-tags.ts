/** What this node says of itself, in the tags of its Serf agent. */

import { describedError } from '../../listeners.js'
import { codeOf } from '../../system-reason.js'
import type { SerfSession } from './serf-session.js'
import {
  checkTagsFit,
  type Common,
  type Said,
  startOf,
  TAG_NAMES,
  type Tags,
  tagsOf,
  tagsOfLeft,
} from './serf-tags.js'

/**
 * Keeps the tags of an agent as they should be: sets them when they change, when the agent has forgotten them
 * in a restart, and when it has refused them. A newer process that takes part by the same agent wins.
 */
export class SerfOwnTags {
  readonly #common: Common
  readonly #session: () => SerfSession | undefined
  #said: Said
  #ringChecksum: string | undefined
  /** Tags of the agent that are none of ours. */
  #others: Tags = {}
  #isDue = false
  #isSetting = false
  #refusal: string | undefined
  #isTaken = false

  /**
   * @param session The session with the agent, while there is one and this node takes part.
   * @throws ERR_HYPERCACHE_TAGS_TOO_LARGE.
   */
  constructor(said: Said, common: Common, session: () => SerfSession | undefined) {
    this.#said = said
    this.#common = common
    this.#session = session
    this.#checkFits(said)
  }

  get said(): Said {
    return this.#said
  }

  /** The checksum that this node tells of its ring. */
  get ringChecksum(): string | undefined {
    return this.#ringChecksum
  }

  /** What stands against others knowing what this node says. */
  problems(): string[] {
    const taken =
      'another process has joined with the same Serf agent after this one, and others see that one'
    return [...(this.#isTaken ? [taken] : []), ...(this.#refusal === undefined ? [] : [this.#refusal])]
  }

  /**
   * Says something else, as the next version of it. @throws ERR_HYPERCACHE_TAGS_TOO_LARGE; then it does not.
   */
  say(changed: Partial<Said>): void {
    const said = { ...this.#said, ...changed, incarnation: this.#said.incarnation + 1 }
    this.#checkFits(said)
    this.#said = said
  }

  /** Tells another checksum, or none, with the next `set`. */
  sayRing(checksum: string | undefined): void {
    this.#ringChecksum = checksum
  }

  /**
   * Sets the tags before this node takes part.
   *
   * @param found The tags that the agent has.
   * @throws ERR_HYPERCACHE_TAGS_TOO_LARGE; as the session.
   */
  async setFirst(session: SerfSession, found: Tags): Promise<void> {
    this.#takeOthers(found)
    this.#checkFits(this.#said)
    // Newer than the process that was there before, also where the clock went back: the newer one is heeded.
    this.#said = { ...this.#said, startedAtMs: Math.max(this.#said.startedAtMs, startOf(found) + 1) }
    await this.#setOn(session)
  }

  /**
   * Sets the tags on an agent that is back, before it meets others: an agent without them is no member.
   *
   * @throws ERR_HYPERCACHE_SERF_UNREACHABLE.
   */
  async setAgain(session: SerfSession, found: Tags): Promise<void> {
    if (startOf(found) > this.#said.startedAtMs) return
    try {
      await this.#setOn(session)
    } catch (error) {
      if (codeOf(error) !== 'ERR_HYPERCACHE_SERF_REFUSED') throw error
      this.#refusal = describedError(error).problem
    }
  }

  /** Tells that this node has left: with tags too, for who has none may be an agent that was started anew. */
  async setLeft(session: SerfSession): Promise<void> {
    await session.setTags(...withUnused(tagsOfLeft(this.#said, this.#common)))
  }

  /** Sets the tags, as they are then. One change after another: the last one stays. */
  set(): void {
    this.#isDue = true
    if (!this.#isSetting) void this.#setAll()
  }

  /** Looks at the tags that the agent has, and sets them again where they are not as they should be. */
  check(found: Tags): void {
    this.#takeOthers(found)
    if (this.#isSetting) return
    const tags = this.#tags()
    if (TAG_NAMES.every((name) => found[name] === tags[name])) {
      this.#isTaken = false
      return
    }
    this.#isTaken = startOf(found) > startOf(tags)
    if (!this.#isTaken) this.set()
  }

  async #setAll(): Promise<void> {
    this.#isSetting = true
    while (this.#isDue) {
      this.#isDue = false
      const session = this.#session()
      if (session === undefined) break
      try {
        await this.#setOn(session)
        this.#refusal = undefined
      } catch (error) {
        // The next list of members shows that they are not set, which tries again.
        this.#refusal = describedError(error).problem
      }
    }
    this.#isSetting = false
  }

  #setOn(session: SerfSession): Promise<void> {
    return session.setTags(...withUnused(this.#tags()))
  }

  #tags(): Tags {
    return tagsOf(this.#said, this.#common, this.#ringChecksum)
  }

  #takeOthers(found: Tags): void {
    this.#others = Object.fromEntries(Object.entries(found).filter(([name]) => !TAG_NAMES.includes(name)))
  }

  /** With room for the checksum of a ring, which comes later. */
  #checkFits(said: Said): void {
    checkTagsFit(tagsOf(said, this.#common, '0'.repeat(16)), this.#others)
  }
}

/** Tags, and those of ours that are to go. */
function withUnused(tags: Tags): [Tags, string[]] {
  return [tags, TAG_NAMES.filter((name) => !(name in tags))]
}
