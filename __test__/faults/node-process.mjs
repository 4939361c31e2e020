// A node in a process of its own, on a host of a network.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Teller } from './teller.mjs'

const PROGRAM = fileURLToPath(new URL('node.mjs', import.meta.url))
/** Lines of its standard error that are kept. */
const COMPLAINTS_MAX = 20

/** One life of a node. */
export class NodeProcess extends Teller {
  complaints = []
  /** When the process was begun. */
  spawnedMs = performance.now()
  #child
  #asked = []
  #isPaused = false
  #hasEnded = false

  /** Begins it; `started()` waits for its join. */
  constructor(network, host, config) {
    super(config.cluster.nodeId)
    this.host = host
    const [program, ...words] = [...network.on(host), process.execPath, PROGRAM, JSON.stringify(config)]
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] })
    // What is sent to one that has been killed is lost, as everything that it does not answer.
    this.#child.stdin.on('error', () => undefined)
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(JSON.parse(line)))
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.complaints.push(line)
      if (this.complaints.length > COMPLAINTS_MAX) this.complaints.shift()
    })
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#hasEnded = true
        for (const { reject } of this.#asked.splice(0)) reject(new Error(`${this.id} has ended`))
        resolve(signal ?? code)
      })
    })
  }

  /** Whether it runs and is not paused: it can be asked. */
  get isAnswering() {
    return !this.#hasEnded && !this.#isPaused && this.has('started')
  }

  /** Resolves when it has joined. */
  async started() {
    let timer
    const told = new Promise((resolve) => {
      const look = () => {
        if (this.has('started')) resolve()
        else timer = setTimeout(look, 20)
      }
      look()
    })
    const end = await Promise.race([told, this.ended])
    clearTimeout(timer)
    if (!this.has('started')) throw new Error(`${this.id} ended with ${end}: ${this.complaints.join('\n')}`)
  }

  /** Sends a command, and answers what it answers. */
  ask(command) {
    if (this.#hasEnded) return Promise.reject(new Error(`${this.id} has ended`))
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject })
      this.#child.stdin.write(`${command}\n`)
    })
  }

  /** Ends it at once; resolves when the system has ended it. */
  async kill() {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  /** Stops it, as a debugger or a host that is short of memory does. */
  pause() {
    this.#isPaused = true
    this.#child.kill('SIGSTOP')
  }

  resume() {
    this.#child.kill('SIGCONT')
    this.#isPaused = false
  }

  /** What the system says that it is doing: T is stopped. */
  get systemState() {
    return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))[1]
  }

  /** Leaves its cluster, and ends. */
  async leave() {
    await this.ask('leave')
    return this.ended
  }

  #hear(told) {
    if (told.event === undefined) this.#asked.shift().resolve(told.answer)
    else this.events.push(told)
  }
}
