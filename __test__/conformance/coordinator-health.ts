/** The rules of coordinators about health and about draining. */

import { expect } from 'vitest'

import type { CoordinatorUnderTest } from './coordinator'
import { type Rule, latch, refusalCode, rule, settledValue, warningsOf } from './rules'

const checkOf = async ({ coordinator }: CoordinatorUnderTest, name: string) =>
  (await coordinator.health()).checks.find((check) => check.name === name)

/** The rules about `onDrain`. */
export const drainRules: readonly Rule<CoordinatorUnderTest>[] = [
  rule(
    'is not ready from the moment of the stop, and still routes while it drains',
    async ({ coordinator }) => {
      await coordinator.start()
      const seen: unknown[] = []
      coordinator.onDrain(async () => {
        const { isReady, reasons } = await coordinator.health()
        seen.push(coordinator.state, isReady, reasons.length > 0, coordinator.routing.routeKey('key'))
      })
      await coordinator.stop()
      expect(seen.slice(0, 3)).toEqual(['draining', false, true])
      expect(typeof seen[3]).toBe('string')
    },
  ),
  rule('waits for everything that drains, all begun at once', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    const first = latch()
    const second = latch()
    let begunCount = 0
    for (const { opened } of [first, second]) {
      coordinator.onDrain(() => {
        begunCount += 1
        return opened
      })
    }
    const stopped = coordinator.stop()
    await made.settle()
    expect(begunCount).toBe(2)
    first.open()
    await made.settle()
    expect(coordinator.state).toBe('draining')
    expect(coordinator.membership.members()).not.toEqual([])
    second.open()
    await stopped
    expect(coordinator.state).toBe('stopped')
  }),
  rule('stops in spite of a drain that throws or rejects, and warns', async ({ coordinator }) => {
    await coordinator.start()
    const codes = await warningsOf(async () => {
      coordinator.onDrain(() => {
        throw new Error('a drain that throws')
      })
      coordinator.onDrain(() => Promise.reject(new Error('a drain that rejects')))
      await coordinator.stop()
    })
    expect(coordinator.state).toBe('stopped')
    expect(codes).toEqual(['ERR_HYPERCACHE_LISTENER_FAILED', 'ERR_HYPERCACHE_LISTENER_FAILED'])
  }),
  rule('drains each time it stops, and not what was taken back', async ({ coordinator }) => {
    let drainCount = 0
    const drain = () => void (drainCount += 1)
    coordinator.onDrain(drain)
    coordinator.onDrain(drain)()
    coordinator.onDrain(drain).close()
    for (let round = 0; round < 2; round += 1) {
      await coordinator.start()
      await coordinator.stop()
    }
    expect(drainCount).toBe(2)
    expect(await refusalCode(() => coordinator.onDrain(undefined as never))).toBe(
      'ERR_HYPERCACHE_INVALID_TYPE',
    )
  }),
]

