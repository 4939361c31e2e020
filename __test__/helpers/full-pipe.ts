/** Pipes whose reader stands still. */

import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const PIECE = Buffer.alloc(4_096, '.')

/** A pipe that is full, and that nobody reads until `readAll`. */
export class FullPipe {
  /** The end to write to, which a child may be given. Who writes to it waits. */
  readonly input: number
  readonly #output: number

  /** @param folder Where its name is. */
  constructor(folder: string) {
    const path = join(folder, `pipe-${pipeCount++}`)
    execFileSync('mkfifo', [path])
    this.#output = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    for (const piece of [PIECE, PIECE.subarray(0, 1)]) while (isTaken(() => writeSync(filler, piece)));
    closeSync(filler)
    this.input = openSync(path, 'w')
  }

  /** Whether whoever writes to `input` waits, as is usual: it is a property of all who share it. */
  get isBlocking(): boolean {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${this.input}`, 'utf8'))![1]!
    return (parseInt(flags, 8) & constants.O_NONBLOCK) === 0
  }

  /** Takes what is in it, what it was filled with left out. */
  readAll(): string {
    const piece = Buffer.alloc(1 << 16)
    let text = ''
    let count = 0
    while (isTaken(() => (count = readSync(this.#output, piece))) && count > 0)
      text += piece.toString('latin1', 0, count)
    return text.replace(/^\.+/, '')
  }

  close(): void {
    closeSync(this.input)
    closeSync(this.#output)
  }
}

let pipeCount = 0

/** Whether a call has done something: false where it would have to wait. */
function isTaken(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
    throw error
  }
}
