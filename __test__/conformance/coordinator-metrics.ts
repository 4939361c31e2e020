/** The rules of coordinators about the heartbeat and about metrics. */

import { expect } from 'vitest'

import type { CoordinatorUnderTest } from './coordinator'
import { type Rule, rule } from './rules'

const intervalMs = ({ coordinator }: CoordinatorUnderTest) =>
  coordinator.config.cluster.heartbeatIntervalSeconds * 1000

/** The rules about the heartbeat and about metrics. */
export const metricsRules: readonly Rule<CoordinatorUnderTest>[] = [
  rule('beats once each interval, while it is started', async (made) => {
    const { coordinator } = made
    const beats = () => coordinator.metrics().heartbeatCount
    await made.advance(intervalMs(made) * 3)
    expect(beats()).toBe(0)
    expect(coordinator.metrics().lastHeartbeatAtMs).toBeUndefined()
    await coordinator.start()
    await made.advance(intervalMs(made) * 5)
    expect(beats()).toBe(5)
    await coordinator.stop()
    await made.advance(intervalMs(made) * 5)
    expect(beats()).toBe(5)
  }),
  rule('beats with one timer after a stop and a start within one interval', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    for (let round = 0; round < 3; round += 1) {
      await made.advance(intervalMs(made) / 4)
      await coordinator.stop()
      await coordinator.start()
    }
    const before = coordinator.metrics().heartbeatCount
    await made.advance(intervalMs(made) * 4)
    expect(coordinator.metrics().heartbeatCount).toBe(before + 4)
  }),
  rule('is well right after a late start', async (made) => {
    await made.advance(intervalMs(made) * 100)
    await made.coordinator.start()
    expect(await made.coordinator.health()).toMatchObject({ isReady: true })
  }),
  rule('tells how long it has been up, and of its parts', async (made) => {
    const { coordinator } = made
    expect(coordinator.metrics()).toMatchObject({ state: 'idle', uptimeMs: 0, heartbeatCount: 0 })
    await coordinator.start()
    await made.advance(intervalMs(made))
    const metrics = coordinator.metrics()
    expect(metrics).toMatchObject({
      nodeId: coordinator.localNodeId,
      clusterName: coordinator.config.cluster.clusterName,
      state: 'ready',
      uptimeMs: intervalMs(made),
      health: { isReady: true },
    })
    await coordinator.stop()
    expect(coordinator.metrics()).toMatchObject({ state: 'stopped', uptimeMs: 0 })
  }),
  rule('tells when it beat last', async (made) => {
    const { coordinator } = made
    const lastMs = () => coordinator.metrics().lastHeartbeatAtMs
    await coordinator.start()
    await made.advance(intervalMs(made) * 2)
    const beatMs = made.nowMs()
    expect(lastMs()).toBe(beatMs)
    await made.advance(intervalMs(made) / 2)
    expect(lastMs()).toBe(beatMs)
    await coordinator.stop()
    await made.advance(intervalMs(made) * 2)
    expect(lastMs()).toBe(beatMs)
  }),
  rule('tells of its parts what they tell of themselves', async (made) => {
    const { coordinator } = made
    const { routing, membership, events } = coordinator
    const compare = () => {
      const metrics = coordinator.metrics()
      expect(metrics.ring).toEqual(routing.ring.getMetrics())
      expect(routing.metrics()).toEqual(routing.ring.getMetrics())
      expect(metrics.membership).toEqual(membership.metrics())
      expect(metrics.events).toEqual(events.metrics())
    }
    compare()
    await coordinator.start()
    await made.settle()
    routing.ring.addNode('second')
    membership.updateMetadata({ rack: 'r7' })
    for (const key of ['a', 'b', 'c']) routing.routeKey(key)
    await made.settle()
    compare()
    await coordinator.stop()
    await made.settle()
    compare()
  }),
  rule('counts the events that were published, and when the last one was', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await made.settle()
    const before = coordinator.metrics().events
    coordinator.events.publish('custom', { name: 'the last one' })
    const publishedMs = made.nowMs()
    await made.advance(intervalMs(made) / 2)
    const { publishedCount, publishedByType, lastEventAtMs } = coordinator.metrics().events
    expect(publishedCount).toBe(before.publishedCount + 1)
    expect(publishedByType).toEqual({ ...before.publishedByType, custom: before.publishedByType.custom + 1 })
    expect(lastEventAtMs).toBe(publishedMs)
  }),
]
