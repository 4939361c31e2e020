import { describe, expect, test } from 'vitest'
import { HashRing, RingRouting } from '../../../dist/index.js'
import { refused } from '../../helpers/refused'

const zones = { node1: 'east', node2: 'west', node3: 'east', node4: undefined } as const

function makeRouting(fields: Partial<ConstructorParameters<typeof RingRouting>[0]> = {}) {
  const nodes = Object.entries(zones).map(([id, zone]) => ({ id, zone }))
  const ring = new HashRing({ nodes, replicationFactor: 4 })
  return new RingRouting({ localNodeId: 'node1', ring, isSeeded: false, ...fields })
}

const keys = Array.from({ length: 300 }, (_, index) => `key:${index}`)

describe('a replica selection', () => {
  test('is the owner unless told otherwise', () => {
    const routing = makeRouting()
    for (const key of keys) expect(routing.selectReplica(key)).toBe(routing.routeKey(key))
  })

  test('is the one the provider was made with, unless another is given', () => {
    const routing = makeRouting({ replicaSelection: (replicas) => replicas.at(-1)!.id })
    for (const key of keys) {
      expect(routing.selectReplica(key)).toBe(routing.getReplicas(key).at(-1))
      expect(routing.selectReplica(key, 'first')).toBe(routing.routeKey(key))
    }
  })

  test('by load takes the lowest, then the fewest requests in flight, then the first', () => {
    const routing = makeRouting()
    const { ring } = routing
    for (const id of Object.keys(zones)) ring.updateNodeLoad(id, 0.5)
    for (const key of keys) expect(routing.selectReplica(key, 'leastLoaded')).toBe(routing.routeKey(key))
    ring.acquire('node1')
    ring.acquire('node2')
    for (const key of keys) {
      const wanted = routing.getReplicas(key).find((id) => id === 'node3' || id === 'node4')
      expect(routing.selectReplica(key, 'leastLoaded')).toBe(wanted)
    }
    ring.updateNodeLoad('node2', 0.1)
    for (const key of keys) expect(routing.selectReplica(key, 'leastLoaded')).toBe('node2')
  })

  test('by zone takes the first in the local zone, or else the owner', () => {
    const routing = makeRouting({ zone: 'east' })
    for (const key of keys) {
      const wanted = routing.getReplicas(key).find((id) => id === 'node1' || id === 'node3')
      expect(routing.selectReplica(key, 'sameZoneFirst')).toBe(wanted)
    }
    const elsewhere = makeRouting({ zone: 'north' })
    // A node without a zone is in no zone: it must not match a local node without one.
    const nowhere = makeRouting()
    for (const key of keys) {
      expect(elsewhere.selectReplica(key, 'sameZoneFirst')).toBe(elsewhere.routeKey(key))
      expect(nowhere.selectReplica(key, 'sameZoneFirst')).toBe(nowhere.routeKey(key))
    }
  })

  test('at random takes every replica about equally often', () => {
    const routing = makeRouting()
    const counts = new Map<string, number>()
    for (let round = 0; round < 20; round += 1) {
      for (const key of keys) {
        const id = routing.selectReplica(key, 'random')
        counts.set(id, (counts.get(id) ?? 0) + 1)
      }
    }
    // 6,000 choices among 4: twelve standard deviations to either side.
    for (const id of Object.keys(zones)) expect(Math.abs(counts.get(id)! - 1_500)).toBeLessThan(400)
  })

  test('of the user gets the replicas in order, and where it is asked from', () => {
    const routing = makeRouting({ zone: 'east' })
    routing.selectReplica('key', (replicas, context) => {
      expect(replicas.map(({ id }) => id)).toEqual(routing.getReplicas('key'))
      expect(context).toEqual({ localNodeId: 'node1', localZone: 'east' })
      return replicas[0]!.id
    })
  })

  test('that fails, or that does not exist, is an error that says so', () => {
    const routing = makeRouting()
    const cause = new Error('why')
    const throwing = () => {
      throw cause
    }
    expect(() => routing.selectReplica('key', throwing)).toThrow(refused('SELECTION_FAILED', { cause }))
    expect(() => routing.selectReplica('key', () => 'nobody')).toThrow(refused('SELECTION_FAILED'))
    expect(() => routing.selectReplica('key', (() => undefined) as never)).toThrow(
      refused('SELECTION_FAILED'),
    )
    for (const name of ['nearest', 'toString', '', 7, null]) {
      expect(() => routing.selectReplica('key', name as never)).toThrow(refused('UNKNOWN_SELECTION'))
    }
  })
})
