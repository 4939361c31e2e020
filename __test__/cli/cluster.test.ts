/** `serve` with gossip, `members` and `leave`: three nodes in processes of their own. */

import { spawn } from 'node:child_process'

import { afterEach, describe, expect, test } from 'vitest'

import { startCluster, startHttpServer } from '../../dist/index.js'
import { freePorts } from '../helpers/free-ports'
import { type ServedCluster, servedCluster } from '../helpers/served-cluster'
import { ENTRY, complaintOf } from './run-cli.js'

const TOKEN = 'a-token-that-is-long-enough'
const open: ServedCluster[] = []
afterEach(() => open.splice(0).forEach((cluster) => cluster.end()))

async function threeNodes(settings: Record<string, string> = {}): Promise<ServedCluster> {
  const cluster = await servedCluster(3, settings)
  open.push(cluster)
  return cluster
}

/** Runs beside what this process serves. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [ENTRY, ...args], { env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, stdout, stderr, lines: stdout.split('\n').slice(0, -1) }
}

const alive = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, 'alive' as const]))

describe('three nodes', () => {
  test('find each other, tell of a dead one and of one that leaves, and do not mix up the two', async () => {
    const cluster = await threeNodes()
    await cluster.start('node1').logged(/^alone: no other node has answered at a seed yet/)
    cluster.start('node2')
    await cluster.settled(alive('node1', 'node2'))
    await cluster.start('node3').logged(/^joined node1, node2$/)
    await cluster.settled(alive('node1', 'node2', 'node3'))
    const { url } = cluster.node('node1')

    cluster.node('node3').kill('SIGKILL')
    await cluster.settled({ ...alive('node1', 'node2'), node3: 'dead' })
    const seen = await run(['members', '--url', url])
    expect(seen).toMatchObject({ code: 0, stderr: '' })
    expect(seen.lines[0]).toBe('cluster shop, as node1 sees it: 3 members, 2 alive, 1 dead')
    expect(seen.lines[1]).toMatch(/^ring [0-9a-f]{16}: /)
    const row = (id: string) => seen.lines.find((line) => line.includes(`${id} `) && line.includes('127.0'))
    expect(row('node1')).toMatch(/^\* {2}node1 +alive +20\S+Z +127\.0\.0\.1:\d+ +– +1 +\d+\.\d\d% +1$/)
    expect(row('node3')).toMatch(/^ {3}node3 +dead +20\S+Z +127\.0\.0\.1:\d+ +– +1 +0\.00% +1$/)

    const dead = await run(['members', '-u', url, '--status', 'dead', '--status', 'suspected', '--json'])
    expect(dead.lines).toHaveLength(1)
    expect(JSON.parse(dead.lines[0]!)).toMatchObject({ id: 'node3', status: 'dead', share: 0 })
    const none = await run(['members', '-u', url, '--status', 'leaving'])
    expect(none).toMatchObject({ code: 0 })
    expect(none.lines.at(-1)).toBe('None of them is in a status that was asked for.')

    const left = await run(['leave', '--url', cluster.node('node2').url])
    expect(left).toMatchObject({ code: 0, stdout: 'node2 has left\n' })
    expect(left.stderr).toBe('hypercache: node2 lets requests finish, and leaves\n')
    expect(await cluster.node('node2').ended).toEqual({ code: 0, signal: null })
    expect(cluster.node('node2').stderr()).toBe('')
    await cluster.node('node1').logged(/^member node2 left$/)
    expect(cluster.node('node1').messages()).not.toContain('member node2 failed')
    // Who leaves does not tell its log that all others left.
    expect(cluster.node('node2').messages()).not.toContain('member node1 left')
  })

  test('see one that is told to stop leave, and it ends with 0 (Z-53)', async () => {
    const cluster = await threeNodes()
    for (const id of cluster.ids) cluster.start(id)
    await cluster.settled(alive('node1', 'node2', 'node3'))
    cluster.node('node3').kill('SIGTERM')
    expect(await cluster.node('node3').ended).toEqual({ code: 0, signal: null })
    await cluster.settled(alive('node1', 'node2'))
    for (const id of ['node1', 'node2']) {
      const messages = cluster.node(id).messages()
      expect(messages).toContain('member node3 left')
      expect(messages).not.toContain('member node3 failed')
      expect(messages).not.toContain('member node3 suspected')
    }
  })
})

describe('hypercache leave', () => {
  test('needs the token, where there is one', async () => {
    const cluster = await threeNodes({ 'http.token': TOKEN })
    const node = cluster.start('node1')
    await node.logged(/page at/)
    const without = await run(['leave', '--url', node.url])
    expect(without).toMatchObject({ code: 1, stdout: '' })
    expect(without.stderr).toMatch(/^hypercache: [^\n]+ answers 401: [^\n]+\n$/)
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}x` }
    const init = { method: 'POST', headers, body: JSON.stringify({ nodeId: 'node1' }) }
    expect((await fetch(`${node.url}/cluster/leave`, init)).status).toBe(401)
    expect((await fetch(`${node.url}/livez`)).status).toBe(200)
    const left = await run(['leave', '--url', node.url], { HYPERCACHE_HTTP_TOKEN: TOKEN })
    expect(left).toMatchObject({ code: 0, stdout: 'node1 has left\n' })
    expect(await node.ended).toEqual({ code: 0, signal: null })
  })

  test('fails where the node dies before it has said that it left', async () => {
    const cluster = await threeNodes({ 'http.drain_seconds': '60' })
    const node = cluster.start('node1')
    await node.logged(/page at/)
    const leaving = run(['leave', '--url', node.url])
    await node.logged(/^asked over HTTP to leave: stopping; requests are taken for 60 s more/)
    node.kill('SIGKILL')
    const { code, stdout, stderr } = await leaving
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/\nhypercache: node1 has ended without a word of its leave: [^\n]+\n$/)
  })

  test('is refused by a program that does not let others end it', async () => {
    const coordinator = await startCluster({ cluster: { nodeId: 'node1' }, http: { drainSeconds: 0 } })
    const server = await startHttpServer(coordinator, { port: 0 })
    const { code, stderr } = await run(['leave', '--url', server.url])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^hypercache: [^\n]+ answers 404: [^\n]+\n$/)
    expect(coordinator.state).toBe('ready')
    await coordinator.close()
  })
})

describe('what cannot be asked', () => {
  test.each([
    [['members', '--url', 'nonsense'], 2, /--url is "nonsense"/],
    [['members', '--status', 'well'], 2, /alive, suspected, dead, leaving, updating/],
    [['leave', '--token', 'a b'], 2, /the token/],
    [['leave', 'node1'], 2, /too many arguments/],
  ])('%j', (args, code, line) => {
    expect(complaintOf(args, code)).toMatch(line)
  })

  test.each(['members', 'leave'])('%s of a node that is not there', async (command) => {
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    expect(complaintOf([command, '--url', url], 1)).toBe(`${url} does not answer: nothing listens there`)
  })
})
