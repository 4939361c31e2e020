/** A process that does what it is asked for, and answers each. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

interface Answer {
  number: number
  value?: unknown
  problem?: string
}

/** A program in a process of its own that takes `{ number, call, argument }` and answers by the number. */
export class ChildCalls {
  readonly child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #number = 0

  constructor(program: string) {
    this.child = fork(program, { stdio: 'inherit' })
    this.child.on('message', (answer: Answer) => this.#waiting.get(answer.number)?.(answer))
  }

  async call(call: string, argument?: unknown): Promise<unknown> {
    this.#number += 1
    const number = this.#number
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(number, resolve))
    this.child.send({ number, call, argument })
    const { value, problem } = await answered
    this.#waiting.delete(number)
    if (problem !== undefined) throw new Error(problem)
    return value
  }

  /** Asks for something that is not waited for: it may never be answered. */
  tell(call: string, argument?: unknown): void {
    this.#number += 1
    this.child.send({ number: this.#number, call, argument })
  }

  /** Ends it at once, stopped or not. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}
