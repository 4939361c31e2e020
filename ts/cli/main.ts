#!/usr/bin/env node
/** Entry of the `hypercache` command: runs it, and says with one line and an exit code how it ended. */

import { verdictOn } from './failure.js'
import { say } from './outlet.js'
import { Output } from './output.js'

async function main(): Promise<void> {
  try {
    // Loaded here, so that an addon that does not load is told like any other failure.
    const { runCommandLine } = await import('./program.js')
    await runCommandLine(process.argv.slice(2), new Output(() => process.stdout))
  } catch (error) {
    const { exitCode, line } = verdictOn(error)
    process.exitCode = exitCode
    if (line !== undefined) say(`hypercache: ${line}\n`)
  }
}

void main()
