/** The conformance suite of coordinators. See `docs/providers.md`. */

import { expect } from 'vitest'

import type { ClusterEvent, CoordinatorService } from '../../dist/index.js'
import { drainRules, healthRules } from './coordinator-health'
import { metricsRules } from './coordinator-metrics'
import { routingRules } from './coordinator-routing'
import { type Closable, type Rule, latch, refusalCode, registerRules, rule } from './rules'

/** A coordinator, and how to drive it. */
export interface CoordinatorUnderTest extends Closable {
  /** New, and idle. Its heartbeat has the interval of its configuration. */
  coordinator: CoordinatorService
  /** Lets time pass by the coordinator's clock, and what becomes due happen. */
  advance: (ms: number) => Promise<void>
  /** The time by the coordinator's clock. */
  nowMs: () => number
  /**
   * Whether `routing.isSeeded` has to be true: say so where it was given a hash function of the user's own.
   * @defaultValue whether its configuration has a hash seed
   */
  isSeeded?: boolean
  /** Resolves when everything that is under way has been told. */
  settle: () => void | Promise<void>
}

/** The events that a coordinator publishes. */
export function eventsOf({ coordinator }: CoordinatorUnderTest): ClusterEvent[] {
  const events: ClusterEvent[] = []
  coordinator.events.subscribe((event) => void events.push(event))
  return events
}

const intervalMs = ({ coordinator }: CoordinatorUnderTest) =>
  coordinator.config.cluster.heartbeatIntervalSeconds * 1000

/** Stops that nobody waits for, and the states in which they resolve. */
function countedStops({ coordinator }: CoordinatorUnderTest) {
  const states: string[] = []
  const stops: Promise<unknown>[] = []
  const stop = () => void stops.push(coordinator.stop().then(() => states.push(coordinator.state)))
  return { states, stop, allStopped: () => Promise.all(stops) }
}

