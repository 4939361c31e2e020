/** What is said of this bus beyond the contract of all buses. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import {
  type ClusterEvent,
  LamportClock,
  SimpleEventBus,
  type SimpleEventBusOptions,
} from '../../../dist/index.js'
import { warningsOf } from '../../conformance/rules'
import { ManualClock, settled } from '../../helpers/manual-clock'
import { refused } from '../../helpers/refused'

const entry = JSON.stringify(join(__dirname, '..', '..', '..', 'dist', 'index.js'))

const publish = (bus: SimpleEventBus, data?: unknown, name = 'test') => bus.publish('custom', { name, data })

describe('a bus', () => {
  test('calls its listeners before publish returns, in the order of their subscription', () => {
    const bus = new SimpleEventBus()
    const heard: string[] = []
    bus.subscribe('custom', () => heard.push('one'))
    bus.subscribe(() => heard.push('all'))
    bus.subscribe('custom', () => heard.push('two'))
    publish(bus)
    expect(heard).toEqual(['one', 'all', 'two'])
  })

  test('takes its times from the clocks it is given', () => {
    const clock = new ManualClock(5_000)
    const lamportClock = new LamportClock()
    const bus = new SimpleEventBus({ clock, lamportClock })
    lamportClock.observe(41)
    clock.jump(7)
    expect(publish(bus)).toMatchObject({ timestampMs: 5_007, lamportTime: 43 })
    expect(lamportClock.now()).toBe(43)
  })

  test('Z-25 has one logical clock: no two events have the same time', () => {
    const bus = new SimpleEventBus()
    expect([publish(bus), publish(bus), publish(bus)].map(({ lamportTime }) => lamportTime)).toEqual([
      1, 2, 3,
    ])
  })

  test('Z-28 a subscription without types gets all, and an empty list of types is refused', () => {
    const bus = new SimpleEventBus()
    const types: string[] = []
    bus.subscribe(({ type }) => types.push(type))
    bus.publish('coordinator:started', { nodeId: 'a' })
    publish(bus)
    expect(types).toEqual(['coordinator:started', 'custom'])
    for (const call of [
      () => bus.subscribe([], () => undefined),
      () => bus.stream([]),
      () => bus.log({ types: [] }),
    ]) {
      expect(call).toThrow(refused('UNKNOWN_EVENT', { message: expect.stringContaining('is empty') }))
    }
  })

  test('Z-51 the time of the last event is that of the last event, however long ago', () => {
    const clock = new ManualClock(1_000)
    const bus = new SimpleEventBus({ clock })
    publish(bus)
    clock.jump(60_000)
    expect(bus.metrics().lastEventAtMs).toBe(1_000)
  })

  test('stays as it was where a logical clock has no time left', () => {
    const lamportClock = new LamportClock()
    lamportClock.observe(Number.MAX_SAFE_INTEGER - 1)
    const bus = new SimpleEventBus({ lamportClock })
    expect(() => publish(bus)).toThrow(refused('OUT_OF_RANGE'))
    expect(bus.metrics().publishedCount).toBe(0)
    expect(bus.log()).toEqual([])
  })

  test('lets go of subscriptions that have ended, however many there were', () => {
    const bus = new SimpleEventBus()
    const { signal } = new AbortController()
    const heard: number[] = []
    for (let at = 0; at < 100_000; at += 1) bus.subscribe('custom', () => heard.push(at), { signal })()
    bus.subscribe('custom', () => heard.push(-1))
    publish(bus)
    expect(heard).toEqual([-1])
    expect(bus.metrics().subscriberCount).toBe(1)
  })

  test('keeps nothing of listeners that are gone', () => {
    const program = `const { SimpleEventBus } = require(${entry})
      const bus = new SimpleEventBus()
      const { signal } = new AbortController()
      const refs = Array.from({ length: 1000 }, () => {
        const listener = () => undefined
        bus.subscribe(listener, { signal })()
        return new WeakRef(listener)
      })
      setImmediate(() => {
        gc()
        console.log(refs.filter((ref) => ref.deref() !== undefined).length < 10, bus.isClosed)
      })`
    const answer = execFileSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8' })
    expect(answer).toBe('true false\n')
  })

  test('keeps those who stay when many go, in their order', () => {
    const bus = new SimpleEventBus()
    const heard: number[] = []
    const stops = Array.from({ length: 1_000 }, (_, at) => bus.subscribe('custom', () => heard.push(at)))
    stops.forEach((stop, at) => (at % 10 === 3 ? undefined : stop()))
    publish(bus)
    expect(heard).toEqual(Array.from({ length: 100 }, (_, at) => at * 10 + 3))
  })

  test('closes in the middle of what listeners publish', async () => {
    const bus = new SimpleEventBus()
    const heard: number[] = []
    bus.subscribe('custom', ({ sequence }) => {
      heard.push(sequence)
      for (let at = 0; at < 2_000 && sequence === 1; at += 1) publish(bus)
    })
    publish(bus)
    bus.close()
    await settled()
    expect(heard).toHaveLength(1 + 1_024)
  })

  test('does not end a process that has forgotten a once()', () => {
    const program = `const { SimpleEventBus } = require(${entry})
      const bus = new SimpleEventBus()
      void bus.once('custom')
      bus.once('custom', () => undefined)
      bus.stream().next()
      bus.close()
      setImmediate(() => console.log('alive'))`
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('alive\n')
  })

  test('says how many events were lost, where nobody else is told', async () => {
    const bus = new SimpleEventBus({ queueLimit: 1 })
    let letGo = () => undefined as void
    bus.subscribe('custom', () => new Promise<void>((resolve) => (letGo = resolve)))
    for (let at = 0; at < 5; at += 1) publish(bus)
    const message = new Promise((resolve) => process.once('warning', ({ message }) => resolve(message)))
    letGo()
    await settled()
    letGo()
    expect(await message).toContain('has lost 3 of them')
  })

  test.each<[object, string]>([
    [{ logSize: -1 }, 'OUT_OF_RANGE'],
    [{ logSize: 1_000_001 }, 'OUT_OF_RANGE'],
    [{ logSize: '5' }, 'INVALID_TYPE'],
    [{ queueLimit: 0 }, 'OUT_OF_RANGE'],
    [{ queueLimit: NaN }, 'OUT_OF_RANGE'],
    [{ logFileMaxBytes: 1_023 }, 'OUT_OF_RANGE'],
    [{ logFile: '' }, 'INVALID_TEXT'],
    [{ logFile: 'a\0b' }, 'INVALID_TEXT'],
    [{ logFile: 7 }, 'INVALID_TYPE'],
    [{ clock: {} }, 'INVALID_TYPE'],
    [{ lamportClock: 7 }, 'INVALID_TYPE'],
    [{ log: 7 }, 'UNKNOWN_FIELD'],
    [[], 'INVALID_TYPE'],
  ])('refuses the options %o', (options, code) => {
    expect(() => new SimpleEventBus(options as SimpleEventBusOptions)).toThrow(refused(code))
  })

  test('without a log has none, and numbers its events nevertheless', () => {
    const bus = new SimpleEventBus({ logSize: 0 })
    expect([publish(bus), publish(bus)].map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(bus.log()).toEqual([])
  })
})

describe('custom events', () => {
  const dataOf = (data: unknown) => publish(new SimpleEventBus(), data).payload.data

  test('carry what JSON can hold, and bigints', () => {
    const data = { text: 'ü', list: [1, null, [true]], big: 2n ** 70n, none: null }
    expect(dataOf(data)).toEqual(data)
    expect(dataOf(undefined)).toBeUndefined()
    expect(dataOf(0)).toBe(0)
    expect(dataOf(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
    expect(dataOf({ a: undefined, b: () => 1, c: [undefined, Symbol('x')] })).toEqual({ c: [null, null] })
  })

  test('are frozen through and through, and leave the publisher’s object alone', () => {
    const data = { list: [{ deep: 1 }] }
    const copied = dataOf(data) as typeof data
    expect([copied, copied.list, copied.list[0]].every((part) => Object.isFrozen(part))).toBe(true)
    expect(Object.isFrozen(data.list[0])).toBe(false)
  })

  test('of a payload that is frozen outside only are copied too: nobody can change an event', () => {
    const bus = new SimpleEventBus()
    const checks = [Object.freeze({ name: 'a', isPassing: true, durationMs: 1, checkedAtMs: 1 })]
    const payload = Object.freeze({ isReady: true, reasons: Object.freeze([]), checks })
    const event = bus.publish('health:changed', payload)
    checks.pop()
    expect(event.payload.checks).toHaveLength(1)
    expect(Object.isFrozen(event.payload.checks)).toBe(true)
    expect(bus.log()[0]).toBe(event)
    const whole = Object.freeze({ ...payload, checks: Object.freeze([...event.payload.checks]) })
    expect(bus.publish('health:changed', whole).payload).toBe(whole)
  })

  test('do not reach the prototype of anything', () => {
    const copied = dataOf(JSON.parse('{"__proto__":{"polluted":true}}')) as object
    expect(Object.getPrototypeOf(copied)).toBe(Object.prototype)
    expect(JSON.stringify(copied)).toBe('{"__proto__":{"polluted":true}}')
  })

  test('are refused at once where they are endless, enormous, or cannot be read', () => {
    let deep: object = {}
    for (let at = 0; at < 100_000; at += 1) deep = { deep }
    let shared: unknown[] = []
    for (let at = 0; at < 60; at += 1) shared = [shared, shared]
    const [hostile, { proxy, revoke }] = [
      {
        get name() {
          throw new Error('on purpose')
        },
      },
      Proxy.revocable({}, {}),
    ]
    revoke()
    expect(() => dataOf(deep)).toThrow(
      refused('INVALID_EVENT', { message: expect.stringContaining('64 levels') }),
    )
    for (const data of [shared, new Array(1e9), hostile, proxy, { toJSON: () => deep }]) {
      expect(() => dataOf(data)).toThrow(refused('INVALID_EVENT'))
    }
  })
})

describe('listeners', () => {
  test('that publish are told of their own events afterwards, also while others wait for them', async () => {
    const bus = new SimpleEventBus()
    const told: number[] = []
    bus.subscribe('custom', async ({ sequence }) => {
      told.push(sequence)
      await Promise.resolve()
      if (sequence < 6) publish(bus)
      told.push(-sequence)
    })
    publish(bus)
    publish(bus)
    await settled()
    expect(told).toEqual([1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7])
  })

  test('that answer something like a promise are waited for; other answers are not', async () => {
    const bus = new SimpleEventBus()
    let count = 0
    const thenable = { then: (resolve: () => void) => setImmediate(resolve) }
    bus.subscribe(() => [thenable, 7, 'text', {}, null][count++])
    for (let at = 0; at < 5; at += 1) publish(bus)
    expect([count, bus.metrics().queuedCount]).toEqual([1, 4])
    await settled()
    await settled()
    expect(count).toBe(5)
  })

  test('that publish when they are told of a loss are told of that afterwards', async () => {
    const bus = new SimpleEventBus({ queueLimit: 1 })
    const told: unknown[] = []
    const onLost = (count: number) => {
      publish(bus, 'news')
      told.push(`lost ${count}`)
    }
    const listener = ({ payload }: ClusterEvent<'custom'>) => {
      told.push(payload.data)
      return Promise.resolve()
    }
    bus.subscribe('custom', listener, { onLost })
    for (const number of [1, 2, 3]) publish(bus, number)
    await settled()
    expect(told).toEqual([1, 2, 'lost 1', 'news'])
  })

  test('that end themselves lose what waits for them', async () => {
    const bus = new SimpleEventBus()
    const told: number[] = []
    const stop = bus.subscribe('custom', async ({ sequence }) => {
      told.push(sequence)
      await Promise.resolve()
      stop()
    })
    publish(bus)
    publish(bus)
    await settled()
    expect(told).toEqual([1])
  })

  test('that fail once the bus is closed are still reported', async () => {
    const bus = new SimpleEventBus()
    const codes = await warningsOf(async () => {
      bus.subscribe(() => Promise.resolve().then(() => bus.publish('custom', { name: 'late' })))
      publish(bus)
      bus.close()
      await settled()
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_LISTENER_FAILED'])
    expect(bus.metrics().failedCount).toBe(1)
  })
})

test('a stream shows nothing but what an iterator has', () => {
  const stream = new SimpleEventBus().stream()
  expect(Object.keys(stream)).toEqual(['next', 'return'])
  expect(stream[Symbol.asyncIterator]()).toBe(stream)
})

test('the payload of a member event is the member of the view, not a copy', () => {
  const member = Object.freeze({ id: 'a' }) as unknown as ClusterEvent<'member:joined'>['payload']['member']
  const { payload } = new SimpleEventBus().publish('member:joined', { member })
  expect(payload.member).toBe(member)
})
