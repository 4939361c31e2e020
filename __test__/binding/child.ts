/** Programs in processes of their own: what would end the process ends only them. */

import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

/** The built package. */
export const DIST = resolve(__dirname, '../../dist/index.js')

/** What programs begin with. */
export const PRELUDE = `
const { HashRing } = require(${JSON.stringify(DIST)})
const assert = require('node:assert/strict')
const { Worker } = require('node:worker_threads')
const { once } = require('node:events')
/** Finalizers of addons run between turns. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
const collect = async () => {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc()
    await turn()
  }
}
`

export interface Ended {
  /** The exit code, or the name of the signal. */
  code: number | string
  stdout: string
  stderr: string
}

/** Runs a program to its end, whatever that is. */
export function runNode(args: readonly string[], cwd?: string): Promise<Ended> {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      done({ code: error ? (error.code ?? error.signal ?? 'unknown') : 0, stdout, stderr })
    })
  })
}

/**
 * Runs the body of an asynchronous function, with the names of the prelude, and answers what it returned.
 * Fails unless the process ended by itself with code 0.
 */
export async function inChild<T>(body: string, nodeArgs: readonly string[] = []): Promise<T> {
  const print = `(value) => console.log('returned ' + JSON.stringify(value ?? null))`
  const main = `;(async () => {${body}})().then(${print})`
  const { code, stdout, stderr } = await runNode([...nodeArgs, '-e', PRELUDE + main])
  const returned = /^returned (.*)$/m.exec(stdout)
  if (code !== 0 || returned === null) throw new Error(`ended with ${code}\n${stdout}${stderr}`)
  return JSON.parse(returned[1]!) as T
}
