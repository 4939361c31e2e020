// Processes that run beside a script, and end with it: for a script that imports this, whatever ends it.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isWindows, root } from './run.mjs'

const running = new Set()

process.on('exit', endChildren)
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]))
}

/** Starts a command in the project. */
export function start(command, args = [], options = {}) {
  // On Windows npm is a batch file, which only a shell can start.
  const shell = isWindows && command === 'npm'
  // A group of its own, so that a signal reaches what npm and cargo have started.
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell, detached: !isWindows, ...options })
  if (child.pid !== undefined) running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/** How a command ends that was started: its exit code, or the signal that ended it. */
export function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
}

/** Ends what was started and runs, with all that it has started in turn. */
export function endChildren() {
  for (const child of running) {
    try {
      if (isWindows) child.kill()
      else process.kill(-child.pid, 'SIGTERM')
    } catch (error) {
      // It has ended, and nobody has told yet.
      if (error.code !== 'ESRCH') throw error
    }
  }
}
