import { describe, expect, test } from 'vitest'
import { type ClusterEvent, DistributedCoordinator, type RingChange } from '../../../dist/index.js'
import { coordinatorConformance } from '../../conformance/coordinator'
import { latch, warningsOf } from '../../conformance/rules'
import { makeDistributedCoordinator } from '../../helpers/coordinator'
import { ManualClock } from '../../helpers/manual-clock'
import { refused } from '../../helpers/refused'
import { ScriptedMembership } from '../../helpers/scripted-membership'

describe('DistributedCoordinator keeps the contract', () => {
  coordinatorConformance(() => makeDistributedCoordinator())
})

/** A coordinator that is ready, what it publishes, and the others. */
async function ready(options = {}) {
  const made = makeDistributedCoordinator({}, options)
  await made.coordinator.start()
  await made.settle()
  const events: ClusterEvent[] = []
  made.coordinator.events.subscribe((event) => void events.push(event))
  const eventsOf = (type: string) => events.filter((event) => event.type === type)
  return { ...made, events, eventsOf, ring: made.coordinator.routing.ring, others: made.membership.others }
}

describe('the ring of a node in a cluster', () => {
  test('changes once where a whole cluster is joined, before any member is told of', async () => {
    const { coordinator, membership, ring, others, settle, eventsOf } = await ready()
    const onRing: number[] = []
    coordinator.events.subscribe('member:joined', () => void onRing.push(ring.nodeCount))
    const { version } = ring
    await others.joinTogether(Array.from({ length: 20 }, (_, at) => ({ id: `other${at}` })))
    await settle()
    expect(ring.version).toBe(version + 1)
    expect(onRing).toEqual(Array.from({ length: 20 }, () => 21))
    expect(eventsOf('member:joined')).toHaveLength(20)
    expect(eventsOf('ring:changed').map(({ payload }) => (payload as RingChange).version)).toEqual([
      version + 1,
    ])
    expect(ring.nodeCount).toBe(membership.members().length)
    await coordinator.close()
  })

  test('begins with the members that are there when it is made (Z-39)', async () => {
    const clock = new ManualClock()
    const membership = new ScriptedMembership(clock, 'node1')
    await membership.join([])
    await membership.others.join({ id: 'early' })
    const coordinator = new DistributedCoordinator({ cluster: { nodeId: 'node1' } }, membership, { clock })
    const ids = () => coordinator.routing.ring.nodes().map(({ id }) => id)
    expect(ids()).toEqual(['early', 'node1'])
    await membership.others.join({ id: 'late' })
    expect(ids()).toEqual(['early', 'late', 'node1'])
    await coordinator.close()
  })

  test('has every member of a join that is under way (Z-39)', async () => {
    const { coordinator, membership } = makeDistributedCoordinator()
    const join = membership.join.bind(membership)
    membership.join = async (seeds) => {
      await join(seeds)
      await membership.others.joinTogether([{ id: 'a' }, { id: 'b' }])
    }
    await coordinator.start()
    expect(coordinator.routing.ring.nodes().map(({ id }) => id)).toEqual(['a', 'b', 'node1'])
    await coordinator.close()
  })

  test('keeps who is dead, and drops who is reaped', async () => {
    const { coordinator, ring, others, eventsOf } = await ready()
    await others.join({ id: 'other' })
    await others.fail('other')
    expect(ring.node('other')).toMatchObject({ status: 'dead' })
    await others.reap('other')
    expect(ring.hasNode('other')).toBe(false)
    expect(eventsOf('member:reaped')).toMatchObject([
      { payload: { member: { id: 'other', status: 'dead' } } },
    ])
    expect(coordinator.metrics().membership.reapedCount).toBe(1)
    await coordinator.close()
  })

  test('that cannot take a member tells of it all the same, and keeps the others', async () => {
    const { coordinator, ring, others, eventsOf } = await ready()
    const codes = await warningsOf(async () => {
      await others.joinTogether([{ id: 'a' }, { id: 'heavy', weight: 1e9 }, { id: 'b' }])
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_TOO_MANY_POINTS'])
    expect(ring.nodes().map(({ id }) => id)).toEqual(['a', 'b', 'node1'])
    expect(eventsOf('member:joined')).toHaveLength(3)
    await coordinator.close()
  })
})

describe('broadcasts', () => {
  test('go out by the membership, and come here once', async () => {
    const { coordinator, membership, eventsOf } = await ready()
    const { payload } = coordinator.events.broadcast('deploy', { version: '1.2' })
    expect(payload).toMatchObject({ originNodeId: 'node1', name: 'deploy', data: { version: '1.2' } })
    const lamportTime = payload.originLamportTime
    expect(membership.sent).toEqual([{ name: 'deploy', data: '{"version":"1.2"}', lamportTime }])
    expect(eventsOf('broadcast')).toHaveLength(1)
    await coordinator.close()
  })

  test('of others are events here, after what was seen before them', async () => {
    const { coordinator, membership, eventsOf } = await ready()
    membership.receive({ originNodeId: 'other', name: 'deploy', data: '[1]', lamportTime: 1_000 })
    expect(eventsOf('broadcast')).toMatchObject([
      { payload: { originNodeId: 'other', originLamportTime: 1_000, name: 'deploy', data: [1] } },
    ])
    expect(eventsOf('broadcast')[0]!.lamportTime).toBeGreaterThan(1_000)
    expect(coordinator.clock.now()).toBeGreaterThan(1_000)
    await coordinator.close()
  })

  test('that are broken are dropped with a warning', async () => {
    const { coordinator, membership, eventsOf } = await ready()
    const codes = await warningsOf(() => {
      membership.receive({ originNodeId: 'other', name: 'deploy', data: '{', lamportTime: 1 })
      membership.receive({ originNodeId: 'other', name: 'deploy', data: '', lamportTime: 2 ** 53 - 1 })
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_INVALID_EVENT', 'ERR_HYPERCACHE_INVALID_EVENT'])
    expect(eventsOf('broadcast')).toEqual([])
    coordinator.events.publish('custom', { name: 'goes on' })
    await coordinator.close()
  })

  test('are refused where the node takes no part, and told to nobody', async () => {
    const { coordinator, membership } = makeDistributedCoordinator()
    expect(() => coordinator.events.broadcast('deploy')).toThrow(refused('NOT_JOINED'))
    expect([membership.sent, coordinator.events.log()]).toEqual([[], []])
    await coordinator.close()
    membership.receive({ originNodeId: 'other', name: 'late', data: '', lamportTime: 1 })
  })
})

describe('the end', () => {
  test('is a leave, which the others learn of (Z-53)', async () => {
    const { coordinator, others, eventsOf } = await ready()
    await others.join({ id: 'other' })
    await coordinator.stop()
    expect(eventsOf('member:left')).toHaveLength(2)
    expect(coordinator.membership.members()).toEqual([])
    expect(coordinator.routing.ring.nodeCount).toBe(0)
  })

  test('comes although the leave fails', async () => {
    const { coordinator, membership, clock, eventsOf } = await ready()
    membership.leave = () => Promise.reject(new Error('no route to host'))
    const codes = await warningsOf(() => coordinator.stop())
    expect(codes).toEqual(['ERR_HYPERCACHE_LEAVE_FAILED'])
    expect(coordinator.state).toBe('stopped')
    expect(eventsOf('coordinator:stopped')).toHaveLength(1)
    await coordinator.close()
    expect(clock.timerCount).toBe(0)
  })

  test('comes although the leave hangs, and no start before that has ended', async () => {
    const { coordinator, membership, clock, advance, settle } = await ready({ leaveTimeoutMs: 2_000 })
    const { opened, open } = latch()
    const leave = membership.leave.bind(membership)
    membership.leave = () => opened.then(leave)
    const codes = await warningsOf(async () => {
      const stopped = coordinator.stop()
      await settle()
      await advance(1_999)
      expect(coordinator.state).toBe('draining')
      await advance(1)
      await stopped
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_LEAVE_FAILED'])
    expect(coordinator.state).toBe('stopped')
    await expect(coordinator.start()).rejects.toThrow(refused('LEAVE_FAILED'))
    expect(coordinator.state).toBe('stopped')
    open()
    await settle()
    await coordinator.start()
    expect(coordinator.state).toBe('ready')
    membership.leave = leave
    await coordinator.close()
    expect(clock.timerCount).toBe(0)
  })
})

describe('health of a node in a cluster', () => {
  test('answers while the join is under way (Z-57)', async () => {
    const { coordinator, membership } = makeDistributedCoordinator()
    const { opened, open } = latch()
    const join = membership.join.bind(membership)
    membership.join = (seeds) => opened.then(() => join(seeds))
    const started = coordinator.start()
    membership.problemList = ['no seed answers: 10.0.0.1:7946', 'a key that others do not have']
    const { isReady, reasons } = await coordinator.health()
    expect(isReady).toBe(false)
    expect(reasons).toContain('network: no seed answers: 10.0.0.1:7946; a key that others do not have')
    expect(coordinator.metrics().state).toBe('starting')
    membership.problemList = []
    open()
    await started
    expect(await coordinator.health()).toMatchObject({ isReady: true })
    await coordinator.close()
  })
})

test('a membership of another node, and options out of bounds, are refused', () => {
  const membership = new ScriptedMembership(new ManualClock(), 'other')
  const make = (options = {}, nodeId = 'other') =>
    new DistributedCoordinator({ cluster: { nodeId } }, membership, options)
  expect(() => make({}, 'node1')).toThrow(refused('INVALID_TEXT'))
  expect(() => make({ divergenceMs: 0 })).toThrow(refused('OUT_OF_RANGE'))
  expect(() => make({ leaveTimeoutMs: 600_001 })).toThrow(refused('OUT_OF_RANGE'))
  expect(() => make({ seeds: [] })).toThrow(refused('UNKNOWN_FIELD'))
})
