/**
 * The coordinator suite bites: for each planted defect, the rule that is meant for it fails. Over 400 lines,
 * because it is one list.
 */

import { describe, expect, test } from 'vitest'
import type {
  ClusterEvent,
  ClusterMetrics,
  CoordinatorService,
  EventBus,
  HealthCheck,
  HealthCheckResult,
  HealthReport,
  RoutingProvider,
} from '../../../dist/index.js'
import { LamportClock } from '../../../dist/index.js'
import { type CoordinatorUnderTest, coordinatorRules } from '../../conformance/coordinator'
import { makeSimpleCoordinator } from '../../helpers/coordinator'
import { overridden } from '../../helpers/overridden'

type Replaced = Partial<Record<keyof CoordinatorService, unknown>>
type Defect = [
  name: string,
  rule: string,
  plant: (coordinator: CoordinatorService, nowMs: () => number) => Replaced,
]

const withHealth = (
  c: CoordinatorService,
  change: (report: HealthReport) => Partial<HealthReport>,
): Replaced => ({
  health: async () => {
    const report = await c.health()
    return { ...report, ...change(report) }
  },
})
const withChecks = (c: CoordinatorService, fields: () => Partial<HealthCheckResult>): Replaced => ({
  health: async () => {
    const report = await c.health()
    const checks = report.checks.map((check) => ({ ...check, ...fields() }))
    return Object.freeze({ ...report, checks: Object.freeze(checks) })
  },
})
const withMetrics = (c: CoordinatorService, change: (metrics: ClusterMetrics) => object): Replaced => ({
  metrics: () => ({ ...c.metrics(), ...change(c.metrics()) }),
})
const withRouting = (
  c: CoordinatorService,
  replaced: Partial<Record<keyof RoutingProvider, unknown>>,
): Replaced => ({
  routing: overridden(c.routing, replaced),
})
const earlyStops = (c: CoordinatorService): Replaced => ({
  stop: () => (c.state === 'draining' ? Promise.resolve() : c.stop()),
})
/** Subscribers are told one type of event after the event that follows it. */
const withLate = (c: CoordinatorService, late: string): Replaced => ({
  events: overridden<EventBus>(c.events, {
    subscribe: (listener: (event: ClusterEvent) => unknown) => {
      const held: ClusterEvent[] = []
      return c.events.subscribe((event) => {
        if (event.type === late) return held.push(event)
        listener(event)
        return held.splice(0).forEach(listener)
      })
    },
  }),
})
/** Subscribers of all events are told through a function. */
const withEvents = (c: CoordinatorService, isTold: (type: string) => boolean): Replaced => ({
  events: overridden<EventBus>(c.events, {
    subscribe: (...args: unknown[]) => {
      const [listener] = args
      if (typeof listener !== 'function')
        return (c.events.subscribe as (...all: unknown[]) => unknown)(...args)
      return c.events.subscribe((event) => (isTold(event.type) ? (listener(event) as unknown) : undefined))
    },
  }),
})

