// Runs programs for the other scripts.

import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { accessSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Whether programs are batch files, and signals are not there. */
export const isWindows = process.platform === 'win32'

/** A command that said no. Its own output has told why. */
export class CommandFailed extends Error {}

/**
 * Runs a command in the project and waits for it. Throws where it fails; answers its standard output where
 * `options.stdio` asks for it.
 */
export function run(command, args = [], options = {}) {
  // On Windows npm is a batch file, which only a shell can start.
  const shell = isWindows && command === 'npm'
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', encoding: 'utf8', shell, ...options })
  if (done.error) throw new CommandFailed(`${command}: ${done.error.message}`)
  if (done.status !== 0) {
    const said = [done.stdout, done.stderr].filter(Boolean).join('')
    const how = done.signal ? `was ended by ${done.signal}` : `failed with exit code ${done.status}`
    throw new CommandFailed(
      [said.trimEnd(), `${[command, ...args].join(' ')} ${how}`].filter(Boolean).join('\n'),
    )
  }
  return done.stdout
}

/** Runs a JavaScript file of an installed package. */
export function runTool(file, args = [], options = {}) {
  return run(process.execPath, [join(root, 'node_modules', file), ...args], options)
}

/** Whether a program is on the PATH. */
export function hasProgram(name) {
  const names = isWindows ? [`${name}.exe`, `${name}.cmd`] : [name]
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.some((folder) => names.some((file) => isExecutable(join(folder, file))))
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Runs a script's main function. An error that a reader can act on is one line, without a stack. */
export async function main(body) {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
