/** The rules of coordinators about routing. */

import { expect } from 'vitest'

import type { Key } from '../../dist/index.js'
import type { CoordinatorUnderTest } from './coordinator'
import { type Rule, refusalCode, rule } from './rules'

const keys: Key[] = [
  ...Array.from({ length: 200 }, (_, index) => `key:${index}`),
  '',
  new Uint8Array([0, 255]),
]

/** A coordinator that is ready, with two more nodes on its ring. */
async function ready({ coordinator }: CoordinatorUnderTest) {
  await coordinator.start()
  const { routing, localNodeId } = coordinator
  routing.ring.addNodes([
    { id: 'second', zone: 'east' },
    { id: 'third', zone: 'west' },
  ])
  return { routing, ring: routing.ring, localNodeId }
}

/** The rules about routing. */
export const routingRules: readonly Rule<CoordinatorUnderTest>[] = [
  rule('routes nothing before the start and after the stop', async ({ coordinator }) => {
    const route = () => refusalCode(() => coordinator.routing.routeKey('key'))
    expect(await route()).toBe('ERR_HYPERCACHE_NO_ROUTABLE_NODE')
    await coordinator.start()
    expect(typeof coordinator.routing.routeKey('key')).toBe('string')
    await coordinator.stop()
    expect(await route()).toBe('ERR_HYPERCACHE_NO_ROUTABLE_NODE')
  }),
  rule('answers what its ring answers', async (made) => {
    const { routing, ring } = await ready(made)
    for (const key of keys) {
      expect(routing.routeKey(key)).toBe(ring.getNode(key))
      expect(routing.getReplicas(key)).toEqual(ring.getReplicas(key))
      expect(routing.getReplicas(key, 2)).toEqual(ring.getReplicas(key, 2))
    }
    expect(routing.analyzeDistribution(keys)).toEqual(ring.analyzeDistribution(keys))
    expect(routing.metrics().version).toBe(ring.version)
    expect(await refusalCode(() => routing.getReplicas('key', -1))).toBe('ERR_HYPERCACHE_OUT_OF_RANGE')
  }),
  rule('gives away no list that it keeps (Z-6)', async (made) => {
    const { routing, ring } = await ready(made)
    for (const key of keys.slice(0, 20)) {
      for (const count of [undefined, 2]) {
        const replicas = routing.getReplicas(key, count)
        replicas.reverse()
        replicas.push('nobody')
        expect(routing.getReplicas(key, count)).toEqual(ring.getReplicas(key, count))
      }
    }
  }),
  rule('counts the lookups that are made, once each (Z-2)', async (made) => {
    const { routing, ring } = await ready(made)
    const before = ring.getMetrics()
    for (const key of keys) routing.routeKey(key)
    for (const key of keys.slice(0, 30)) routing.getReplicas(key)
    const after = ring.getMetrics()
    expect(after.lookupCount).toBe(before.lookupCount + keys.length)
    expect(after.replicaLookupCount).toBe(before.replicaLookupCount + 30)
    expect(after.batchKeyCount).toBe(before.batchKeyCount)
  }),
  rule('analyzes a distribution beside the counters and the cache of lookups (Z-15)', async (made) => {
    const { routing, ring } = await ready(made)
    const before = ring.getMetrics()
    routing.analyzeDistribution(keys)
    expect(ring.getMetrics()).toEqual(before)
  }),
  rule('is seeded exactly where it was made with a secret', ({ coordinator, isSeeded }) => {
    const hasSeed = coordinator.config.cluster.hashRing.hashSeed !== 0n
    expect(coordinator.routing.isSeeded).toBe(isSeeded ?? hasSeed)
  }),
  rule('is local for the keys that the local node owns, and a replica for those it follows', async (made) => {
    const { routing, ring, localNodeId } = await ready(made)
    const replicationFactor = made.coordinator.config.cluster.hashRing.replicationFactor
    const local = keys.filter((key) => routing.isLocal(key))
    expect(local.length).toBeGreaterThan(0)
    expect(local.length).toBeLessThan(keys.length)
    for (const key of keys) {
      expect(routing.isLocal(key)).toBe(ring.getNode(key) === localNodeId)
      const replicas = ring.getReplicas(key, replicationFactor)
      expect(routing.isReplica(key)).toBe(replicas.includes(localNodeId))
    }
  }),
  rule('gives every key to exactly one node, in order', async (made) => {
    const { routing } = await ready(made)
    const ids = routing.ring.nodes().map(({ id }) => id)
    const parts = ids.map((id) => routing.getKeysForNode(id, keys))
    for (const [index, part] of parts.entries()) {
      expect(part).toEqual(keys.filter((key) => routing.routeKey(key) === ids[index]))
    }
    expect(routing.getKeysForNode('second', [])).toEqual([])
    expect(routing.getKeysForNode('second', new Set(['a', 'b'])).length).toBeLessThanOrEqual(2)
    const unknown = await refusalCode(() => routing.getKeysForNode('nobody', keys))
    expect(unknown).toBe('ERR_HYPERCACHE_UNKNOWN_NODE')
    const oneString = await refusalCode(() => routing.getKeysForNode('second', 'key'))
    expect(oneString).toBe('ERR_HYPERCACHE_INVALID_TYPE')
  }),
  rule('selects among the replicas of a key only, and changes no placement', async (made) => {
    const { routing, ring } = await ready(made)
    const { checksum } = ring
    for (const key of keys) {
      const replicas = ring.getReplicas(key)
      expect(routing.selectReplica(key, 'first')).toBe(replicas[0])
      for (const selection of ['random', 'leastLoaded', 'sameZoneFirst'] as const) {
        expect(replicas).toContain(routing.selectReplica(key, selection))
      }
      expect(routing.selectReplica(key, (nodes) => nodes.at(-1)!.id)).toBe(replicas.at(-1))
    }
    expect(ring.checksum).toBe(checksum)
    const select = (selection: unknown) =>
      refusalCode(() => routing.selectReplica('key', selection as 'first'))
    expect(await select('nearest')).toBe('ERR_HYPERCACHE_UNKNOWN_SELECTION')
    expect(await select(() => 'nobody')).toBe('ERR_HYPERCACHE_SELECTION_FAILED')
    const throwing = () => {
      throw new Error('a selection that throws')
    }
    expect(await select(throwing)).toBe('ERR_HYPERCACHE_SELECTION_FAILED')
  }),
  rule('selects the least loaded of the replicas', async (made) => {
    const { routing, ring, localNodeId } = await ready(made)
    const ids = [localNodeId, 'second', 'third']
    for (const idlest of ids) {
      const loads = new Map(ids.map((id, index) => [id, id === idlest ? 0.1 : 0.5 + index / 10]))
      for (const [id, load] of loads) ring.updateNodeLoad(id, load)
      for (const key of keys) {
        const byLoad = ring.getReplicas(key).sort((a, b) => loads.get(a)! - loads.get(b)!)
        expect(routing.selectReplica(key, 'leastLoaded')).toBe(byLoad[0])
      }
    }
  }),
  rule('selects the first replica in the zone of the local node, or else the owner', async (made) => {
    const { routing, ring } = await ready(made)
    const { zone: localZone } = made.coordinator.config.cluster
    const zone = localZone === undefined ? {} : { zone: localZone }
    ring.addNodes([
      { id: 'near', ...zone },
      { id: 'of no zone' },
      ...['far', 'farther', 'farthest'].map((id) => ({ id, zone: 'another zone' })),
    ])
    for (const key of keys) {
      const replicas = ring.getReplicas(key)
      const near = replicas.find((id) => localZone !== undefined && ring.node(id)!.zone === localZone)
      expect(routing.selectReplica(key, 'sameZoneFirst')).toBe(near ?? replicas[0])
    }
  }),
  rule('selects each of the replicas now and then where it is to be random', async (made) => {
    const { routing, ring } = await ready(made)
    // Of 3 replicas, 200 draws miss one once in 10^35 times.
    const drawn = Array.from({ length: 200 }, () => routing.selectReplica('key', 'random'))
    expect([...new Set(drawn)].sort()).toEqual(ring.getReplicas('key').sort())
  }),
]
