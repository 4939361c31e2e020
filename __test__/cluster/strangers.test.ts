/** Clusters that must not become one, and messages that reach everybody once. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CoordinatorService } from '../../dist/index.js'
import { agree, freePorts, nodeConfig, seedAt, startNode, stopAll } from '../helpers/cluster'
import { closeMembers } from '../helpers/gossip'
import { refused } from '../helpers/refused'
import { until } from '../helpers/until'

vi.setConfig({ testTimeout: 60_000 })

let warnings: (Error & { code?: string })[] = []
const listen = (warning: Error) => void warnings.push(warning)

beforeEach(() => {
  warnings = []
  process.on('warning', listen)
})

afterEach(async () => {
  process.off('warning', listen)
  await stopAll()
  closeMembers()
})

describe('two clusters with each other as seeds', () => {
  test('of different names never become one, and each node warns once of the other', async () => {
    const ports = await freePorts(4)
    const seeds = ports.map(seedAt)
    // The local machine is one source.
    const gossip = { seedRetryMaxSeconds: 0.3 }
    const start = (index: number) =>
      startNode(
        nodeConfig(`node${index}`, ports[index]!, seeds, {
          clusterName: index < 2 ? 'east' : 'west',
          gossip,
        }),
      )
    const nodes = await Promise.all(ports.map((_, index) => start(index)))
    const [east, west] = [nodes.slice(0, 2), nodes.slice(2)]
    await agree(east)
    await agree(west)
    const strangeCount = ({ membership }: CoordinatorService) => {
      const { network } = nodes.find((node) => node.membership === membership)!.metrics()
      return network!.droppedByReason['other cluster'] ?? 0
    }
    // Each has been asked by both of the others, and more than once.
    await until(
      () => nodes.every((node) => strangeCount(node) >= 4),
      () => nodes.map(strangeCount),
    )
    await agree(east)
    await agree(west)
    const told = warnings.filter(({ code }) => code === 'ERR_HYPERCACHE_STRANGER')
    expect(told).toHaveLength(nodes.length)
    for (const { message } of told) expect(message).toContain('a cluster with another name')
  })
})

describe('a node that hashes in another way', () => {
  test('is refused by the name of the option, and leaves nothing behind', async () => {
    const ports = await freePorts(2)
    const first = await startNode(nodeConfig('a', ports[0]!, []))
    const start = (virtualNodeCount: number) =>
      startNode(nodeConfig('b', ports[1]!, [seedAt(ports[0]!)], { hashRing: { virtualNodeCount } }))
    const message = 'the cluster refuses this node: virtual_node_count is 64; the cluster has 256'
    await expect(start(64)).rejects.toThrow(refused('JOIN_REFUSED', { message }))
    await agree([first])
    // The port is free again.
    await agree([first, await start(256)])
  })
})

describe('a broadcast', () => {
  test('reaches each live node once, and one that restarts hears nothing of before', async () => {
    const ports = await freePorts(4)
    const seeds = ports.map(seedAt)
    const heard = new Map<string, string[]>()
    const start = async (index: number, life: number) => {
      const node = await startNode(nodeConfig(`node${index}`, ports[index]!, seeds))
      const names: string[] = []
      heard.set(`${node.localNodeId} life ${life}`, names)
      node.events.subscribe('broadcast', ({ payload }) => {
        names.push(`${payload.originNodeId} ${payload.name} ${JSON.stringify(payload.data)}`)
      })
      return node
    }
    const nodes = await Promise.all(ports.map((_, index) => start(index, 1)))
    await agree(nodes)
    nodes[0]!.events.broadcast('before', { number: 1 })
    const hasHeard = (key: string, text: string) => heard.get(key)!.includes(text)
    await until(() => [...heard.keys()].every((key) => hasHeard(key, 'node0 before {"number":1}')))
    await nodes[3]!.close()
    nodes[1]!.events.broadcast('while it is away')
    const others = [0, 1, 2].map((index) => `node${index} life 1`)
    await until(() => others.every((key) => hasHeard(key, 'node1 while it is away undefined')))
    nodes[3] = await start(3, 2)
    await agree(nodes)
    nodes[3].events.broadcast('of the newcomer', ['x'])
    nodes[0]!.events.broadcast('after')
    const now = ['node0 life 1', 'node1 life 1', 'node2 life 1', 'node3 life 2']
    await until(
      () => now.every((key) => hasHeard(key, 'node0 after undefined')),
      () => Object.fromEntries(heard),
    )
    await until(() => now.every((key) => hasHeard(key, 'node3 of the newcomer ["x"]')))
    const syncsOf = (node: CoordinatorService) => node.metrics().network!.syncsCompletedCount!
    const syncs = nodes.map(syncsOf)
    await until(() => nodes.every((node, index) => syncsOf(node) > syncs[index]!))
    for (const key of now.slice(0, 3)) {
      expect(heard.get(key)!.toSorted(), key).toEqual([
        'node0 after undefined',
        'node0 before {"number":1}',
        'node1 while it is away undefined',
        'node3 of the newcomer ["x"]',
      ])
    }
    expect(heard.get('node3 life 1')).toEqual(['node0 before {"number":1}'])
    expect(heard.get('node3 life 2')!.toSorted()).toEqual([
      'node0 after undefined',
      'node3 of the newcomer ["x"]',
    ])
  })
})
