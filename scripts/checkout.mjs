// Whether there is a git work tree to ask: sources are also unpacked from archives.

import { realpathSync } from 'node:fs'
import { CommandFailed, root, run } from './run.mjs'

/** Whether git knows this folder as the top of a work tree: an unpacked archive may lie inside another one. */
export function isCheckout(folder = root) {
  try {
    const top = run('git', ['rev-parse', '--show-toplevel'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return realpathSync(top.trim()) === realpathSync(folder)
  } catch (error) {
    if (error instanceof CommandFailed) return false
    throw error
  }
}
