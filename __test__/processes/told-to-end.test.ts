/** Who says that it is ready can be told to end from then on: signal handlers precede the first output. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { startCluster, startHttpServer } from '../../dist/index.js'
import { freePorts } from '../helpers/free-ports'

vi.setConfig({ testTimeout: 60_000 })

const root = join(__dirname, '..', '..')
const MAIN = join(root, 'dist', 'cli', 'main.js')
const TOLD_AT_FIRST_OUTPUT = join(root, '__test__', 'helpers', 'told-at-first-output.cjs')
const signals = ['SIGTERM', 'SIGINT'] as const
/** Where there are no signals, a process is told to end by ending it. */
const isWindows = process.platform === 'win32'

const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')))

interface Ended {
  /** The exit code, or the name of the signal that ended it. */
  how: number | string
  output: string
}

/** Starts a program. Its standard input stays open. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
  started.push(child)
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (data: Buffer) => (output += String(data)))
  child.on('message', (message) => (output += JSON.stringify(message)))
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ how: signal ?? code!, output })),
  )
  return { child, ended }
}

/** Starts a program that is told to end by its first output, and answers how it did. */
function toldAtFirstOutput(signal: string, args: readonly string[]) {
  return start(['--require', TOLD_AT_FIRST_OUTPUT, ...args], { TOLD_BY: signal })
}

async function expectCleanEnd(ended: Promise<Ended>, how = 0): Promise<void> {
  const end = await ended
  expect(end).toMatchObject({ how })
  expect(end.output).not.toBe('')
}

describe.skipIf(isWindows).each(signals)('%s at the first output ends with 0', (signal) => {
  /** The examples that go on until they are told to end, and their arguments. */
  const lasting: Record<string, (ports: number[]) => (string | number)[]> = {
    'cluster.mjs': ([port]) => ['node1', port!, `127.0.0.1:${port}`],
    'sharded-service.mjs': ([port, http]) => ['node1', port!, http!, `127.0.0.1:${port}`],
  }

  test.each(Object.keys(lasting))('examples/%s', async (file) => {
    const args = lasting[file]!(await freePorts(2)).map(String)
    await expectCleanEnd(toldAtFirstOutput(signal, [join('examples', file), ...args]).ended)
  })

  test('and no other example has the process go on', () => {
    const texts = readdirSync(join(root, 'examples'))
      .filter((file) => file.endsWith('.mjs') && !(file in lasting))
      .map((file) => readFileSync(join(root, 'examples', file), 'utf8'))
    expect(texts.length).toBeGreaterThan(3)
    for (const text of texts)
      expect(text).not.toMatch(/membership: '|keepsProcessAlive|\.listen\(|startHttpServer/)
  })

  test.each(['simple', 'gossip'])('hypercache serve, membership: %s', async (membership) => {
    const [port] = await freePorts(1)
    const fields = [`cluster.membership=${membership}`, `cluster.bind_port=${port}`, 'http.drain_seconds=0']
    const flags = ['--http-port', '0', ...fields.flatMap((field) => ['-s', field])]
    await expectCleanEnd(toldAtFirstOutput(signal, [MAIN, 'serve', ...flags]).ended)
  })

  test('hypercache events --follow', async () => {
    const node = await startCluster({ cluster: { nodeId: 'node1' }, http: { drainSeconds: 0 } })
    try {
      const { url } = await startHttpServer(node, { port: 0 })
      const follow = ['events', '--follow', '--url', url]
      await expectCleanEnd(toldAtFirstOutput(signal, [MAIN, ...follow]).ended)
    } finally {
      await node.close()
    }
  })

  test('the node of the fault tests', async () => {
    const [bindPort] = await freePorts(1)
    const config = { cluster: { nodeId: 'node1', membership: 'gossip', preset: 'local', bindPort } }
    const node = join('__test__', 'faults', 'node.mjs')
    await expectCleanEnd(toldAtFirstOutput(signal, [node, JSON.stringify(config)]).ended)
  })

  test('the server of garbage', async () => {
    const [port] = await freePorts(1)
    const server = join('__test__', 'faults', 'garbage.mjs')
    await expectCleanEnd(toldAtFirstOutput(signal, [server, '127.0.0.1', String(port)]).ended)
  })

  test('the process of a member', async () => {
    const { child, ended } = toldAtFirstOutput(signal, [join('__test__', 'helpers', 'member-process.cjs')])
    child.send({ number: 1, call: 'close' })
    await expectCleanEnd(ended)
  })
})

test.skipIf(isWindows).each(signals)(
  'npm start hands %s on to its node, and ends as that does',
  async (signal) => {
    const { child, ended } = start([
      join('scripts', 'start.mjs'),
      '--http-port',
      '0',
      '-s',
      'http.drain_seconds=0',
    ])
    child.stdout!.once('data', () => child.kill(signal))
    await expectCleanEnd(ended)
  },
)

test.skipIf(isWindows)('npm run demo:cluster says that it was ended', async () => {
  await expectCleanEnd(toldAtFirstOutput('SIGTERM', [join('scripts', 'demo-cluster.mjs')]).ended, 128 + 15)
})

describe.skipIf(isWindows)('the check bites', () => {
  const program = (body: string) => ['-e', `${body}; setInterval(() => undefined, 1_000)`]
  const listen = "process.on('SIGTERM', () => process.exit())"

  test.each([
    "console.log('ready')",
    "console.error('ready')",
    "fs.writeSync(1, 'ready')",
    "process.send('ready')",
  ])('on a program that listens only after %s', async (say) => {
    expect((await toldAtFirstOutput('SIGTERM', program(`${say}; ${listen}`)).ended).how).toBe('SIGTERM')
    await expectCleanEnd(toldAtFirstOutput('SIGTERM', program(`${listen}; ${say}`)).ended)
  })
})
