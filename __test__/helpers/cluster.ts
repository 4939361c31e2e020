/** Clusters of real nodes in this process, each with sockets of its own. */

import { readFileSync, readdirSync } from 'node:fs'
import {
  type ClusterConfigInput,
  type ClusterEvent,
  type CoordinatorOptions,
  type CoordinatorService,
  startCluster,
} from '../../dist/index.js'
import { gossipMember } from './gossip'
import { until } from './until'

const started = new Set<CoordinatorService>()

/** Ports that are free now, for datagrams and streams. */
export async function freePorts(count: number): Promise<number[]> {
  const members = Array.from({ length: count }, (_, index) => gossipMember(`of a free port ${index}`))
  await Promise.all(members.map((member) => member.join([])))
  const ports = members.map((member) => member.member(member.localNodeId)!.port)
  members.forEach((member) => member.close())
  return ports
}

export const seedAt = (port: number): string => `127.0.0.1:${port}`

/** A configuration of a node at a port. */
export function nodeConfig(
  nodeId: string,
  bindPort: number,
  seeds: readonly string[],
  cluster: NonNullable<ClusterConfigInput['cluster']> = {},
): ClusterConfigInput {
  return {
    cluster: { membership: 'gossip', preset: 'local', nodeId, bindPort, seeds: [...seeds], ...cluster },
    http: { enabled: false },
  }
}

/** Starts a node that `stopAll` stops. */
export async function startNode(
  config: ClusterConfigInput,
  options?: CoordinatorOptions,
): Promise<CoordinatorService> {
  const node = await startCluster(config, options)
  started.add(node)
  return node
}

/** Stops all nodes that were started, at once. */
export async function stopAll(): Promise<void> {
  await Promise.all([...started].map((node) => node.close()))
  started.clear()
}

const aliveIds = ({ membership }: CoordinatorService) =>
  membership.members().flatMap(({ id, status }) => (status === 'alive' ? [id] : []))

/** Resolves when all nodes see each other alive, and nobody else, and have the same ring. */
export async function agree(nodes: readonly CoordinatorService[], patienceMs?: number): Promise<void> {
  const wanted = nodes.map(({ localNodeId }) => localNodeId).toSorted()
  const seen = (node: CoordinatorService) => [...aliveIds(node)].toSorted()
  const hasAll = (node: CoordinatorService) =>
    seen(node).join() === wanted.join() && node.membership.members().length === wanted.length
  await until(
    () => nodes.every(hasAll) && new Set(nodes.map(({ routing }) => routing.ring.checksum)).size === 1,
    () => nodes.filter((node) => !hasAll(node)).map((node) => [node.localNodeId, seen(node)]),
    patienceMs,
  )
}

/** The owners of keys, as one node has them. */
export function ownersOf({ routing }: CoordinatorService, keyCount = 1_000): string[] {
  return Array.from({ length: keyCount }, (_, index) => routing.routeKey(`key:${index}`))
}

/** Events of one node, in order. */
export function eventsOf(node: CoordinatorService): ClusterEvent[] {
  const events: ClusterEvent[] = []
  node.events.subscribe((event) => void events.push(event))
  return events
}

/** Ports of this machine that somebody listens on, for streams or for datagrams. */
export function boundPorts(): Set<number> {
  const ports = new Set<number>()
  for (const [file, listening] of [
    ['tcp', '0A'],
    ['udp', '07'],
  ]) {
    const [, ...lines] = readFileSync(`/proc/self/net/${file}`, 'utf8').trim().split('\n')
    for (const line of lines) {
      const [, local, , state] = line.trim().split(/\s+/)
      if (state === listening) ports.add(Number.parseInt(local!.split(':')[1]!, 16))
    }
  }
  return ports
}

/** Threads of this process, by their names. */
export function threadNames(): string[] {
  const tasks = readdirSync('/proc/self/task')
  return tasks.map((task) => readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()).toSorted()
}
