// A Serf agent on a host of a network, to compare with: it tells the same events as a node of ours.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Teller } from './teller.mjs'

export const SERF_PORT = 7947
const EVENTS = { Join: 'joined', Failed: 'failed', Leave: 'left', Reap: 'reaped' }
const EVENT = /EventMember(Join|Failed|Leave|Reap): (\S+) /

/** One life of an agent. */
export class SerfProcess extends Teller {
  #child

  /** @param options `id`, `profile`, `seeds` (addresses), `key`. */
  constructor(network, { id, profile, seeds, key }) {
    super(id)
    const [program, ...words] = [
      ...network.on(id),
      ...['serf', 'agent', `-node=${id}`, `-bind=${network.address(id)}:${SERF_PORT}`, `-profile=${profile}`],
      ...['-rpc-addr=127.0.0.1:7373', `-encrypt=${key}`, '-log-level=info', '-retry-interval=1s'],
      ...seeds.map((seed) => `-retry-join=${seed}:${SERF_PORT}`),
    ]
    this.#child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = new Promise((resolve) => this.#child.on('close', resolve))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
  }

  /** Ends it at once; resolves when the system has ended it. */
  async kill() {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  #hear(line) {
    const [, event, id] = EVENT.exec(line) ?? []
    if (event !== undefined) this.events.push({ event: EVENTS[event], id, atMs: Date.now() })
  }
}
