/** Members in processes of their own, which can be stopped and killed. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Member } from '../../dist/index.js'
import type { GossipMembershipOptions } from '../../dist/membership/gossip/gossip-options.js'

const PROGRAM = join(__dirname, 'member-process.cjs')

interface Answer {
  number: number
  value?: unknown
  problem?: string
}

/** A process that can be a member, again and again. */
export class MemberProcess {
  readonly #child: ChildProcess = fork(PROGRAM, { stdio: 'inherit' })
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #number = 0

  constructor() {
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.number)?.(answer))
  }

  /** Becomes a member. Answers how it sees itself. */
  async join(options: GossipMembershipOptions, seeds: readonly string[]): Promise<Member> {
    const hashRing = { ...options.hashRing, hashSeed: String(options.hashRing.hashSeed) }
    return (await this.#call('join', { options: { ...options, hashRing }, seeds })) as Member
  }

  async leave(): Promise<void> {
    await this.#call('leave')
  }

  /** Ends to be a member, without a word to the others. */
  async close(): Promise<void> {
    await this.#call('close')
  }

  async update(metadata: Record<string, string>): Promise<void> {
    await this.#call('update', metadata)
  }

  async members(): Promise<readonly Member[]> {
    return (await this.#call('members')) as Member[]
  }

  /** Stops all its threads. */
  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Lets them go on. */
  goOn(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends it at once, stopped or not. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async #call(call: string, argument?: unknown): Promise<unknown> {
    this.#number += 1
    const number = this.#number
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(number, resolve))
    this.#child.send({ number, call, argument })
    const { value, problem } = await answered
    this.#waiting.delete(number)
    if (problem !== undefined) throw new Error(problem)
    return value
  }
}
