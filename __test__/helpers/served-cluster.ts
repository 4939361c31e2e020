/** Nodes of a cluster in processes of their own, as `hypercache serve` runs them. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

import { expect, vi } from 'vitest'

import type { MembersAnswer, NodeStatus } from '../../dist/index.js'
import { freePorts } from './free-ports'

const entry = join(__dirname, '..', '..', 'dist', 'cli', 'main.js')
/** A busy machine starts processes slowly. */
const WAIT_MS = 30_000

/** One node. */
export interface ServedNode {
  readonly id: string
  readonly url: string
  /** What its log has so far: each line's message. */
  messages(): string[]
  /** What it has written to standard error. */
  stderr(): string
  /** Resolves when its log has a message that matches. */
  logged(pattern: RegExp): Promise<void>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
}

/** A cluster of so many nodes, `node1` on. */
export interface ServedCluster {
  readonly ids: readonly string[]
  node(id: string): ServedNode
  /** Starts a node, again where it has ended. */
  start(id: string): ServedNode
  /** What a node answers about the members. */
  members(id: string): Promise<MembersAnswer>
  /** Resolves when all nodes that run see these statuses, and no others. */
  settled(statuses: Readonly<Record<string, NodeStatus>>): Promise<void>
  /** Ends every process. */
  end(): void
}

/**
 * Finds ports for a cluster. No node is started.
 *
 * @param settings Fields by their paths, for every node.
 */
export async function servedCluster(
  count: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServedCluster> {
  const ports = await freePorts(2 * count)
  const ids = Array.from({ length: count }, (_, index) => `node${index + 1}`)
  const seeds = ids.map((_, index) => `127.0.0.1:${ports[index]}`).join(',')
  const nodes = new Map<string, ServedNode>()
  const running = new Set<ChildProcess>()
  const runningIds = new Set<string>()
  const start = (id: string) => {
    const index = ids.indexOf(id)
    const fields = {
      'cluster.membership': 'gossip',
      'cluster.cluster_name': 'shop',
      'cluster.preset': 'local',
      'cluster.bind_port': ports[index],
      'cluster.seeds': seeds,
      'http.port': ports[count + index],
      'http.drain_seconds': '0',
      ...settings,
    }
    const flags = Object.entries(fields).flatMap(([path, value]) => ['-s', `${path}=${value}`])
    const args = ['serve', '--node-id', id, ...flags]
    const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    runningIds.add(id)
    child.once('close', () => {
      running.delete(child)
      runningIds.delete(id)
    })
    const node = servedNode(id, `http://127.0.0.1:${ports[count + index]}`, child)
    nodes.set(id, node)
    return node
  }
  const members = async (id: string) =>
    (await (await fetch(`${nodes.get(id)!.url}/cluster/members`)).json()) as MembersAnswer
  return {
    ids,
    node: (id) => nodes.get(id)!,
    start,
    members,
    settled: async (statuses) => {
      for (const id of runningIds) {
        const seen = async () => {
          const answer = await members(id)
          expect(Object.fromEntries(answer.members.map((member) => [member.id, member.status]))).toEqual(
            statuses,
          )
        }
        await vi.waitFor(seen, { timeout: WAIT_MS, interval: 50 })
      }
    },
    end: () => running.forEach((child) => child.kill('SIGKILL')),
  }
}

function servedNode(id: string, url: string, child: ChildProcess): ServedNode {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr!.on('data', (data: Buffer) => (stderr += data.toString()))
  const messages = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
  return {
    id,
    url,
    messages,
    stderr: () => stderr,
    logged: (pattern) =>
      vi.waitFor(
        () => {
          const has = messages().some((message) => pattern.test(message))
          if (!has) throw new Error(`${id} has not logged ${pattern}:\n${messages().join('\n')}${stderr}`)
        },
        { timeout: WAIT_MS, interval: 20 },
      ),
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
  }
}
