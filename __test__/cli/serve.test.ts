/** `hypercache serve`, in processes of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const root = join(__dirname, '..', '..')
const entry = join(root, 'dist', 'cli', 'main.js')

interface Ended {
  code: number | null
  signal: string | null
}

interface Node {
  process: ChildProcess
  ended: Promise<Ended>
  stdout: () => string
  stderr: () => string
}

const started: ChildProcess[] = []
const folders: string[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function serve(args: string[], env: Record<string, string> = {}): Node {
  const child = spawn(process.execPath, [entry, 'serve', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  )
  return { process: child, ended, stdout: () => stdout, stderr: () => stderr }
}

/** Resolves when the log has a text; rejects when the process ends before. */
function logged(node: Node, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (node.stdout().includes(text)) resolve()
    }
    node.process.stdout!.on('data', look)
    void node.ended.then(() => reject(new Error(`ended before ${text}: ${node.stdout()}${node.stderr()}`)))
    look()
  })
}

async function urlOf(node: Node): Promise<string> {
  await logged(node, 'page at ')
  return /page at (http:\/\/[^"/]+)/.exec(node.stdout())![1]!
}

const lines = (node: Node) =>
  node
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string })

describe('hypercache serve', () => {
  test('serves a page and probes, says where, and ends with 0 when it is told to', async () => {
    const node = serve(['--http-port', '0', '-s', 'http.drain_seconds=0.2', '--node-id', 'node1'])
    const url = await urlOf(node)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${url}/`)).text()).toContain('<!doctype html>')
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(node.stderr()).toBe('')
    const messages = lines(node).map(({ msg }) => msg)
    expect(messages).toContain(`node node1: page at ${url}`)
    expect(messages.slice(-2)).toEqual(['the ring has no owner any more', 'stopped'])
  })

  test('is not ready from the first signal on, and still answers while it drains', async () => {
    const node = serve(['--http-port', '0', '-s', 'http.drain_seconds=60'])
    const url = await urlOf(node)
    node.process.kill('SIGINT')
    await logged(node, 'stopping')
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ isReady: false, state: 'draining' })
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect((await fetch(`${url}/cluster/route?key=a`)).status).toBe(200)
    // The second signal waits for nothing.
    node.process.kill('SIGINT')
    expect(await node.ended).toEqual({ code: 130, signal: null })
  })

  test('loses no request that was begun, whenever the signal comes', async () => {
    const node = serve(['--http-port', '0', '-s', 'http.drain_seconds=0.3'])
    const url = await urlOf(node)
    const agent = new Agent({ keepAlive: true, maxSockets: 40 })
    let answered = 0
    let isRefused = false
    const failures: string[] = []
    const ask = () =>
      new Promise<void>((resolve) => {
        // A request on a connection that was not made, or was idle when it closed, was never begun there.
        const request = get(`${url}/cluster/route?key=${answered}`, { agent }, (response) => {
          response.resume()
          response.on('end', () => {
            answered += 1
            if (response.statusCode !== 200) failures.push(`status ${response.statusCode}`)
            resolve()
          })
          response.on('error', (error) => failures.push(`answer: ${error.message}`))
        })
        request.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED' || request.reusedSocket) isRefused = true
          else failures.push(`${error.code} ${error.message}`)
          resolve()
        })
      })
    const worker = async () => {
      while (!isRefused) await ask()
    }
    const workers = Array.from({ length: 40 }, worker)
    while (answered < 500) await new Promise((resolve) => setImmediate(resolve))
    node.process.kill('SIGTERM')
    await Promise.all(workers)
    agent.destroy()
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(500)
  })

  test('ends with 1 and one line where the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const node = serve(['--http-port', String(port)])
    expect(await node.ended).toEqual({ code: 1, signal: null })
    expect(node.stderr()).toMatch(new RegExp(`^hypercache: .*${port}.*\\n$`))
    expect(node.stderr()).toMatch(/in use/)
    other.close()
  })

  test('ends with 2 and one line for a configuration that cannot be used, and starts nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hypercache-serve-'))
    folders.push(folder)
    const file = join(folder, 'bad.yaml')
    writeFileSync(file, 'cluster:\n  bind_port: 99999\n  nodeid: a\nhttp:\n  bind_address: 0.0.0.0\n')
    const node = serve(['--config', file])
    expect(await node.ended).toEqual({ code: 2, signal: null })
    expect(node.stdout()).toBe('')
    const [line, ...rest] = node.stderr().trimEnd().split('\n')
    expect(rest).toEqual([])
    expect(line).toContain('3 problems')
    expect(line).toContain('bad.yaml:2')
    expect(line).toContain('bind_port')
    expect(line).toContain('node_id')
  })

  test('runs without HTTP, until it is told to stop', async () => {
    const node = serve(['-s', 'http.enabled=false'])
    await logged(node, 'http is not enabled')
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 0, signal: null })
  })

  test('goes on when nobody reads its log any more', async () => {
    const node = serve(['--http-port', '0', '-s', 'http.drain_seconds=0'])
    const url = await urlOf(node)
    node.process.stdout!.destroy()
    for (let round = 0; round < 3; round += 1) {
      const plan = JSON.stringify({ add: [{ id: `new${round}` }] })
      const headers = { 'content-type': 'application/json' }
      expect((await fetch(`${url}/cluster/plan`, { method: 'POST', headers, body: plan })).status).toBe(200)
    }
    node.process.kill('SIGTERM')
    expect(await node.ended).toEqual({ code: 0, signal: null })
    expect(node.stderr()).toBe('')
  })

  test('takes the environment over the file, flags over both, and warns of foreign names', async () => {
    const env = {
      HYPERCACHE_CLUSTER_NODE_ID: 'from-env',
      HYPERCACHE_CLUSTER_ZONE: 'east',
      HYPERCACHE_SERVICE_HOST: 'x',
    }
    const node = serve(['--http-port', '0', '--node-id', 'from-flag', '-s', 'http.drain_seconds=0'], env)
    const url = await urlOf(node)
    const { members } = (await (await fetch(`${url}/cluster/members`)).json()) as { members: object[] }
    expect(members).toMatchObject([{ id: 'from-flag', zone: 'east' }])
    expect(node.stdout()).toContain('HYPERCACHE_SERVICE_HOST')
    node.process.kill('SIGTERM')
    await node.ended
  })

  test('writes the event log, and goes on with its numbers after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hypercache-serve-'))
    folders.push(folder)
    const file = join(folder, 'events.log')
    for (let run = 0; run < 2; run += 1) {
      const node = serve(['-s', 'http.enabled=false', '-s', `events.log_file=${file}`, '--node-id', 'node1'])
      await logged(node, 'http is not enabled')
      node.process.kill('SIGTERM')
      await node.ended
    }
    const events = readFileSync(file, 'utf8').trimEnd().split('\n')
    const sequences = events.map((line) => (JSON.parse(line) as { sequence: number }).sequence)
    expect(sequences.length).toBeGreaterThan(12)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  })
})
