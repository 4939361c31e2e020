/** `hypercache serve` where nobody reads what it writes. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'

import { FullPipe } from '../helpers/full-pipe'
import { freePorts } from '../helpers/free-ports'
import { addressOf, closeMembers, gossipMember, joined, sees } from '../helpers/gossip'
import { closeSeeds, lateSeed } from '../helpers/late-seed'
import { temporaryFolder } from '../helpers/temporary-folder'
import { until } from '../helpers/until'
import { ENTRY } from './run-cli'

const folder = temporaryFolder('unread')
const started: ChildProcess[] = []
const pipes: FullPipe[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const pipe of pipes.splice(0)) pipe.close()
  closeMembers()
  closeSeeds()
})
afterAll(() => folder.remove())

const PRELOAD = join(__dirname, 'unread-output.cjs')

function fullPipe(): FullPipe {
  const pipe = new FullPipe(folder.path)
  pipes.push(pipe)
  return pipe
}

/** Runs a node with these settings, and what is loaded before it. Answers it, and its exit code. */
function serve(settings: Record<string, unknown>, stdio: StdioOptions, loaded = '') {
  const flags = Object.entries(settings).flatMap(([path, value]) => ['-s', `${path}=${String(value)}`])
  const child = spawn(process.execPath, ['--require', PRELOAD, ENTRY, 'serve', ...flags], {
    env: { ...process.env, UNREAD_OUTPUT: loaded },
    stdio,
  })
  started.push(child)
  // Its pipes may never close, for nobody reads them.
  const code = once(child, 'exit').then(([exitCode]) => exitCode as number | null)
  return { child, code }
}

/** What happens on a node, as its event log has it: its output cannot be read. */
class EventFile {
  readonly #path: string

  constructor(name: string) {
    this.#path = join(folder.path, `${name}.jsonl`)
  }

  get settings(): Record<string, unknown> {
    return { 'http.enabled': false, 'events.log_file': this.#path }
  }

  async has(type: string): Promise<void> {
    await until(() => existsSync(this.#path) && readFileSync(this.#path, 'utf8').includes(type))
  }
}

/** Settings of a node in a cluster of members of this process. */
async function gossiping(nodeId: string, seed: string): Promise<Record<string, unknown>> {
  const [port] = await freePorts(1)
  return {
    'cluster.node_id': nodeId,
    'cluster.membership': 'gossip',
    'cluster.cluster_name': 'test',
    'cluster.preset': 'local',
    'cluster.bind_port': port,
    'cluster.seeds': seed,
    'http.enabled': false,
  }
}

test('it serves, has the pipe stay as it is for others, and ends with 0 when it is told to', async () => {
  const [out, err] = [fullPipe(), fullPipe()]
  const [port] = await freePorts(1)
  const settings = { 'http.port': port, 'http.drain_seconds': 0, 'logging.level': 'trace' }
  const { child, code } = serve(settings, ['ignore', out.input, err.input])
  const ready = async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  await vi.waitFor(ready, { timeout: 30_000 })
  expect(out.isBlocking).toBe(true)
  child.kill('SIGTERM')
  expect(await code).toBe(0)
})

test('so it does with the other kind of pipe, that of Node: its reader has stopped reading', async () => {
  const events = new EventFile('stopped')
  const { child, code } = serve(events.settings, ['ignore', 'pipe', 'pipe'], 'fill')
  await events.has('coordinator:started')
  child.kill('SIGTERM')
  expect(await code).toBe(0)
  await events.has('coordinator:stopped')
})

test('a second signal ends it at once', async () => {
  const pipe = fullPipe()
  const [port] = await freePorts(1)
  const settings = { 'http.port': port, 'http.drain_seconds': 600 }
  const { child, code } = serve(settings, ['ignore', pipe.input, pipe.input])
  const status = async (wanted: number) =>
    vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(wanted), {
      timeout: 30_000,
    })
  await status(200)
  child.kill('SIGTERM')
  await status(503)
  child.kill('SIGTERM')
  expect(await code).toBe(143)
})

test('an error that nobody caught ends it with 1, and the others hear no more of it', async () => {
  const pipe = fullPipe()
  const other = await joined('other')
  const settings = await gossiping('failing', addressOf(other))
  const { child, code } = serve(settings, ['ignore', pipe.input, pipe.input])
  await sees(other, 'failing alive', 'other alive')
  child.kill('SIGUSR2')
  expect(await code).toBe(1)
  await sees(other, 'failing dead', 'other alive')
})

test('a node that cannot begin ends with 1', async () => {
  const pipe = fullPipe()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { code } = serve({ 'http.port': port }, ['ignore', pipe.input, pipe.input])
  expect(await code).toBe(1)
  server.close()
})

test('what was dropped meanwhile is told when somebody reads again', async () => {
  const events = new EventFile('flooded')
  const pipe = fullPipe()
  const { child, code } = serve(events.settings, ['ignore', pipe.input, 'ignore', 'ipc'], 'flood')
  await events.has('coordinator:started')
  child.kill('SIGUSR2')
  await once(child, 'message')
  let text = ''
  await until(() => {
    text += pipe.readAll()
    return text.includes('lines are missing here')
  })
  child.kill('SIGTERM')
  expect(await code).toBe(0)
  const lines = (text + pipe.readAll()).trimEnd().split('\n')
  const messages = lines.map((line) => JSON.parse(line) as { msg: string; droppedCount?: number })
  const told = messages.filter(({ msg }) => msg.includes('lines are missing here'))
  const floodCount = messages.filter(({ msg }) => msg.startsWith('xxx')).length
  expect(told.map(({ droppedCount }) => droppedCount! + floodCount)).toEqual([600])
  expect(floodCount).toBeGreaterThan(100)
})

test('a node whose id another process has ends with 3', async () => {
  const first = await joined('first')
  const older = gossipMember('twin')
  await older.join([addressOf(first)])
  const seed = await lateSeed()
  const second = gossipMember('second')
  await second.join([seed.address])
  const settings = await gossiping('twin', addressOf(second))
  const { code } = serve(settings, ['ignore', 'ignore', 'ignore'])
  await sees(second, 'second alive', 'twin alive')
  seed.lead(Number(addressOf(first).split(':')[1]))
  expect(await code).toBe(3)
})
