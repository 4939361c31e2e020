/** The seeds that a Serf agent is to join. */

import type { Clock, Timer } from '../../clock.js'
import { describedError } from '../../listeners.js'
import { Backoff } from './backoff.js'

const FIRST_RETRY_MS = 500

interface Seed {
  address: string
  backoff: Backoff
  timer?: Timer
  /** Why the last try failed. */
  problem?: string
}

/**
 * Has an agent join each seed until that has worked once; from there on the agent itself keeps in touch, with
 * those that fail too. Each try names the seed anew, so its address is looked up again.
 */
export class SerfSeeds {
  readonly #clock: Clock
  readonly #join: (seed: string) => Promise<void>
  readonly #retryMaxMs: number
  #seeds: Seed[] = []

  constructor(clock: Clock, retryMaxMs: number, join: (seed: string) => Promise<void>) {
    this.#clock = clock
    this.#retryMaxMs = retryMaxMs
    this.#join = join
  }

  /** Begins to join seeds, in place of those before. Resolves when each has been tried once. */
  async begin(addresses: readonly string[]): Promise<void> {
    this.stop()
    this.#seeds = addresses.map((address) => ({
      address,
      backoff: new Backoff(FIRST_RETRY_MS, this.#retryMaxMs),
    }))
    await Promise.all(this.#seeds.map((seed) => this.#try(seed)))
  }

  stop(): void {
    for (const { timer } of this.#seeds) timer?.cancel()
    this.#seeds = []
  }

  /** A line for each seed that has not answered. */
  problems(): string[] {
    return this.#seeds.flatMap(({ address, problem }) =>
      problem === undefined ? [] : [`the seed ${address} does not answer: ${problem}`],
    )
  }

  async #try(seed: Seed): Promise<void> {
    try {
      await this.#join(seed.address)
      delete seed.problem
    } catch (error) {
      seed.problem = describedError(error).problem
      if (!this.#seeds.includes(seed)) return
      seed.timer = this.#clock.after(seed.backoff.next(), () => void this.#try(seed))
    }
  }
}
