import { type ChildProcess, spawn } from 'node:child_process'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { type CoordinatorService, type HttpServer, startCluster, startHttpServer } from '../../dist/index.js'
import { eventData } from '../../dist/cli/event-source.js'
import { eventText } from '../../dist/cli/event-text.js'
import { ENTRY, complaintOf } from './run-cli.js'

const open: CoordinatorService[] = []
const children: ChildProcess[] = []

afterEach(async () => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'))
  await Promise.all(open.splice(0).map((coordinator) => coordinator.close()))
})

async function serve(port = 0, http: object = {}): Promise<{ node: CoordinatorService; server: HttpServer }> {
  const config = { cluster: { nodeId: 'node1' }, http: { drainSeconds: 0, ...http } }
  const node = await startCluster(config)
  open.push(node)
  return { node, server: await startHttpServer(node, { port }) }
}

/** Starts the command beside the server, which is in this process. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [ENTRY, 'events', ...args], { env: { ...process.env, ...env } })
  children.push(child)
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, said, ended, lines: () => said.stdout.split('\n').slice(0, -1) }
}

async function run(args: readonly string[], env?: NodeJS.ProcessEnv) {
  const { said, ended } = start(args, env)
  return { code: await ended, ...said }
}

const sequences = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { sequence: number }).sequence)

describe('the last events', () => {
  test('come oldest first: those that are asked for', async () => {
    const { node, server } = await serve()
    for (let index = 0; index < 30; index += 1) node.events.publish('custom', { name: `event ${index}` })
    const newest = node.events.log({ limit: 1 })[0]!.sequence
    const all = async (...args: string[]) =>
      sequences((await run(['--url', server.url, '--json', ...args])).stdout)
    expect(await all()).toEqual(Array.from({ length: 20 }, (_, index) => newest - 19 + index))
    expect(await all('--limit', '2')).toEqual([newest - 1, newest])
    expect(await all('--after', '0')).toHaveLength(newest)
    expect(await all('--after', String(newest))).toEqual([])
    const joined = await run(['--url', `${server.url}/`, '--type', 'member:joined', '--type', 'member:left'])
    expect(joined).toMatchObject({ code: 0, stderr: '' })
    expect(joined.stdout).toMatch(/^\S+Z {2}\d+ {2}member:joined +node1 at 127\.0\.0\.1:7946, alive\n$/)
  })

  test('a node with a token wants it, and nobody shows it', async () => {
    const token = 'a-secret-of-the-node'
    const { server } = await serve(0, { token })
    const without = await run(['--url', server.url])
    expect(without.code).toBe(1)
    expect(without.stderr).toMatch(/^hypercache: [^\n]+ answers 401: [^\n]+\n$/)
    const wrong = await run(['--url', server.url, '--token', 'another-secret'])
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).not.toContain('secret')
    const variable = { HYPERCACHE_HTTP_TOKEN: token }
    expect(await run(['--url', server.url, '--limit', '1'], variable)).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['--url', server.url, '--token', token])).code).toBe(0)
  })
})

describe('--follow', () => {
  test('goes on with events as they come, and over a node that goes and comes back', async () => {
    const { node, server } = await serve()
    const publish = (first: number, last: number) => {
      for (let at = first; at <= last; at += 1) node.events.publish('custom', { name: `first-${at}` })
    }
    publish(0, 24)
    const { child, said, ended, lines } = start(['--url', server.url, '-f', '-t', 'custom', '--after', '0'])
    const seen = async (name: string) =>
      vi.waitFor(() => expect(lines().some((line) => line.endsWith(name))).toBe(true), 10_000)
    await seen('first-24')
    // The stream may not be open yet: none is missed, none comes twice.
    publish(25, 49)
    await seen('first-49')
    await node.close()
    await vi.waitFor(
      () => expect(said.stderr).toContain('the node has ended the stream; asking again'),
      10_000,
    )
    const again = await serve(server.port)
    again.node.events.publish('custom', { name: 'second' })
    await seen('second')
    expect(said.stderr).toContain('the node answers again')
    expect(lines().map((line) => line.split(' ').at(-1))).toEqual([
      ...Array.from({ length: 50 }, (_, index) => `first-${index}`),
      'second',
    ])
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  test('ends at once where the node says no, and quietly where nobody reads', async () => {
    const { node, server } = await serve()
    const refused = await run(['--url', server.url, '--follow', '--type', 'nothing'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('"nothing"')
    const { child, ended, lines } = start(['--url', server.url, '--follow'])
    await vi.waitFor(() => expect(lines().length).toBeGreaterThan(2), 10_000)
    child.stdout.destroy()
    const timer = setInterval(() => node.events.publish('custom', { name: 'more' }), 20)
    expect(await ended).toBe(0)
    clearInterval(timer)
  })
})

describe('what cannot be asked', () => {
  test.each([
    [['--url', 'nonsense'], 2, /--url is "nonsense"/],
    [['--url', 'ftp://127.0.0.1'], 2, /--url/],
    [['--token', 'a b'], 2, /the token/],
    [['--limit', '0'], 2, /from 1 to 1,000,000/],
    [['--after', '-1'], 2, /from 0 to/],
    [['--unknown'], 2, /unknown option/],
    [['--url', 'http://127.0.0.1:9'], 1, /does not answer: /],
  ])('%j', (args, code, line) => {
    expect(complaintOf(['events', ...args], code)).toMatch(line)
  })

  test('something else than a node', async () => {
    const { createServer } = await import('node:http')
    const other = createServer((_, response) => response.writeHead(404).end('<html>'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const { code, stderr } = await run(['--url', `http://127.0.0.1:${port}`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^hypercache: [^\n]+ answers 404: [^\n]+\n$/)
    other.close()
  })
})

describe('the stream', () => {
  test('is read the same, however it is cut', async () => {
    const text =
      ': ping\n\nretry: 5\n\nid: 1\nevent: custom\ndata: {"ü":1}\n\ndata:a\ndata: b\n\nid: 2\n\ndata: cut'
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size += 1) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      const read: string[] = []
      const body = (async function* () {
        for (const piece of pieces) yield await Promise.resolve(piece)
      })()
      let pieceCount = 0
      for await (const data of eventData(body, () => (pieceCount += 1))) read.push(data)
      expect(read).toEqual(['{"ü":1}', 'a\nb'])
      expect(pieceCount).toBe(pieces.length)
    }
  })

  test('has an end to what one event may take', async () => {
    const body = (async function* () {
      for (let index = 0; index < 20; index += 1) yield await Promise.resolve(Buffer.alloc(1 << 20, 'a'))
    })()
    const read = async () => {
      for await (const data of eventData(body, () => undefined)) expect(data).toBeUndefined()
    }
    await expect(read()).rejects.toThrow('characters')
  })
})

describe('the text of an event', () => {
  test('is one line, whatever is in it', () => {
    const base = { timestampMs: 0, sequence: 7, lamportTime: 7 }
    const nasty = 'a\n\u001b[31mb'
    expect(eventText({ ...base, type: 'custom', payload: { name: nasty, data: { x: [1n] } } })).toBe(
      '1970-01-01T00:00:00.000Z  7  custom                "a\\n\\u001b[31mb" {"x":["1"]}',
    )
    const report = { isReady: false, reasons: [nasty, 'c'], checks: [] }
    expect(eventText({ ...base, type: 'health:changed', payload: report })).toContain(
      'not ready: a\\n\\u001b[31mb; c',
    )
    const sent = { originNodeId: 'node2', originLamportTime: 3, name: nasty, data: 1 }
    expect(eventText({ ...base, type: 'broadcast', payload: sent })).toMatch(
      /"a\\n\\u001b\[31mb" 1 from node2$/,
    )
    const others = [{ nodeId: 'node2', checksum: 'bb' }]
    const diverged = { checksum: 'aa', others, sinceMs: 0 }
    expect(eventText({ ...base, type: 'ring:diverged', payload: diverged })).toMatch(
      /checksum aa here, elsewhere node2 bb$/,
    )
    const agreed = { checksum: 'aa', memberCount: 2, durationMs: 12_345 }
    expect(eventText({ ...base, type: 'ring:agreed', payload: agreed })).toMatch(
      /checksum aa at all 2 members, after 12\.3 s$/,
    )
    expect(eventText({ type: 'events:lost', lostCount: 1_200 })).toContain('1,200')
    const later = { ...base, type: 'later:version', payload: { a: 1 } } as never
    expect(eventText(later)).toContain('later:version         {"a":1}')
  })
})
