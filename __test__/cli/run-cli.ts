/** Runs the built command in a process of its own. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { vi } from 'vitest'

import { temporaryFolder } from '../helpers/temporary-folder.js'

export const ENTRY = resolve(__dirname, '../../dist/cli/main.js')
const PEAK_PRELOAD = resolve(__dirname, 'print-peak.cjs')

if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is missing: build first (npm run build)`)

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

export const FIVE = ['--nodes', 'node1,node2,node3,node4,node5']

export interface Result {
  code: number | null
  stdout: Buffer
  text: string
  stderr: string
}

/** Runs to the end. */
export function run(args: readonly string[], input: string | Uint8Array = '', cwd?: string): Result {
  const done = spawnSync(process.execPath, [ENTRY, ...args], { input, cwd, maxBuffer: 1 << 30 })
  return {
    code: done.status,
    stdout: done.stdout,
    text: done.stdout.toString(),
    stderr: done.stderr.toString(),
  }
}

/**
 * Runs with wrong input and answers the line on stderr, after checking that it is one and the only output.
 */
export function complaintOf(args: readonly string[], exitCode = 2, input = '', cwd?: string): string {
  const { code, text, stderr } = run(args, input, cwd)
  const line = /^hypercache: ([^\n]+)\n$/.exec(stderr)?.[1]
  if (line === undefined || text !== '' || code !== exitCode) {
    throw new Error(
      `not one line and code ${exitCode}: code ${code}, stderr ${JSON.stringify(stderr)}, stdout ${text}`,
    )
  }
  return line
}

/** Feeds pieces to standard input as fast as they are taken. Answers the exit code and the peak of memory. */
export async function peakOf(args: readonly string[], pieces: Iterable<string>) {
  const child = spawn(process.execPath, ['--require', PEAK_PRELOAD, ENTRY, ...args])
  let stderr = ''
  let stdoutBytes = 0
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  child.stdout.on('data', (data: Buffer) => (stdoutBytes += data.length))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  for (const piece of pieces) {
    if (!child.stdin.write(piece)) await new Promise((resolve) => child.stdin.once('drain', resolve))
  }
  child.stdin.end()
  const code = await ended
  return { code, stdoutBytes, peakMegabytes: Number(/^peak (\d+) KiB$/m.exec(stderr)?.[1]) / 1024 }
}

/** A directory for one test file, how to write to it, and how to drop it. */
export function scratch() {
  const { path, remove } = temporaryFolder('cli')
  return {
    path,
    write(name: string, content: string | Uint8Array): string {
      writeFileSync(join(path, name), content)
      return join(path, name)
    },
    remove,
  }
}

/** `key:0` to `key:<count - 1>`, a line each. */
export function numberedKeys(count: number): string {
  return Array.from({ length: count }, (_, index) => `key:${index}\n`).join('')
}