const lifecycleRules: Rule<CoordinatorUnderTest>[] = [
  rule('is idle at first, and knows its node', async ({ coordinator }) => {
    expect(coordinator.state).toBe('idle')
    expect(coordinator.localNodeId).toBe(coordinator.config.cluster.nodeId)
    expect(coordinator.membership.localNodeId).toBe(coordinator.localNodeId)
    expect(coordinator.routing.localNodeId).toBe(coordinator.localNodeId)
    expect(coordinator.membership.members()).toEqual([])
    expect((await coordinator.health()).isReady).toBe(false)
  }),
  rule('is ready, a member, and on the ring when start resolves', async ({ coordinator }) => {
    const started = coordinator.start()
    expect(coordinator.state).toBe('starting')
    await started
    expect(coordinator.state).toBe('ready')
    expect(coordinator.membership.member(coordinator.localNodeId)).toMatchObject({ status: 'alive' })
    expect(coordinator.routing.ring.hasNode(coordinator.localNodeId)).toBe(true)
    expect(await coordinator.health()).toMatchObject({ isReady: true, reasons: [] })
  }),
  rule('refuses to start unless idle or stopped, and goes on as it was', async (made) => {
    const { coordinator } = made
    const refusedStart = () => refusalCode(() => coordinator.start())
    const started = coordinator.start()
    expect(await refusedStart()).toBe('ERR_HYPERCACHE_ILLEGAL_STATE')
    await started
    expect(await refusedStart()).toBe('ERR_HYPERCACHE_ILLEGAL_STATE')
    expect(coordinator.state).toBe('ready')
    let whileDraining: unknown
    coordinator.onDrain(async () => {
      whileDraining = await refusedStart()
    })
    await coordinator.stop()
    expect(whileDraining).toBe('ERR_HYPERCACHE_ILLEGAL_STATE')
    expect(coordinator.state).toBe('stopped')
  }),
  rule('is stopped, no member, and off the ring when stop resolves', async ({ coordinator }) => {
    await coordinator.start()
    const stopped = coordinator.stop()
    expect(coordinator.state).toBe('draining')
    await stopped
    expect(coordinator.state).toBe('stopped')
    expect(coordinator.membership.members()).toEqual([])
    expect(coordinator.routing.ring.hasNode(coordinator.localNodeId)).toBe(false)
  }),
  rule('takes any number of stops as one', async (made) => {
    const { coordinator } = made
    await coordinator.stop()
    expect(coordinator.state).toBe('idle')
    await coordinator.start()
    const events = eventsOf(made)
    await Promise.all([coordinator.stop(), coordinator.stop(), coordinator.stop()])
    await coordinator.stop()
    await made.settle()
    expect(coordinator.state).toBe('stopped')
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type === 'coordinator:stopping')).toHaveLength(1)
    expect(types.filter((type) => type === 'coordinator:stopped')).toHaveLength(1)
  }),
  rule('resolves no stop before it is stopped, nor one that a drain makes', async (made) => {
    const { coordinator } = made
    const { states, stop, allStopped } = countedStops(made)
    await coordinator.start()
    const drained = latch()
    coordinator.onDrain(() => {
      stop()
      return drained.opened
    })
    stop()
    stop()
    await made.settle()
    stop()
    await made.settle()
    expect(states).toEqual([])
    drained.open()
    await allStopped()
    expect(states).toEqual(['stopped', 'stopped', 'stopped', 'stopped'])
  }),
  rule('resolves no stop before it is stopped that a listener to the stop makes', async (made) => {
    const { coordinator } = made
    const { states, stop, allStopped } = countedStops(made)
    await coordinator.start()
    const drained = latch()
    coordinator.onDrain(() => drained.opened)
    coordinator.events.subscribe('coordinator:stopping', stop)
    stop()
    await made.settle()
    expect(states).toEqual([])
    drained.open()
    await allStopped()
    expect(states).toEqual(['stopped', 'stopped'])
  }),
  rule('waits for a start that is under way before it stops', async ({ coordinator }) => {
    const started = coordinator.start()
    await coordinator.stop()
    await started
    expect(coordinator.state).toBe('stopped')
    expect(coordinator.membership.members()).toEqual([])
  }),
  rule('starts again after a stop, with the same parts', async ({ coordinator }) => {
    const { membership, routing, events, clock } = coordinator
    await coordinator.start()
    await coordinator.stop()
    await coordinator.start()
    expect(coordinator.state).toBe('ready')
    expect(coordinator.routing.ring.hasNode(coordinator.localNodeId)).toBe(true)
    expect(coordinator.membership).toBe(membership)
    expect(coordinator.routing).toBe(routing)
    expect(coordinator.events).toBe(events)
    expect(coordinator.clock).toBe(clock)
  }),
  rule('closes for good', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    const events = eventsOf(made)
    await Promise.all([coordinator.close(), coordinator.close()])
    await coordinator[Symbol.asyncDispose]()
    expect(coordinator.state).toBe('stopped')
    expect(events.map(({ type }) => type)).toContain('coordinator:stopped')
    const told = events.length
    await made.settle()
    expect(await refusalCode(() => coordinator.start())).toBe('ERR_HYPERCACHE_COORDINATOR_CLOSED')
    expect(coordinator.events.isClosed).toBe(true)
    await coordinator.stop()
    await made.advance(intervalMs(made) * 10)
    expect(events).toHaveLength(told)
  }),
  rule('is closed for good by the end of a block too', async ({ coordinator }) => {
    await coordinator.start()
    await coordinator[Symbol.asyncDispose]()
    expect(coordinator.state).toBe('stopped')
    expect(await refusalCode(() => coordinator.start())).toBe('ERR_HYPERCACHE_COORDINATOR_CLOSED')
    expect(coordinator.events.isClosed).toBe(true)
    const subscribe = () => coordinator.membership.subscribe(() => undefined)
    expect(await refusalCode(subscribe)).toBe('ERR_HYPERCACHE_MEMBERSHIP_CLOSED')
    const addNode = () => coordinator.routing.ring.addNode('late')
    expect(await refusalCode(addNode)).toBe('ERR_HYPERCACHE_RING_CLOSED')
  }),
  rule('has a configuration that nobody can change', ({ coordinator }) => {
    const { config } = coordinator
    const { cluster } = config
    for (const part of [
      config,
      ...Object.values(config),
      cluster.hashRing,
      cluster.seeds,
      cluster.metadata,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  }),
]

const eventRules: Rule<CoordinatorUnderTest>[] = [
  rule('publishes its start after the join and the change of the ring', async (made) => {
    const events = eventsOf(made)
    await made.coordinator.start()
    await made.settle()
    const types = events.map(({ type }) => type).filter((type) => type !== 'health:changed')
    expect(types).toEqual(['member:joined', 'ring:changed', 'coordinator:started'])
    expect(events.find(({ type }) => type === 'coordinator:started')!.payload).toEqual({
      nodeId: made.coordinator.localNodeId,
    })
  }),
  rule('publishes its stop around the leave', async (made) => {
    await made.coordinator.start()
    await made.settle()
    const events = eventsOf(made)
    await made.coordinator.stop()
    await made.settle()
    const types = events.map(({ type }) => type)
    const wanted = ['coordinator:stopping', 'member:left', 'ring:changed', 'coordinator:stopped'] as const
    expect(types.filter((type) => (wanted as readonly string[]).includes(type))).toEqual(wanted)
  }),
  rule('has the ring follow a member before it tells of it', async ({ coordinator }) => {
    const isOnRing: boolean[] = []
    const { ring } = coordinator.routing
    coordinator.events.subscribe(['member:joined', 'member:left'], ({ payload }) => {
      isOnRing.push(ring.hasNode(payload.member.id))
    })
    await coordinator.start()
    await coordinator.stop()
    expect(isOnRing).toEqual([true, false])
  }),
  rule('publishes what membership tells, once each', async (made) => {
    const events = eventsOf(made)
    const changes: string[] = []
    made.coordinator.membership.subscribe(({ type }) => void changes.push(`member:${type}`))
    await made.coordinator.start()
    made.coordinator.membership.updateMetadata({ rack: 'r7' })
    await made.coordinator.stop()
    await made.settle()
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('member:'))).toEqual(changes)
    expect(changes).toContain('member:updated')
  }),
  rule('has the ring know what a member says of itself', async ({ coordinator }) => {
    await coordinator.start()
    coordinator.membership.updateMetadata({ rack: 'r7' })
    expect(coordinator.routing.ring.node(coordinator.localNodeId)).toMatchObject({ metadata: { rack: 'r7' } })
  }),
  rule('publishes every change of the ring', async (made) => {
    await made.coordinator.start()
    await made.settle()
    const events = eventsOf(made)
    made.coordinator.routing.ring.addNode('by-hand')
    made.coordinator.routing.ring.removeNode('by-hand')
    await made.settle()
    const changed = events.filter((event) => event.type === 'ring:changed')
    const { version } = made.coordinator.routing.ring
    expect(changed.map(({ payload }) => payload.version)).toEqual([version - 1, version])
  }),
  rule('publishes a plan, and changes nothing by it', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await made.settle()
    const events = eventsOf(made)
    const { checksum, version } = coordinator.routing.ring
    const plan = coordinator.planRebalance({ add: ['another'] })
    expect(coordinator.routing.ring.checksum).toBe(checksum)
    await made.settle()
    expect(events.map(({ type }) => type)).toEqual(['rebalance:planned'])
    expect(events[0]!.payload).toEqual({
      version,
      checksumAfter: plan.after.checksum,
      movedArc: plan.movedArc,
      movedShare: plan.movedShare,
      transfers: plan.transfers,
      transferCount: plan.transfers.length,
    })
    plan.apply()
    expect(coordinator.routing.ring.checksum).toBe(plan.after.checksum)
    const refused = await refusalCode(() => coordinator.planRebalance({}))
    expect(refused).toBe('ERR_HYPERCACHE_INVALID_PLAN')
  }),
  rule('has one logical clock, which events carry', async (made) => {
    const { coordinator } = made
    expect(coordinator.clock).toBe(coordinator.clock)
    const before = coordinator.clock.tick()
    expect(coordinator.clock.tick()).toBe(before + 1)
    const events = eventsOf(made)
    await coordinator.start()
    coordinator.clock.observe(1_000_000)
    coordinator.events.publish('custom', { name: 'after what was observed' })
    await made.settle()
    const times = events.map(({ lamportTime }) => lamportTime)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    expect(times[0]).toBeGreaterThan(before + 1)
    expect(events.find(({ type }) => type === 'custom')!.lamportTime).toBeGreaterThan(1_000_000)
    expect(coordinator.clock.now()).toBeGreaterThanOrEqual(times.at(-1)!)
  }),
]

/** The rules of every coordinator. */
export const coordinatorRules: readonly Rule<CoordinatorUnderTest>[] = [
  ...lifecycleRules,
  ...eventRules,
  ...metricsRules,
  ...drainRules,
  ...healthRules,
  ...routingRules,
]

/** Registers a test for each rule that a coordinator has to keep. `make` gives a new one each time. */
export function coordinatorConformance(
  make: () => CoordinatorUnderTest | Promise<CoordinatorUnderTest>,
): void {
  registerRules(coordinatorRules, make)
}