/** The rules about checks. */
export const healthRules: readonly Rule<CoordinatorUnderTest>[] = [
  rule('is not ready while a check fails, and names it', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    let isWell = true
    coordinator.registerHealthCheck('store', () => isWell)
    expect(await coordinator.health()).toMatchObject({ isReady: true, reasons: [] })
    isWell = false
    const report = await coordinator.health()
    expect(report.isReady).toBe(false)
    expect(report.reasons.join()).toContain('store')
    expect(report.checks).toContainEqual(expect.objectContaining({ name: 'store', isPassing: false }))
    isWell = true
    expect((await coordinator.health()).isReady).toBe(true)
  }),
  rule('takes a throw, a rejection and false as a failure, and a text as a detail', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    const fail = (message: string) => {
      throw new Error(message)
    }
    coordinator.registerHealthCheck('false', () => Promise.resolve(false))
    coordinator.registerHealthCheck('rejects', () => Promise.reject(new Error('why it rejects')))
    coordinator.registerHealthCheck('text', () => 'all is well')
    coordinator.registerHealthCheck('throws', () => fail('why it throws'))
    coordinator.registerHealthCheck('nothing', () => undefined)
    expect(await checkOf(made, 'false')).toMatchObject({ isPassing: false })
    expect(await checkOf(made, 'rejects')).toMatchObject({ isPassing: false, detail: 'why it rejects' })
    expect(await checkOf(made, 'text')).toMatchObject({ isPassing: true, detail: 'all is well' })
    expect(await checkOf(made, 'throws')).toMatchObject({ isPassing: false, detail: 'why it throws' })
    expect(await checkOf(made, 'nothing')).toMatchObject({ isPassing: true })
    const { checks } = await coordinator.health()
    expect(checks.map(({ name }) => name)).toEqual(checks.map(({ name }) => name).sort())
    for (const check of checks) {
      expect(check.durationMs).toBeGreaterThanOrEqual(0)
      expect(check.checkedAtMs).toBeGreaterThan(0)
    }
  }),
  rule('fails a check that takes too long, tells it so, and has one run of it at a time', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await made.settle()
    let runCount = 0
    let isTold = false
    const late = latch()
    coordinator.registerHealthCheck(
      'slow',
      (signal) => {
        runCount += 1
        signal.addEventListener('abort', () => (isTold = true))
        return late.opened
      },
      { timeoutMs: 50 },
    )
    const report = coordinator.health()
    await made.advance(49)
    expect(isTold).toBe(false)
    await made.advance(1)
    expect((await settledValue(report, made.settle)).checks).toContainEqual(
      expect.objectContaining({ name: 'slow', isPassing: false }),
    )
    expect(isTold).toBe(true)
    expect((await coordinator.health()).isReady).toBe(false)
    expect(runCount).toBe(1)
    late.open()
    await made.settle()
    expect((await coordinator.health()).isReady).toBe(true)
    expect(runCount).toBe(2)
  }),
  rule('gives a check 1,000 ms where nothing else is said', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await made.settle()
    let isTold = false
    const late = latch()
    coordinator.registerHealthCheck('slow', (signal) => {
      signal.addEventListener('abort', () => (isTold = true))
      return late.opened
    })
    const report = coordinator.health()
    await made.advance(999)
    expect(isTold).toBe(false)
    await made.advance(1)
    expect(isTold).toBe(true)
    expect((await settledValue(report, made.settle)).isReady).toBe(false)
    late.open()
  }),
  rule('tells how long a check took, and when it ended', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await made.settle()
    const beganMs = made.nowMs()
    const slow = latch()
    coordinator.registerHealthCheck('quick', () => true)
    coordinator.registerHealthCheck('slow', () => slow.opened)
    const running = coordinator.health()
    await made.settle()
    await made.advance(30)
    slow.open()
    const { checks } = await settledValue(running, made.settle)
    const times = (wanted: string) => {
      const { durationMs, checkedAtMs } = checks.find(({ name }) => name === wanted)!
      return { durationMs, checkedAtMs }
    }
    expect(times('quick')).toEqual({ durationMs: 0, checkedAtMs: beganMs })
    expect(times('slow')).toEqual({ durationMs: 30, checkedAtMs: beganMs + 30 })
    for (const { checkedAtMs } of checks) {
      expect(checkedAtMs).toBeGreaterThanOrEqual(beganMs)
      expect(checkedAtMs).toBeLessThanOrEqual(made.nowMs())
    }
  }),
  rule('freezes its reports', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    coordinator.registerHealthCheck('store', () => false)
    const report = await coordinator.health()
    for (const part of [report, report.reasons, report.checks, ...report.checks]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  }),
  rule('is not ready once it is stopped, nor when it is closed, and says why', async (made) => {
    const { coordinator } = made
    await coordinator.start()
    await coordinator.stop()
    const stopped = await coordinator.health()
    expect(stopped.isReady).toBe(false)
    expect(stopped.reasons).not.toEqual([])
    await coordinator.close()
    const closed = await coordinator.health()
    expect(closed.isReady).toBe(false)
    expect(closed.reasons).not.toEqual([])
  }),
  rule(
    'looks at a check again at each heartbeat, and publishes what changed and nothing else',
    async (made) => {
      const { coordinator } = made
      await coordinator.start()
      let isWell = true
      coordinator.registerHealthCheck('store', () => isWell)
      const intervalMs = coordinator.config.cluster.heartbeatIntervalSeconds * 1000
      await made.advance(intervalMs)
      const reports: boolean[] = []
      coordinator.events.subscribe('health:changed', ({ payload }) => void reports.push(payload.isReady))
      await made.advance(intervalMs * 3)
      expect(reports).toEqual([])
      isWell = false
      await made.advance(intervalMs * 3)
      expect(reports).toEqual([false])
      isWell = true
      await made.advance(intervalMs * 3)
      expect(reports).toEqual([false, true])
      expect(coordinator.metrics().health.isReady).toBe(true)
    },
  ),
  rule('refuses a check with the name of another, and one that is none', async (made) => {
    const { coordinator } = made
    const register = (...args: unknown[]) =>
      refusalCode(() => (coordinator.registerHealthCheck as (...all: unknown[]) => unknown)(...args))
    const check = () => true
    const stop = coordinator.registerHealthCheck('store', check)
    expect(await register('store', check)).toBe('ERR_HYPERCACHE_DUPLICATE_CHECK')
    for (const { name } of (await coordinator.health()).checks) {
      expect(await register(name, check)).toBe('ERR_HYPERCACHE_DUPLICATE_CHECK')
    }
    expect(await register('', check)).toBe('ERR_HYPERCACHE_INVALID_TEXT')
    expect(await register('x'.repeat(256), check)).toBe('ERR_HYPERCACHE_INVALID_TEXT')
    expect(await register(7, check)).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await register('other', 'check')).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await register('other', check, { timeoutMs: 0 })).toBe('ERR_HYPERCACHE_OUT_OF_RANGE')
    expect(await register('other', check, { timeoutMs: 600_001 })).toBe('ERR_HYPERCACHE_OUT_OF_RANGE')
    expect(await register('other', check, { timeout: 5 })).toBe('ERR_HYPERCACHE_UNKNOWN_FIELD')
    stop()
    stop()
    expect(await checkOf(made, 'store')).toBeUndefined()
    coordinator.registerHealthCheck('store', check)
    stop()
    expect(await checkOf(made, 'store')).toBeDefined()
  }),
]
