/** Nodes that stop and start, while the others go on. */

import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CoordinatorService } from '../../dist/index.js'
import { inChild } from '../binding/child'
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
} from '../helpers/cluster'
import { closeMembers } from '../helpers/gossip'
import { LateSeed } from '../helpers/late-seed'
import { until } from '../helpers/until'

vi.setConfig({ testTimeout: 60_000 })

afterEach(async () => {
  await stopAll()
  closeMembers()
})

type Cluster = NonNullable<Parameters<typeof nodeConfig>[3]>

/** Nodes that each have all as seeds. */
async function cluster(count: number, changed: Cluster = {}) {
  const ports = await freePorts(count)
  const seeds = ports.map(seedAt)
  const start = (index: number, more: Cluster = {}) =>
    startNode(nodeConfig(`node${index}`, ports[index]!, seeds, { ...changed, ...more }))
  const nodes = await Promise.all(ports.map((_, index) => start(index)))
  await agree(nodes)
  return { nodes, start, ports }
}

describe('a rolling restart of five', () => {
  test('keeps every key routed all the time, and nobody is taken for dead', async () => {
    const { nodes, start } = await cluster(5)
    const ownersBefore = ownersOf(nodes[0]!)
    const logs = nodes.map((node) => eventsOf(node))
    let routedCount = 0
    const unroutable: unknown[] = []
    let isOver = false
    const routing = (async () => {
      while (!isOver) {
        for (const node of nodes.filter(({ state }) => state === 'ready')) {
          try {
            node.routing.routeKey(`key:${routedCount}`)
            routedCount += 1
          } catch (error) {
            unroutable.push(error)
          }
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (const index of nodes.keys()) {
      await nodes[index]!.close()
      const rest = nodes.filter((_, other) => other !== index)
      await agree(rest)
      nodes[index] = await start(index)
      await agree(nodes)
    }
    isOver = true
    await routing
    expect(unroutable).toEqual([])
    expect(routedCount).toBeGreaterThan(1_000)
    // The same nodes, so the same owners.
    for (const node of nodes) expect(ownersOf(node)).toEqual(ownersBefore)
    const types = logs.flat().map(({ type }) => type)
    expect(types.filter((type) => type === 'member:failed')).toEqual([])
    expect(types.filter((type) => type === 'member:left').length).toBeGreaterThan(4)
  })
})

describe('keys of three nodes', () => {
  test('are changed for others without a moment in which two do not hear each other', async () => {
    const [old, fresh] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))
    const { nodes, start } = await cluster(3, { encryptionKeys: [old!] })
    const failed: string[] = []
    const watch = (node: CoordinatorService) =>
      node.events.subscribe(['member:failed', 'member:suspected'], ({ type, payload }) => {
        failed.push(`${node.localNodeId}: ${type} ${payload.member.id}`)
      })
    nodes.forEach(watch)
    for (const encryptionKeys of [[old!, fresh!], [fresh!, old!], [fresh!]]) {
      for (const index of nodes.keys()) {
        await nodes[index]!.close()
        nodes[index] = await start(index, { encryptionKeys })
        watch(nodes[index])
        await agree(nodes)
      }
    }
    expect(failed).toEqual([])
    for (const node of nodes) {
      const { 'other key': otherKey = 0 } = node.metrics().network!.droppedByReason
      expect(otherKey).toBe(0)
    }
    const [port] = await freePorts(1)
    const seeds = [seedAt(nodes[0]!.config.cluster.bindPort)]
    const late = await startNode(nodeConfig('of the old key', port!, seeds, { encryptionKeys: [old!] }))
    expect((await late.health()).isReady).toBe(false)
    expect(nodes[0]!.membership.members()).toHaveLength(3)
  })
})

describe('seeds that are down', () => {
  test('are found when they come up, by all that wait for them; until then nobody is ready', async () => {
    const ports = await freePorts(3)
    const seeds = [seedAt(ports[0]!)]
    const early = await Promise.all(
      [1, 2].map((index) => startNode(nodeConfig(`node${index}`, ports[index]!, seeds))),
    )
    for (const node of early) {
      const { isReady, reasons } = await node.health()
      expect(isReady).toBe(false)
      const why = `network: no seed has answered: ${seeds[0]} (nobody listens there)`
      expect(reasons).toEqual([why])
    }
    const seed = await startNode(nodeConfig('node0', ports[0]!, seeds))
    expect((await seed.health()).isReady, 'a seed that is alone is the first').toBe(true)
    await agree([...early, seed])
    await until(() => early.every((node) => node.metrics().network?.convergenceMs !== undefined))
    for (const node of early) expect(await node.health()).toMatchObject({ isReady: true, reasons: [] })
  })

  test('do not keep a node from being ready that others have found', async () => {
    const ports = await freePorts(2)
    const nobody = await LateSeed.listen()
    try {
      const first = await startNode(nodeConfig('a', ports[0]!, [nobody.address]))
      expect((await first.health()).isReady).toBe(false)
      const second = await startNode(nodeConfig('b', ports[1]!, [seedAt(ports[0]!)]))
      await agree([first, second])
      await until(() => first.metrics().health.isReady)
      expect((await first.health()).reasons).toEqual([])
    } finally {
      nobody.close()
    }
  })
})

describe('a node that was frozen out', () => {
  test('is dead to the others, and comes back with its keys as a later life', async () => {
    const { nodes, start } = await cluster(3)
    const [first, , gone] = nodes as [CoordinatorService, CoordinatorService, CoordinatorService]
    const before = ownersOf(first)
    const { startedAtMs } = first.membership.member('node2')!
    const events = eventsOf(first)
    // Without a word to the others.
    gone.membership.close()
    await until(() => first.membership.member('node2')?.status === 'dead')
    const owners = ownersOf(first)
    expect(owners).not.toContain('node2')
    // Nobody else's keys have moved.
    expect(owners.filter((owner, index) => owner !== before[index] && before[index] !== 'node2')).toEqual([])
    await gone.close()
    nodes[2] = await start(2)
    await agree(nodes)
    expect(ownersOf(first)).toEqual(before)
    expect(first.membership.member('node2')!.startedAtMs).toBeGreaterThan(startedAtMs)
    const told = events.filter(({ type }) => type.startsWith('member:')).map(({ type }) => type)
    expect(told).toEqual(['member:suspected', 'member:failed', 'member:recovered'])
  })

  test('within a second is taken at once, and nobody is told of a failure', async () => {
    const { nodes, start } = await cluster(3)
    const events = eventsOf(nodes[0]!)
    nodes[2]!.membership.close()
    const closing = nodes[2]!.close()
    const begunMs = performance.now()
    nodes[2] = await start(2)
    await agree(nodes)
    expect(performance.now() - begunMs).toBeLessThan(5_000)
    await closing
    expect(events.map(({ type }) => type)).not.toContain('member:failed')
  })
})

describe('twenty starts and stops of five nodes', () => {
  test('leave memory flat, and no thread and no port behind', { timeout: 180_000 }, async () => {
    const ports = await freePorts(5)
    const { grown, threadsGrown } = await inChild<{ grown: number; threadsGrown: number }>(
      `
      const { readdirSync } = require('node:fs')
      const { startCluster } = require(${JSON.stringify(require.resolve('../../dist/index.js'))})
      const ports = ${JSON.stringify(ports)}
      const seeds = ports.map((port) => '127.0.0.1:' + port)
      const round = async () => {
        const nodes = await Promise.all(ports.map((bindPort, index) => startCluster({
          cluster: { membership: 'gossip', preset: 'local', nodeId: 'node' + index, bindPort, seeds },
          http: { enabled: false },
        })))
        const isSeen = (node) => node.membership.members().length === 5
        while (!nodes.every(isSeen)) await new Promise((resolve) => setTimeout(resolve, 5))
        await Promise.all(nodes.map((node) => node.close()))
        await collect()
      }
      const threadCount = () => process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
      for (let count = 0; count < 5; count += 1) await round()
      const [before, threadsBefore] = [process.memoryUsage.rss(), threadCount()]
      for (let count = 0; count < 20; count += 1) await round()
      return { grown: process.memoryUsage.rss() - before, threadsGrown: threadCount() - threadsBefore }`,
      ['--expose-gc'],
    )
    console.log(`memory has grown by ${(grown / 1e6).toFixed(1)} MB`)
    expect(grown).toBeLessThan(12e6)
    expect(threadsGrown).toBe(0)
    if (process.platform !== 'linux') return
    const bound = boundPorts()
    expect(ports.filter((port) => bound.has(port))).toEqual([])
  })
})