const defects: Defect[] = [
  [
    'is ready before it started',
    'is idle at first, and knows its node',
    (c) => withHealth(c, () => ({ isReady: true })),
  ],
  ['calls itself otherwise', 'is idle at first, and knows its node', () => ({ localNodeId: 'somebody' })],
  [
    'is ready too early',
    'is ready, a member, and on the ring when start resolves',
    (c) => ({
      start: () => {
        void c.start().catch(() => undefined)
        return Promise.resolve()
      },
    }),
  ],
  [
    'can be started twice',
    'refuses to start unless idle or stopped, and goes on as it was',
    (c) => ({
      start: () => (c.state === 'idle' || c.state === 'stopped' ? c.start() : Promise.resolve()),
    }),
  ],
  [
    'stops without leaving',
    'is stopped, no member, and off the ring when stop resolves',
    () => ({
      stop: () => Promise.resolve(),
    }),
  ],
  [
    'stops when idle by an error',
    'takes any number of stops as one',
    (c) => ({
      stop: () => (c.state === 'idle' ? Promise.reject(new Error('idle')) : c.stop()),
    }),
  ],
  [
    'resolves a second stop early',
    'resolves no stop before it is stopped, nor one that a drain makes',
    earlyStops,
  ],
  [
    'resolves a stop early that a listener makes',
    'resolves no stop before it is stopped that a listener to the stop makes',
    earlyStops,
  ],
  [
    'does not wait for the start',
    'waits for a start that is under way before it stops',
    (c) => ({
      stop: () => (c.state === 'starting' ? Promise.resolve() : c.stop()),
    }),
  ],
  [
    'starts only once',
    'starts again after a stop, with the same parts',
    (c) => ({
      start: () => (c.state === 'stopped' ? Promise.reject(new Error('once')) : c.start()),
    }),
  ],
  [
    'makes new parts each time',
    'starts again after a stop, with the same parts',
    (c) => ({
      get membership() {
        return overridden(c.membership, {})
      },
    }),
  ],
  [
    'does not close',
    'closes for good',
    (c) => ({ close: () => c.stop(), [Symbol.asyncDispose]: () => c.stop() }),
  ],
  [
    'only stops at the end of a block',
    'is closed for good by the end of a block too',
    (c) => ({ [Symbol.asyncDispose]: () => c.stop() }),
  ],
  [
    'lets its configuration be changed',
    'has a configuration that nobody can change',
    (c) => ({ config: structuredClone(c.config) }),
  ],
  [
    'tells of its join after its start',
    'publishes its start after the join and the change of the ring',
    (c) => withLate(c, 'member:joined'),
  ],
  ['tells of its leave too late', 'publishes its stop around the leave', (c) => withLate(c, 'member:left')],
  [
    'hides its start',
    'publishes its start after the join and the change of the ring',
    (c) => withEvents(c, (type) => type !== 'coordinator:started'),
  ],
  [
    'hides ring changes',
    'publishes every change of the ring',
    (c) => withEvents(c, (type) => type !== 'ring:changed'),
  ],
  [
    'hides its stop',
    'publishes its stop around the leave',
    (c) => withEvents(c, (type) => type !== 'coordinator:stopping'),
  ],
  [
    'has a ring that lags',
    'has the ring follow a member before it tells of it',
    (c) => withRouting(c, { ring: overridden(c.routing.ring, { hasNode: () => false }) }),
  ],
  [
    'hides updates',
    'publishes what membership tells, once each',
    (c) => withEvents(c, (type) => type !== 'member:updated'),
  ],
  [
    'has a ring that knows no metadata',
    'has the ring know what a member says of itself',
    (c) => withRouting(c, { ring: overridden(c.routing.ring, { node: () => ({ metadata: {} }) }) }),
  ],
  [
    'applies plans at once',
    'publishes a plan, and changes nothing by it',
    (c) => ({
      planRebalance: (...args: Parameters<CoordinatorService['planRebalance']>) => {
        const plan = c.planRebalance(...args)
        plan.apply()
        return plan
      },
    }),
  ],
  [
    'publishes no plan',
    'publishes a plan, and changes nothing by it',
    (c) => ({
      planRebalance: (...args: Parameters<CoordinatorService['planRebalance']>) =>
        c.routing.ring.plan(...args),
    }),
  ],
  [
    'makes a new clock each time (Z-25)',
    'has one logical clock, which events carry',
    () => ({
      get clock() {
        return new LamportClock()
      },
    }),
  ],
  [
    'beats before it started',
    'beats once each interval, while it is started',
    (c) => withMetrics(c, (metrics) => ({ heartbeatCount: metrics.heartbeatCount + 1 })),
  ],
  [
    'beats twice after a restart (Z-30)',
    'beats with one timer after a stop and a start within one interval',
    (c) => {
      let startCount = 0
      return {
        start: () => {
          startCount += 1
          return c.start()
        },
        ...withMetrics(c, (metrics) => ({
          heartbeatCount: metrics.heartbeatCount * Math.max(1, startCount),
        })),
      }
    },
  ],
  [
    'is unwell after a late start (Z-30)',
    'is well right after a late start',
    (c) => withHealth(c, () => ({ isReady: false })),
  ],
  [
    'invents its uptime (Z-51)',
    'tells how long it has been up, and of its parts',
    (c) => withMetrics(c, () => ({ uptimeMs: 50 })),
  ],
  [
    'takes now for its last beat',
    'tells when it beat last',
    (c, nowMs) => withMetrics(c, () => ({ lastHeartbeatAtMs: nowMs() })),
  ],
  [
    'counts each lookup twice (Z-2)',
    'tells of its parts what they tell of themselves',
    (c) => withMetrics(c, ({ ring }) => ({ ring: { ...ring, lookupCount: ring.lookupCount * 2 } })),
  ],
  [
    'invents the share of its cache (Z-51)',
    'tells of its parts what they tell of themselves',
    (c) => withMetrics(c, ({ ring }) => ({ ring: { ...ring, cache: { ...ring.cache, hitRate: 0.95 } } })),
  ],
  [
    'has routing that invents its load (Z-51)',
    'tells of its parts what they tell of themselves',
    (c) => withRouting(c, { metrics: () => ({ ...c.routing.metrics(), loadFactor: 1.5 }) }),
  ],
  [
    'invents events (Z-28)',
    'tells of its parts what they tell of themselves',
    (c) =>
      withMetrics(c, ({ events }) => ({ events: { ...events, deliveredCount: events.publishedCount + 1 } })),
  ],
  [
    'invents members (Z-51)',
    'tells of its parts what they tell of themselves',
    (c) => withMetrics(c, ({ membership }) => ({ membership: { ...membership, recoveredCount: 1 } })),
  ],
  [
    'takes now for the time of the last event (Z-28)',
    'counts the events that were published, and when the last one was',
    (c, nowMs) => withMetrics(c, ({ events }) => ({ events: { ...events, lastEventAtMs: nowMs() } })),
  ],
  [
    'is ready when it is stopped',
    'is not ready once it is stopped, nor when it is closed, and says why',
    (c) => withHealth(c, () => (c.state === 'stopped' ? { isReady: true } : {})),
  ],
  [
    'rejects health when it is closed',
    'is not ready once it is stopped, nor when it is closed, and says why',
    (c) => ({
      health: () => (c.events.isClosed ? Promise.reject(new Error('it is closed')) : c.health()),
    }),
  ],
  [
    'gives checks more time',
    'gives a check 1,000 ms where nothing else is said',
    (c) => ({
      registerHealthCheck: (name: string, check: HealthCheck) =>
        c.registerHealthCheck(name, check, { timeoutMs: 1_001 }),
    }),
  ],
  [
    'gives checks less time',
    'gives a check 1,000 ms where nothing else is said',
    (c) => ({
      registerHealthCheck: (name: string, check: HealthCheck) =>
        c.registerHealthCheck(name, check, { timeoutMs: 999 }),
    }),
  ],
  [
    'invents how long a check took (Z-51)',
    'tells how long a check took, and when it ended',
    (c) => withChecks(c, () => ({ durationMs: 50 })),
  ],
  [
    'takes the end of the report for that of each check',
    'tells how long a check took, and when it ended',
    (c, nowMs) => withChecks(c, () => ({ checkedAtMs: nowMs() })),
  ],
  ['lets reports be changed', 'freezes its reports', (c) => withHealth(c, () => ({}))],
  ['lets results of checks be changed', 'freezes its reports', (c) => withChecks(c, () => ({}))],
  [
    'is ready while it drains',
    'is not ready from the moment of the stop, and still routes while it drains',
    (c) => withHealth(c, () => ({ isReady: true })),
  ],
  [
    'waits for no drain',
    'waits for everything that drains, all begun at once',
    (c) => ({
      onDrain: (drain: () => unknown) => c.onDrain(() => void drain()),
    }),
  ],
  [
    'drains one after the other',
    'waits for everything that drains, all begun at once',
    (c) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        onDrain: (drain: () => unknown) => c.onDrain(async () => void (await (last = last.then(drain)))),
      }
    },
  ],
  [
    'hides failures of drains',
    'stops in spite of a drain that throws or rejects, and warns',
    (c) => ({
      onDrain: (drain: () => Promise<void>) =>
        c.onDrain(async () =>
          Promise.resolve()
            .then(drain)
            .catch(() => undefined),
        ),
    }),
  ],
  [
    'drains what was taken back',
    'drains each time it stops, and not what was taken back',
    (c) => ({
      onDrain: (drain: () => void) =>
        Object.assign(() => undefined, c.onDrain(drain), { close: () => undefined }),
    }),
  ],
  [
    'is ready whatever its checks say (Z-54)',
    'is not ready while a check fails, and names it',
    (c) => withHealth(c, () => ({ isReady: c.state === 'ready' })),
  ],
  [
    'does not say why',
    'is not ready while a check fails, and names it',
    (c) => withHealth(c, () => ({ reasons: [] })),
  ],
  [
    'takes false as well',
    'takes a throw, a rejection and false as a failure, and a text as a detail',
    (c) => ({
      registerHealthCheck: (name: string, check: HealthCheck) =>
        c.registerHealthCheck(name, async (signal) => (await check(signal)) || undefined),
    }),
  ],
  [
    'waits for ever',
    'fails a check that takes too long, tells it so, and has one run of it at a time',
    (c) => ({
      registerHealthCheck: (name: string, check: HealthCheck) =>
        c.registerHealthCheck(name, check, { timeoutMs: 600_000 }),
    }),
  ],
  [
    'tells a check nothing',
    'fails a check that takes too long, tells it so, and has one run of it at a time',
    (c) => ({
      registerHealthCheck: (name: string, check: HealthCheck, options?: object) =>
        c.registerHealthCheck(name, () => check(new AbortController().signal), options),
    }),
  ],
  [
    'publishes no health',
    'looks at a check again at each heartbeat, and publishes what changed and nothing else',
    (c) => ({
      events: overridden<EventBus>(c.events, { subscribe: () => () => undefined }),
    }),
  ],
  [
    'takes a name twice',
    'refuses a check with the name of another, and one that is none',
    (c) => {
      let count = 0
      return {
        registerHealthCheck: (name: string, check: HealthCheck, options?: object) =>
          c.registerHealthCheck(`${name}${(count += 1)}`, check, options),
      }
    },
  ],
  [
    'routes when stopped',
    'routes nothing before the start and after the stop',
    (c) => withRouting(c, { routeKey: () => c.localNodeId }),
  ],
  [
    'routes by itself',
    'answers what its ring answers',
    (c) => withRouting(c, { routeKey: () => c.localNodeId }),
  ],
  [
    'caps replicas (Z-4)',
    'answers what its ring answers',
    (c) => withRouting(c, { getReplicas: (key: string) => c.routing.getReplicas(key, 1) }),
  ],
  [
    'gives away the lists of its cache (Z-6)',
    'gives away no list that it keeps (Z-6)',
    (c) => {
      const cache = new Map<unknown, string[]>()
      const getReplicas = (key: string, count?: number) => {
        const name = JSON.stringify([key, count])
        const list = cache.get(name) ?? c.routing.getReplicas(key, count)
        cache.set(name, list)
        return list
      }
      return withRouting(c, { getReplicas })
    },
  ],
  [
    'looks an owner up twice (Z-2)',
    'counts the lookups that are made, once each (Z-2)',
    (c) =>
      withRouting(c, { routeKey: (key: string) => c.routing.getReplicas(key) && c.routing.routeKey(key) }),
  ],
  [
    'analyzes by lookups (Z-15)',
    'analyzes a distribution beside the counters and the cache of lookups (Z-15)',
    (c) =>
      withRouting(c, {
        analyzeDistribution: (keys: string[]) => {
          keys.forEach((key) => c.routing.routeKey(key))
          return c.routing.analyzeDistribution(keys)
        },
      }),
  ],
  [
    'is seeded without a seed',
    'is seeded exactly where it was made with a secret',
    (c) => withRouting(c, { isSeeded: true }),
  ],
  ...(
    [
      ['leastLoaded', 'selects the least loaded of the replicas'],
      ['sameZoneFirst', 'selects the first replica in the zone of the local node, or else the owner'],
      ['random', 'selects each of the replicas now and then where it is to be random'],
    ] as const
  ).map(([selection, name]): Defect => [
    `takes ${selection} for first`,
    name,
    (c) =>
      withRouting(c, {
        selectReplica: (key: string, given: string) =>
          c.routing.selectReplica(key, (given === selection ? 'first' : given) as 'first'),
      }),
  ]),
  [
    'is local everywhere (Z-27)',
    'is local for the keys that the local node owns, and a replica for those it follows',
    (c) => withRouting(c, { isLocal: () => true }),
  ],
  [
    'is a replica for what it owns only',
    'is local for the keys that the local node owns, and a replica for those it follows',
    (c) => withRouting(c, { isReplica: (key: string) => c.routing.isLocal(key) && key.length % 2 === 0 }),
  ],
  [
    'gives keys to replicas',
    'gives every key to exactly one node, in order',
    (c) =>
      withRouting(c, {
        getKeysForNode: (id: string, keys: Iterable<string>) =>
          [...keys].filter((key) => c.routing.getReplicas(key, 2).includes(id)),
      }),
  ],
  [
    'selects nobody',
    'selects among the replicas of a key only, and changes no placement',
    (c) => withRouting(c, { selectReplica: () => 'nobody' }),
  ],
]

function makeBroken(plant: Defect[2]): CoordinatorUnderTest {
  const made = makeSimpleCoordinator({ cluster: { zone: 'east' } })
  return {
    ...made,
    coordinator: overridden<CoordinatorService>(made.coordinator, plant(made.coordinator, made.nowMs)),
  }
}

describe('a coordinator that', () => {
  test.each(defects)('%s breaks the rule: it %s', async (_, name, plant) => {
    const rule = coordinatorRules.find((candidate) => candidate.name === name)
    expect(rule, `there is no rule ${name}`).toBeDefined()
    await expect(rule!.run(() => makeBroken(plant))).rejects.toThrow()
  })
})

describe('no rule is idle', () => {
  test('each is broken by one of the defects', () => {
    const named = new Set(defects.map(([, name]) => name))
    expect(coordinatorRules.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([])
  })
})
