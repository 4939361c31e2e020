import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import { type Socket, connect } from 'node:net'
import { resolve } from 'node:path'
import { describe, expect, test, vi } from 'vitest'

import { type HttpNode, ask, httpNode, openStream } from '../../helpers/http'
import { ManualClock, settled } from '../../helpers/manual-clock'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

const HTTP = 'HTTP/1.1\r\nHost: localhost\r\n'
const MAIN = resolve(__dirname, '../../../dist/cli/main.js')

/** A node whose server waits by a clock that the test moves. */
async function drainedByHand(drainSeconds: number): Promise<{ node: HttpNode; clock: ManualClock }> {
  const clock = new ManualClock()
  return { clock, node: await httpNode({ config: { http: { drainSeconds } }, server: { clock } }) }
}

/** Lets time pass until something has ended. */
async function advancedUntil(clock: ManualClock, ended: Promise<unknown>, stepMs = 50): Promise<number> {
  let isOver = false
  void ended.finally(() => (isOver = true))
  let passedMs = 0
  for (await settled(); !isOver; passedMs += stepMs) await clock.advance(stepMs)
  return passedMs
}

/** A connection on which something was sent already. */
const connected = (port: number, text: string) =>
  new Promise<Socket>((resolveSocket) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (text === '') resolveSocket(socket)
      else socket.write(text, () => resolveSocket(socket))
    })
    socket.on('error', () => undefined)
    socket.resume()
  })

const closed = (socket: Socket) => new Promise((resolveClose) => socket.once('close', resolveClose))

describe('a node that stops', () => {
  test('says at once that it is not ready, answers for drain_seconds, then lets nobody in', async () => {
    const { node, clock } = await drainedByHand(5)
    const stopped = node.coordinator.stop()
    const readiness = await node.ask('/readyz')
    expect(readiness).toMatchObject({ status: 503, json: { isReady: false, state: 'draining' } })
    expect((readiness.json as { reasons: string[] }).reasons.join()).toContain('draining')
    await clock.advance(4_999)
    for (const path of ['/livez', '/cluster/route?key=a', '/metrics', '/cluster/ring', '/nothing', '/%zz']) {
      expect((await node.ask(path)).status, path).toBeLessThan(500)
    }
    expect((await node.ask('/health')).status).toBe(503)
    expect(await advancedUntil(clock, stopped)).toBeLessThanOrEqual(1_000)
    expect(node.coordinator.state).toBe('stopped')
    await expect(node.ask('/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await node.coordinator.close()
  })

  test('answers what was asked before, however long that takes up to 8 seconds', async () => {
    const { node, clock } = await drainedByHand(0)
    let pass: (() => void) | undefined
    node.coordinator.registerHealthCheck('slow', () => new Promise<void>((done) => (pass = done)), {
      timeoutMs: 60_000,
    })
    const asked = node.ask('/health')
    while (pass === undefined) await settled()
    const stopped = node.coordinator.stop()
    await clock.advance(7_000)
    pass?.()
    const { status, json } = await asked
    expect([status, json]).toEqual([503, expect.objectContaining({ state: 'draining' })])
    await advancedUntil(clock, stopped)
    await node.coordinator.close()
  })

  test('answers what comes over kept connections, and asks their clients to close them', async () => {
    const { node, clock } = await drainedByHand(0)
    const agent = new Agent({ keepAlive: true })
    expect((await node.ask('/livez', { agent })).headers.connection).toBe('keep-alive')
    const stopped = node.coordinator.stop()
    await vi.waitUntil(() =>
      node.ask('/livez').then(
        () => false,
        () => true,
      ),
    )
    const { status, headers } = await node.ask('/readyz', { agent })
    expect([status, headers.connection]).toEqual([503, 'close'])
    agent.destroy()
    await advancedUntil(clock, stopped)
    await node.coordinator.close()
  })

  test.each([
    ['says nothing', '', 1_000],
    ['has sent half a request', 'GET /livez HT', 9_000],
    ['has sent half a body', `POST /cluster/plan ${HTTP}Content-Length: 9\r\n\r\n{`, 9_000],
    ['waits with its next request', `GET /livez ${HTTP}\r\n`, 1_000],
  ])('is not held up by a connection that %s', async (_, text, limitMs) => {
    const { node, clock } = await drainedByHand(0)
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connected(node.server.port, text)))
    await node.ask('/livez')
    const ended = Promise.all(sockets.map(closed))
    expect(await advancedUntil(clock, node.coordinator.stop())).toBeLessThanOrEqual(limitMs)
    await ended
    await node.coordinator.close()
  })

  test('is not held up by a stream whose client takes nothing', async () => {
    const { node, clock } = await drainedByHand(0)
    const stream = await openStream(node.server.port, '/events')
    await stream.until((text) => text.startsWith('retry: '))
    stream.socket.pause()
    const data = 'x'.repeat(16_384)
    for (let at = 0; at < 2_000; at += 1) {
      node.coordinator.events.publish('custom', { name: 'big', data })
      if (at % 10 === 0) await settled()
    }
    expect(await advancedUntil(clock, node.coordinator.stop())).toBeLessThanOrEqual(9_000)
    stream.close()
    await node.coordinator.close()
  })
})

test('a server that is closed alone lets the node go on, and cuts a drain short', async () => {
  const { node, clock } = await drainedByHand(600)
  await advancedUntil(clock, node.server.close())
  await node.server.close()
  expect(node.coordinator.state).toBe('ready')
  await node.coordinator.stop()
  const other = await drainedByHand(600)
  const stopped = other.node.coordinator.stop()
  void other.node.server.close()
  expect(await advancedUntil(other.clock, stopped)).toBeLessThanOrEqual(1_000)
  await Promise.all([node.coordinator.close(), other.node.coordinator.close()])
  expect([clock.timerCount, other.clock.timerCount]).toEqual([0, 0])
})

/** Asks again and again over kept connections, until nobody lets it in. Answers what became of it. */
async function hammer(port: number, agent: Agent, counts: { answered: number; lost: string[] }) {
  for (;;) {
    try {
      const { status } = await ask(port, '/cluster/route?key=user:42', { agent })
      if (status === 200) counts.answered += 1
      else counts.lost.push(`status ${status}`)
    } catch (error) {
      const { code = 'none' } = error as NodeJS.ErrnoException
      // Nobody listens any more: such a request was never started.
      if (code === 'ECONNREFUSED') return
      counts.lost.push(code)
      if (counts.lost.length > 100) return
    }
  }
}

test('kill -TERM under load loses no request that was started, and ends with 0', async () => {
  const flags = ['--http-port', '0', '--node-id', 'node1']
  const child = spawn(process.execPath, [MAIN, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (data: string) => (log += data))
  const port = Number(await vi.waitUntil(() => /http:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1], 30_000))
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const counts = { answered: 0, lost: [] as string[] }
  const clients = Array.from({ length: 64 }, () => hammer(port, agent, counts))
  await vi.waitUntil(() => counts.answered > 500, 30_000)
  const before = counts.answered
  child.kill('SIGTERM')
  await Promise.all(clients)
  agent.destroy()
  expect(counts.lost).toEqual([])
  // They went on being answered while it drained.
  expect(counts.answered).toBeGreaterThan(before)
  expect(await exited).toBe(0)
})
