/** Fifty nodes in one process: they find each other, agree on every key, and leave nothing behind. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CoordinatorService } from '../../dist/index.js'
import {
  agree,
  boundPorts,
  eventsOf,
  freePorts,
  nodeConfig,
  ownersOf,
  seedAt,
  startNode,
  stopAll,
  threadNames,
} from '../helpers/cluster'
import { closeMembers } from '../helpers/gossip'
import { until } from '../helpers/until'

const COUNT = 50
const isLinux = process.platform === 'linux'

/** What there is of `now` that was not there before. */
function surplus(now: readonly string[], before: readonly string[]): string[] {
  const rest = [...before]
  return now.filter((name) => {
    const at = rest.indexOf(name)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}

describe('fifty nodes', () => {
  let ports: number[]
  let nodes: CoordinatorService[]
  let resourcesBefore: string[]
  let versionOfTheLast: number

  beforeAll(async () => {
    ports = await freePorts(COUNT)
    closeMembers()
    resourcesBefore = process.getActiveResourcesInfo()
    const [first, ...rest] = ports
    const config = (index: number) =>
      nodeConfig(`node${index}`, ports[index]!, index === 0 ? [] : [seedAt(first!)], { preset: 'lan' })
    const begunMs = performance.now()
    const firstNode = await startNode(config(0))
    // All but the last at once.
    const others = await Promise.all(rest.slice(0, -1).map((_, index) => startNode(config(index + 1))))
    nodes = [firstNode, ...others]
    await agree(nodes, 60_000)
    const convergedMs = performance.now() - begunMs
    console.log(`${nodes.length} nodes have found each other and agree after ${convergedMs.toFixed(0)} ms`)
    await joinLast(config(COUNT - 1))
  }, 120_000)

  /** The last one joins a cluster that is there, and learns of all at one moment. */
  async function joinLast(config: ReturnType<typeof nodeConfig>): Promise<void> {
    const begunMs = performance.now()
    const last = await startNode(config)
    versionOfTheLast = last.routing.ring.version
    nodes.push(last)
    await agree(nodes, 60_000)
    console.log(`one more is known to all after ${(performance.now() - begunMs).toFixed(0)} ms`)
  }

  afterAll(stopAll)

  test('have the same ring, and route every key to the same owner', () => {
    const [owners, ...others] = nodes.map((node) => ownersOf(node))
    for (const [index, other] of others.entries()) expect(other, `node${index + 1}`).toEqual(owners)
    expect(new Set(owners).size).toBeGreaterThan(COUNT / 2)
  })

  test('tell each other that they agree', async () => {
    const isAgreed = (node: CoordinatorService) => {
      const { network, ringAgreement } = node.metrics()
      return network?.convergenceMs !== undefined && ringAgreement?.differingCount === 0
    }
    await until(
      () => nodes.every(isAgreed),
      () => nodes.filter((node) => !isAgreed(node)).map(({ localNodeId }) => localNodeId),
    )
    const times = nodes.map((node) => node.metrics().network!.convergenceMs!)
    console.log(`their rings were the same everywhere within ${Math.max(...times).toFixed(0)} ms of a change`)
  })

  test('are ready, each', async () => {
    const reports = await Promise.all(nodes.map((node) => node.health()))
    expect(reports.flatMap(({ reasons }) => reasons)).toEqual([])
  })

  test('are learned of at one moment by who joins: that makes few rings, not fifty', () => {
    expect(versionOfTheLast).toBeLessThanOrEqual(4)
  })

  test('see one leave, and nobody fail', async () => {
    const last = nodes.pop()!
    const logs = nodes.map((node) => eventsOf(node))
    await last.close()
    await agree(nodes, 60_000)
    const told = (type: string) => logs.map((log) => log.filter((event) => event.type === type).length)
    await until(
      () => told('member:left').every((count) => count === 1),
      () => told('member:left'),
    )
    expect(told('member:failed')).toEqual(logs.map(() => 0))
  })

  test('have taken nobody for dead', () => {
    for (const node of nodes) expect(node.membership.metrics()).toMatchObject({ failedCount: 0 })
  })

  test('leave nothing behind when all have stopped', { timeout: 60_000 }, async () => {
    const threads = threadNames()
    const begunMs = performance.now()
    await stopAll()
    console.log(`all have stopped after ${(performance.now() - begunMs).toFixed(0)} ms`)
    expect(surplus(process.getActiveResourcesInfo(), resourcesBefore)).toEqual([])
    if (!isLinux) return
    const bound = boundPorts()
    expect(ports.filter((port) => bound.has(port))).toEqual([])
    expect(threadNames()).toEqual(threads)
    expect(threads.filter((name) => name.startsWith('hypercache-node'))).toHaveLength(2)
  })
})
