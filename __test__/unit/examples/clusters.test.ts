/** The examples of several processes: each process is started as the example says. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { freePorts } from '../../helpers/free-ports'

vi.setConfig({ testTimeout: 60_000 })
const folder = join(__dirname, '..', '..', '..', 'examples')
const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')))

function start(file: string, args: (string | number)[]) {
  const child = spawn(process.execPath, [join(folder, file), ...args.map(String)])
  started.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const shows = (pattern: RegExp) =>
    vi.waitFor(() => expect(stdout + stderr).toMatch(pattern), { timeout: 20_000, interval: 20 })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, shows, ended, stdout: () => stdout, stderr: () => stderr }
}

test('cluster: nodes find each other, agree on an owner, and leave', async () => {
  const ports = await freePorts(2)
  const seeds = ports.map((port) => `127.0.0.1:${port}`)
  const first = start('cluster.mjs', ['node1', ports[0]!, ...seeds])
  await first.shows(/^node1 \(alive\): user:42 is owned by node1$/m)
  const second = start('cluster.mjs', ['node2', ports[1]!, ...seeds])
  const both = /^node1 \(alive\), node2 \(alive\): user:42 is owned by (node\d)$/m
  await Promise.all([first.shows(both), second.shows(both)])
  expect(both.exec(second.stdout())![1]).toBe(both.exec(first.stdout())![1])
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  await first.shows(/owned by \S+\n(.*\n)*node1 \(alive\): user:42 is owned by node1\n$/)
  expect(first.stdout()).not.toContain('dead')
  first.child.kill('SIGINT')
  expect(await first.ended).toBe(0)
  expect(first.stderr() + second.stderr()).toBe('')
})

describe('sharded-service', () => {
  interface Served {
    user: string
    visits: number
    servedBy: string
  }

  /** Three instances that have found each other. */
  async function instances() {
    const ports = await freePorts(6)
    const seeds = ports.slice(0, 3).map((port) => `127.0.0.1:${port}`)
    const nodes = [0, 1, 2].map((index) =>
      start('sharded-service.mjs', [`node${index + 1}`, ports[index]!, ports[3 + index]!, ...seeds]),
    )
    await Promise.all(nodes.map((node) => node.shows(/ serves$/m)))
    const asked = (index: number, user: string) => fetch(`http://127.0.0.1:${ports[3 + index]}/users/${user}`)
    const ask = async (index: number, user: string) => {
      const response = await asked(index, user)
      expect(response.status).toBe(200)
      return (await response.json()) as Served
    }
    const users = Array.from({ length: 24 }, (_, index) => `u${index}`)
    const servers = async (index: number) =>
      Promise.all(users.map(async (user) => (await ask(index, user)).servedBy))
    await vi.waitFor(
      async () => {
        const all = await Promise.all([0, 1, 2].map(servers))
        expect(new Set(all[0])).toEqual(new Set(['node1', 'node2', 'node3']))
        expect(all[1]).toEqual(all[0])
        expect(all[2]).toEqual(all[0])
      },
      { timeout: 20_000, interval: 50 },
    )
    return { nodes, ask, asked, users, servers }
  }

  test('each user is at one instance, whoever is asked', async () => {
    const { nodes, ask, asked } = await instances()
    const first = await ask(0, 'anna')
    const second = await ask(1, 'anna')
    const third = await ask(2, 'anna')
    expect([first, second, third].map(({ servedBy }) => servedBy)).toEqual(Array(3).fill(first.servedBy))
    expect([first, second, third].map(({ visits }) => visits)).toEqual([1, 2, 3])
    expect((await asked(0, '..%2Fadmin')).status).toBe(404)
    nodes.forEach(({ child }) => child.kill('SIGTERM'))
    expect(await Promise.all(nodes.map(({ ended }) => ended))).toEqual([0, 0, 0])
    expect(nodes.map(({ stderr }) => stderr()).join('')).toBe('')
  })

  test('the next owner serves where the owner dies, at once and for good', async () => {
    const { nodes, ask, users, servers } = await instances()
    const before = await servers(0)
    const lost = users.filter((_, at) => before[at] === 'node2')
    expect(lost.length).toBeGreaterThan(0)
    nodes[1]!.child.kill('SIGKILL')
    await nodes[1]!.ended
    // Nobody has been told of it yet.
    for (const user of lost) expect((await ask(0, user)).servedBy).not.toBe('node2')
    const after = await servers(0)
    expect(await servers(2)).toEqual(after)
    for (const [at, owner] of before.entries()) if (owner !== 'node2') expect(after[at]).toBe(owner)
  })
})
