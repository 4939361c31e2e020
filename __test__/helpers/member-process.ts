/** Members in processes of their own, which can be stopped and killed. */

import { join } from 'node:path'
import type { Member } from '../../dist/index.js'
import type { GossipMembershipOptions } from '../../dist/membership/gossip/gossip-options.js'
import { ChildCalls } from './child-calls'

const PROGRAM = join(__dirname, 'member-process.cjs')

/** A process that can be a member, again and again. */
export class MemberProcess {
  readonly #calls = new ChildCalls(PROGRAM)

  /** Becomes a member. Answers how it sees itself. */
  async join(options: GossipMembershipOptions, seeds: readonly string[]): Promise<Member> {
    const hashRing = { ...options.hashRing, hashSeed: String(options.hashRing.hashSeed) }
    return (await this.#calls.call('join', { options: { ...options, hashRing }, seeds })) as Member
  }

  async leave(): Promise<void> {
    await this.#calls.call('leave')
  }

  /** Ends to be a member, without a word to the others. */
  async close(): Promise<void> {
    await this.#calls.call('close')
  }

  async update(metadata: Record<string, string>): Promise<void> {
    await this.#calls.call('update', metadata)
  }

  async members(): Promise<readonly Member[]> {
    return (await this.#calls.call('members')) as Member[]
  }

  /** Stops all its threads. */
  stop(): void {
    this.#calls.child.kill('SIGSTOP')
  }

  /** Lets them go on. */
  goOn(): void {
    this.#calls.child.kill('SIGCONT')
  }

  /** Ends it at once, stopped or not. */
  kill(): Promise<void> {
    return this.#calls.kill()
  }
}
