/** `npm run demo:cluster`, as a newcomer runs it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeAll, expect, test, vi } from 'vitest'

import './run-cli.js'

const script = join(__dirname, '..', '..', 'scripts', 'demo-cluster.mjs')

beforeAll(async () => {
  const { isAddonStale } = await import('../../scripts/build-state.mjs')
  // The script would build it, which takes minutes.
  if (isAddonStale()) throw new Error('the addon is older than its sources: build first (npm run build)')
})

const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGTERM')))

function start() {
  const child = spawn(process.execPath, [script])
  started.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, ended, stdout: () => stdout, stderr: () => stderr }
}

const numberOf = (text: string | undefined) => Number(text?.replaceAll(',', ''))

test('tells who has taken over which words, and ends by itself when all are back', async () => {
  const { ended, stdout, stderr } = start()
  expect(await ended).toBe(0)
  expect(stderr()).toBe('')
  const text = stdout()
  const total = numberOf(/route the ([\d,]+) words/.exec(text)?.[1])
  const owned = [...text.matchAll(/^ {2}(node\d) +([\d,]+) words \(/gm)].map(([, id, own]) => [
    id,
    numberOf(own),
  ])
  expect(owned).toHaveLength(6)
  expect(owned.slice(3)).toEqual(owned.slice(0, 3))
  expect(owned.slice(0, 3).reduce((sum, [, own]) => sum + Number(own), 0)).toBe(total)
  const lost = numberOf(/taken over the ([\d,]+) words of node2/.exec(text)?.[1])
  expect(lost).toBe(owned[1]![1])
  const taken = [...text.matchAll(/^ {2}node\d +\+ ([\d,]+) /gm)].map(([, gained]) => numberOf(gained))
  expect(taken).toHaveLength(2)
  expect(taken[0]! + taken[1]!).toBe(lost)
  expect(text).toMatch(/after \d+\.\d s {2}node2 is suspected.*\n.* after \d+\.\d s {2}node2 is dead/)
  expect(text).toContain('\n  0 words of the others moved\n')
  expect(text).toMatch(/Every one of the [\d,]+ words is back where it was\.\n$/)
})

test.runIf(process.platform === 'linux')('leaves nothing behind where it is ended by Ctrl-C', async () => {
  const { child, ended, stdout } = start()
  await vi.waitFor(() => expect(stdout()).toContain('kill -9'), { timeout: 30_000, interval: 20 })
  const nodes = childrenOf(child.pid!)
  expect(nodes.length).toBeGreaterThanOrEqual(2)
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(stdout()).toMatch(/\nSIGINT: the nodes are ended\.\n$/)
  await vi.waitFor(() => expect(nodes.filter(isAlive)).toEqual([]))
})

/** The processes that a process has started and that run. */
function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((id) => statusOf(id)?.parent === pid && isAlive(id))
}

function isAlive(pid: number): boolean {
  const status = statusOf(pid)
  return status !== undefined && status.state !== 'Z'
}

function statusOf(pid: number): { state: string | undefined; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    return { state: /^State:\s+(\w)/m.exec(text)?.[1], parent: Number(/^PPid:\s+(\d+)/m.exec(text)?.[1]) }
  } catch {
    return undefined
  }
}
