import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ClusterEvent, SimpleCoordinator, startCluster } from '../../../dist/index.js'
import { coordinatorConformance } from '../../conformance/coordinator'
import { makeSimpleCoordinator } from '../../helpers/coordinator'
import { refused } from '../../helpers/refused'

describe('SimpleCoordinator keeps the contract', () => {
  coordinatorConformance(() => makeSimpleCoordinator())
})

describe('SimpleCoordinator with a hash function of its own and a second zone keeps the contract', () => {
  const hashFunction = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest().readBigUInt64BE()
  coordinatorConformance(() =>
    makeSimpleCoordinator(
      { cluster: { zone: 'east', hashRing: { virtualNodeCount: 64 } } },
      { hashFunction, replicaSelection: 'sameZoneFirst' },
    ),
  )
})

describe('SimpleCoordinator with a hash seed keeps the contract', () => {
  coordinatorConformance(() => makeSimpleCoordinator({ cluster: { hashRing: { hashSeed: 7n } } }))
})

describe('SimpleCoordinator', () => {
  test('makes the ring and the member that its configuration describes (Z-38)', async () => {
    const hashRing = {
      virtualNodeCount: 100,
      replicationFactor: 2,
      hashFunction: 'sha256',
      zoneAware: true,
    } as const
    const node = { weight: 2, zone: 'east', capabilities: ['read'], metadata: { rack: 'r7' } }
    const { coordinator } = makeSimpleCoordinator({
      cluster: { nodeId: 'node1', advertiseAddress: '10.0.0.5', advertisePort: 7000, ...node, hashRing },
    })
    await coordinator.start()
    const { ring } = coordinator.routing
    expect(ring.node('node1')).toMatchObject({ ...node, pointCount: 200, address: '10.0.0.5:7000' })
    expect(coordinator.membership.member('node1')).toMatchObject({ ...node, address: '10.0.0.5', port: 7000 })
    ring.addNodes(['node2', 'node3'])
    expect(coordinator.routing.getReplicas('key')).toHaveLength(2)
    expect(String(Reflect.get(ring, Symbol.for('nodejs.util.inspect.custom')).call(ring))).toContain('sha256')
    await coordinator.close()
  })

  test('takes an IPv6 address into brackets', async () => {
    const { coordinator } = makeSimpleCoordinator({ cluster: { nodeId: 'node1', advertiseAddress: '::1' } })
    await coordinator.start()
    expect(coordinator.routing.ring.node('node1')!.address).toBe('[::1]:7946')
    await coordinator.close()
  })

  test('has the ring follow a member that changed, at its new address (Z-40)', async () => {
    const { coordinator } = makeSimpleCoordinator({ cluster: { nodeId: 'node1' } })
    await coordinator.start()
    const member = coordinator.membership.member('node1')!
    const moved = { ...member, address: '10.0.0.9', zone: 'west', weight: 3, status: 'suspected' } as const
    const change = { type: 'updated', timestampMs: 0, version: 2, previous: member } as const
    coordinator.routing.follow([{ ...change, member: moved }])
    expect(coordinator.routing.ring.node('node1')).toMatchObject({
      address: '10.0.0.9:7946',
      zone: 'west',
      weight: 3,
      status: 'suspected',
    })
    coordinator.routing.follow([{ ...change, member }])
    expect(coordinator.routing.ring.node('node1')!.zone).toBeUndefined()
    await coordinator.close()
  })

  test('tells of seeded placements', () => {
    const seeded = (config: object, options = {}) =>
      makeSimpleCoordinator(config, options).coordinator.routing.isSeeded
    expect(seeded({})).toBe(false)
    expect(seeded({ cluster: { hashRing: { hashSeed: 7n } } })).toBe(true)
    expect(seeded({}, { hashFunction: () => 0n })).toBe(true)
  })

  test('is stuck when beats are missing, and well when they come again', async () => {
    const { coordinator, clock, advance } = makeSimpleCoordinator({
      cluster: { heartbeatIntervalSeconds: 1 },
    })
    await coordinator.start()
    const heartbeat = async () => (await coordinator.health()).checks.find(({ name }) => name === 'heartbeat')
    await advance(1_000)
    const elapsedMs = clock.elapsedMs.bind(clock)
    clock.elapsedMs = () => elapsedMs() + 3_500
    expect(await heartbeat()).toMatchObject({ isPassing: false, detail: expect.stringContaining('3500 ms') })
    clock.elapsedMs = elapsedMs
    expect(await heartbeat()).toMatchObject({ isPassing: true })
    await coordinator.close()
  })

  test('takes a wall clock that jumps for no trouble', async () => {
    const { coordinator, clock, advance } = makeSimpleCoordinator()
    await coordinator.start()
    clock.jump(-86_400_000)
    await advance(5_000)
    expect(await coordinator.health()).toMatchObject({ isReady: true })
    expect(coordinator.metrics().uptimeMs).toBe(5_000)
    await coordinator.close()
  })

  test('is not ready while no node may answer', async () => {
    const { coordinator } = makeSimpleCoordinator({ cluster: { nodeId: 'node1' } })
    await coordinator.start()
    coordinator.routing.ring.setNodeStatus('node1', 'dead')
    const { isReady, reasons } = await coordinator.health()
    expect({ isReady, reasons }).toEqual({ isReady: false, reasons: ['routing: no node may answer'] })
    await coordinator.close()
  })

  test('answers health while a start or a stop is under way (Z-57)', async () => {
    const { coordinator } = makeSimpleCoordinator()
    const started = coordinator.start()
    expect((await coordinator.health()).isReady).toBe(false)
    await started
    await coordinator.close()
  })

  test('starts again after a start that failed, with nothing left behind', async () => {
    const { coordinator, clock } = makeSimpleCoordinator()
    const join = coordinator.membership.join.bind(coordinator.membership)
    coordinator.membership.join = () => Promise.reject(new Error('nobody answers'))
    await expect(coordinator.start()).rejects.toThrow('nobody answers')
    expect(coordinator.state).toBe('stopped')
    expect(coordinator.membership.members()).toEqual([])
    expect(clock.timerCount).toBe(0)
    coordinator.membership.join = join
    await coordinator.start()
    expect(coordinator.state).toBe('ready')
    await coordinator.close()
    expect(clock.timerCount).toBe(0)
  })

  test('stops and closes although its user has closed the bus or the ring', async () => {
    for (const part of ['events', 'ring'] as const) {
      const { coordinator } = makeSimpleCoordinator()
      await coordinator.start()
      if (part === 'events') coordinator.events.close()
      else coordinator.routing.ring.close()
      await coordinator.stop()
      expect(coordinator.state).toBe('stopped')
      await coordinator.close()
      expect(coordinator.events.isClosed).toBe(true)
      expect(coordinator.membership.members()).toEqual([])
    }
  })

  test('is one stop, whoever asks for it in the middle of it', async () => {
    const { coordinator } = makeSimpleCoordinator()
    await coordinator.start()
    const states: string[] = []
    const inner: Promise<unknown>[] = []
    const note = (stopped: Promise<void>) => inner.push(stopped.then(() => states.push(coordinator.state)))
    coordinator.events.once('coordinator:stopping', () => void note(coordinator.stop()))
    coordinator.onDrain(() => void note(coordinator.close()))
    let open = () => undefined as void
    coordinator.onDrain(() => new Promise<void>((resolve) => (open = resolve)))
    const outer = coordinator.stop()
    await new Promise((resolve) => setImmediate(resolve))
    note(coordinator.stop())
    await new Promise((resolve) => setImmediate(resolve))
    expect(states).toEqual([])
    expect(coordinator.routing.routeKey('key')).toBe(coordinator.localNodeId)
    open()
    await outer
    await Promise.all(inner)
    expect(states).toEqual(['stopped', 'stopped', 'stopped'])
  })

  test('lets what drains finish when it is closed without having been started', async () => {
    const { coordinator } = makeSimpleCoordinator()
    let drainCount = 0
    coordinator.onDrain(() => void (drainCount += 1))
    await coordinator.close()
    expect(drainCount).toBe(1)
    const { coordinator: other } = makeSimpleCoordinator()
    other.onDrain(() => void (drainCount += 1))
    await other.start()
    await other.stop()
    await other.close()
    expect(drainCount).toBe(2)
  })

  test('refuses options that do not exist', () => {
    const make = (options: object) => () => new SimpleCoordinator({}, options)
    expect(make({ clocks: 1 })).toThrow(refused('UNKNOWN_FIELD'))
    expect(make({ replicaSelection: 'nearest' })).toThrow(refused('UNKNOWN_SELECTION'))
  })

  test('names the largest 256 transfers of a plan that has more', async () => {
    const { coordinator } = makeSimpleCoordinator({ cluster: { nodeId: 'node1' } })
    await coordinator.start()
    coordinator.routing.ring.addNodes(Array.from({ length: 300 }, (_, index) => `other${index}`))
    const planned = coordinator.events.once('rebalance:planned')
    const plan = coordinator.planRebalance({ add: Array.from({ length: 10 }, (_, index) => `new${index}`) })
    const { payload } = await planned
    expect(plan.transfers.length).toBeGreaterThan(256)
    expect(payload.transferCount).toBe(plan.transfers.length)
    expect(payload.transfers).toHaveLength(256)
    const arcs = plan.transfers.map(({ arc }) => arc).sort((a, b) => (a < b ? 1 : -1))
    expect(payload.transfers.every(({ arc }: { arc: bigint }) => arc >= arcs[255]!)).toBe(true)
    await coordinator.close()
  })
})

describe('startCluster', () => {
  test('gives a coordinator that is ready', async () => {
    const coordinator = await startCluster({ cluster: { nodeId: 'node1' } })
    expect(coordinator.state).toBe('ready')
    expect(coordinator.routing.routeKey('key')).toBe('node1')
    await coordinator.close()
  })

  test('needs no configuration', async () => {
    await using coordinator = await startCluster()
    expect(coordinator.routing.isLocal('key')).toBe(true)
  })

  test('refuses a configuration with everything that is wrong with it', async () => {
    const start = startCluster({ cluster: { nodeId: '', bindPort: -1 } })
    await expect(start).rejects.toEqual(refused('CONFIG_INVALID'))
    await expect(start).rejects.toMatchObject({ problems: { length: 2 } })
  })

  test('keeps events of before and after a restart in one log', async () => {
    const coordinator = await startCluster({ cluster: { nodeId: 'node1' } })
    await coordinator.stop()
    await coordinator.start()
    const sequences = coordinator.events.log().map(({ sequence }: ClusterEvent) => sequence)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    await coordinator.close()
  })
})
