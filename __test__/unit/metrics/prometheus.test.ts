import { describe, expect, test } from 'vitest'
import { type ClusterMetrics, HashRing } from '../../../dist/index.js'
import { PrometheusExporter } from '../../../dist/metrics/prometheus.js'
import { madeUpMetrics } from '../../helpers/cluster-metrics'
import { makeSimpleCoordinator } from '../../helpers/coordinator'
import { familiesOf, valueOf } from '../../helpers/exposition'

/** An exporter of a node without a ring: nobody owns anything. */
const exporterOf = (metrics: () => ClusterMetrics) => new PrometheusExporter({ metrics, ownership: () => [] })
const textOf = (metrics: ClusterMetrics) => exporterOf(() => metrics).expose()

/** Where a number is in an object, for every number in it. */
function numbersIn(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => numbersIn(part, `${path}.${name}`))
}

describe('the exposition', () => {
  test('tells every number that a node counts, in seconds where it is a time', async () => {
    const metrics = madeUpMetrics()
    const families = [...familiesOf(await textOf(metrics)).values()]
    const ours = families.filter(({ name }) => name.startsWith('hypercache_'))
    const told = new Set(ours.flatMap(({ samples }) => [...samples.values()]))
    const isTold = (value: number) => told.has(value) || told.has(value / 1000)
    // Sums and quotients of others, and when a check was run: that is in the report itself.
    const derived = ['.health.checks.0.checkedAtMs', '.ring.nodeCount', '.ring.cache.hitRate']
    derived.push('.membership.memberCount', '.events.publishedCount')
    const missing = numbersIn(metrics).filter(([, value]) => !isTold(value))
    expect(missing.map(([path]) => path).sort()).toEqual(derived.sort())
  })

  test('calls counters _total and nothing else, and says of each metric what it is', async () => {
    const exporter = exporterOf(() => madeUpMetrics())
    for (const { name, type, help } of familiesOf(await exporter.expose()).values()) {
      expect(name).toMatch(/^(hypercache|process|nodejs)_/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect(help.length, name).toBeGreaterThan(10)
    }
    expect(exporter.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test('tells the state as one of all states', async () => {
    for (const state of ['idle', 'starting', 'ready', 'draining', 'stopped', 'evicted'] as const) {
      const text = await textOf({ ...madeUpMetrics(), state })
      const { samples } = familiesOf(text).get('hypercache_coordinator_state')!
      expect([...samples].filter(([, value]) => value === 1)).toEqual([[`{state="${state}"}`, 1]])
      expect(samples.size).toBe(6)
      // The report is of a run before the state changed.
      expect(valueOf(text, 'hypercache_ready')).toBe(state === 'ready' ? 1 : 0)
    }
  })

  test('tells what fails', async () => {
    const checks = [
      { name: 'a', isPassing: true, durationMs: 0, checkedAtMs: 0 },
      { name: 'b', isPassing: false, durationMs: 1500, checkedAtMs: 0 },
    ]
    const text = await textOf({ ...madeUpMetrics(), health: { isReady: false, reasons: ['b: no'], checks } })
    expect(valueOf(text, 'hypercache_ready')).toBe(0)
    expect(valueOf(text, 'hypercache_health_check_passing', '{check="a"}')).toBe(1)
    expect(valueOf(text, 'hypercache_health_check_passing', '{check="b"}')).toBe(0)
    expect(valueOf(text, 'hypercache_health_check_duration_seconds', '{check="b"}')).toBe(1.5)
  })

  test('invents nothing: there is no moment before the first', async () => {
    const { lastHeartbeatAtMs: _, ...metrics } = madeUpMetrics()
    const families = familiesOf(await textOf(metrics))
    expect(families.get('hypercache_last_heartbeat_timestamp_seconds')!.samples.size).toBe(0)
    expect(families.get('hypercache_last_event_timestamp_seconds')!.samples.size).toBe(1)
  })

  test('tells nothing of a network that there is not, or that the provider does not know of', async () => {
    const { network: _, ringAgreement: __, ...alone } = madeUpMetrics()
    const ofNetwork = (text: string) =>
      [...familiesOf(text).values()]
        .filter(({ name }) => /^hypercache_(gossip_|ring_(di|diverged))/.test(name))
        .flatMap(({ name, samples }) => [...samples].map(([labels, value]) => `${name}${labels} ${value}`))
    expect(ofNetwork(await textOf(alone))).toEqual([])
    const network = {
      droppedByReason: {},
      broadcastsSentCount: 3,
      broadcastsReceivedCount: 0,
      bytesSentCount: 0,
    }
    expect(ofNetwork(await textOf({ ...alone, network }))).toEqual([
      'hypercache_gossip_bytes_total{direction="sent"} 0',
      'hypercache_gossip_broadcasts_total{direction="received"} 0',
      'hypercache_gossip_broadcasts_total{direction="sent"} 3',
    ])
  })

  test('is of now: scrapes do not add up, and what is gone is not told', async () => {
    let metrics = madeUpMetrics()
    const exporter = exporterOf(() => metrics)
    const first = await exporter.expose()
    const second = await exporter.expose()
    expect(valueOf(second, 'hypercache_heartbeats_total')).toBe(metrics.heartbeatCount)
    expect(familiesOf(second).get('hypercache_health_check_passing')!.samples.size).toBe(1)
    // A coordinator that was made anew counts from 0.
    metrics = { ...metrics, heartbeatCount: 2, health: { isReady: true, reasons: [], checks: [] } }
    const third = await exporter.expose()
    expect(valueOf(third, 'hypercache_heartbeats_total')).toBe(2)
    expect(familiesOf(third).get('hypercache_health_check_passing')!.samples.size).toBe(0)
    expect(valueOf(first, 'hypercache_ready')).toBe(1)
  })

  test('does not mix two scrapes that are made at once', async () => {
    let scrape = 0
    const exporter = exporterOf(() => madeUpMetrics((scrape += 1) * 1_000_000 + 1))
    const texts = await Promise.all(Array.from({ length: 20 }, () => exporter.expose()))
    texts.forEach((text, index) => {
      const of = ['hypercache_heartbeats_total', 'hypercache_ring_version', 'hypercache_events_queued']
      const values = [
        ...of.map((name) => valueOf(text, name)!),
        ...familiesOf(text).get('hypercache_members')!.samples.values(),
      ]
      expect(values.map((value) => Math.floor(value / 1_000_000))).toEqual(values.map(() => index + 1))
    })
  })

  test('carries names of every kind', async () => {
    const names = ['__proto__', 'constructor', 'a"b', 'a\\', 'a\nb', '{x="y"} 1', 'ü', '']
    const checks = names.map((name) => ({ name, isPassing: true, durationMs: 0, checkedAtMs: 0 }))
    const text = await textOf({ ...madeUpMetrics(), health: { isReady: true, reasons: [], checks } })
    const escaped = (name: string) => name.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
    expect([...familiesOf(text).get('hypercache_health_check_passing')!.samples.keys()]).toEqual(
      names.map((name) => `{check="${escaped(name)}"}`),
    )
  })

  test('survives a source that throws', async () => {
    let fails = true
    const exporter = exporterOf(() => {
      if (fails) throw new Error('not now')
      return madeUpMetrics()
    })
    await expect(exporter.expose()).rejects.toThrow('not now')
    fails = false
    expect(valueOf(await exporter.expose(), 'hypercache_ready')).toBe(1)
  })
})

describe('shares', () => {
  const exporterOfRing = (ring: HashRing) =>
    new PrometheusExporter({
      metrics: () => ({ ...madeUpMetrics(), ring: ring.getMetrics() }),
      ownership: () => ring.ownership(),
    })

  test('are told of each node, beside what its weight asks for', async () => {
    using ring = new HashRing()
    ring.setNodes([{ id: 'a' }, { id: 'b', weight: 3 }])
    const families = familiesOf(await exporterOfRing(ring).expose())
    const [a, b] = ring.ownership()
    const share = families.get('hypercache_ring_node_share_ratio')!.samples
    expect([...share]).toEqual([
      ['{node="a"}', a!.share],
      ['{node="b"}', b!.share],
    ])
    const fair = families.get('hypercache_ring_node_fair_share_ratio')!.samples
    expect([...fair.values()]).toEqual([0.25, 0.75])
  })

  test('are left out of rings of more than 256 nodes', async () => {
    using ring = new HashRing({ virtualNodeCount: 1 })
    const idsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `node${index}` }))
    ring.setNodes(idsOf(256))
    const exporter = exporterOfRing(ring)
    const sharesIn = (text: string) => familiesOf(text).get('hypercache_ring_node_share_ratio')!.samples.size
    expect(sharesIn(await exporter.expose())).toBe(256)
    ring.setNodes(idsOf(257))
    expect(sharesIn(await exporter.expose())).toBe(0)
  })
})

describe('HTTP requests', () => {
  test('are counted by route, method and status, and timed by route', async () => {
    const exporter = exporterOf(() => madeUpMetrics())
    for (const [status, ms] of [
      [200, 0.4],
      [200, 4],
      [503, 40_000],
    ] as const)
      exporter.countRequest({ route: '/readyz', method: 'GET', status, durationMs: ms })
    const families = familiesOf(await exporter.expose())
    expect([...families.get('hypercache_http_requests_total')!.samples]).toEqual([
      ['{route="/readyz",method="GET",status="200"}', 2],
      ['{route="/readyz",method="GET",status="503"}', 1],
    ])
    const { samples } = families.get('hypercache_http_request_duration_seconds')!
    const upTo = (le: string) => samples.get(`_bucket{le="${le}",route="/readyz"}`)
    expect([upTo('0.0005'), upTo('0.0025'), upTo('0.005'), upTo('2.5'), upTo('+Inf')]).toEqual([
      1, 1, 2, 2, 3,
    ])
    expect(samples.get('_count{route="/readyz"}')).toBe(3)
    expect(samples.get('_sum{route="/readyz"}')).toBeCloseTo(40.0044, 9)
  })

  test('without an end are counted and not timed', async () => {
    const exporter = exporterOf(() => madeUpMetrics())
    exporter.countRequest({ route: '/events', method: 'GET', status: 200 })
    const text = await exporter.expose()
    expect(
      valueOf(text, 'hypercache_http_requests_total', '{route="/events",method="GET",status="200"}'),
    ).toBe(1)
    expect(familiesOf(text).get('hypercache_http_request_duration_seconds')!.samples.size).toBe(0)
  })

  test('of streams are counted while they are open', async () => {
    const exporter = exporterOf(() => madeUpMetrics())
    exporter.countStream(1)
    exporter.countStream(1)
    exporter.countStream(-1)
    expect(valueOf(await exporter.expose(), 'hypercache_http_event_streams')).toBe(1)
  })
})

describe('an exporter', () => {
  test('of a real node tells its ring and its life, until it is stopped (Z-51, Z-54)', async () => {
    const { coordinator, clock } = makeSimpleCoordinator({
      cluster: { heartbeatIntervalSeconds: 1 },
    })
    const exporter = new PrometheusExporter({
      metrics: () => coordinator.metrics(),
      ownership: () => coordinator.routing.ring.ownership(),
    })
    const idle = await exporter.expose()
    expect(valueOf(idle, 'hypercache_uptime_seconds')).toBe(0)
    expect(valueOf(idle, 'hypercache_ready')).toBe(0)
    expect(valueOf(idle, 'hypercache_last_event_timestamp_seconds')).toBeUndefined()
    await coordinator.start()
    await clock.advance(2_000)
    coordinator.routing.routeKey('user:42')
    const ready = await exporter.expose()
    expect(valueOf(ready, 'hypercache_ready')).toBe(1)
    expect(valueOf(ready, 'hypercache_uptime_seconds')).toBe(2)
    expect(valueOf(ready, 'hypercache_heartbeats_total')).toBe(2)
    expect(valueOf(ready, 'hypercache_ring_nodes', '{status="alive"}')).toBe(1)
    expect(valueOf(ready, 'hypercache_lookups_total', '{kind="owner"}')).toBe(1)
    expect(valueOf(ready, 'hypercache_members', '{status="alive"}')).toBe(1)
    await coordinator.stop()
    const stopped = await exporter.expose()
    expect(valueOf(stopped, 'hypercache_ready')).toBe(0)
    expect(valueOf(stopped, 'hypercache_members', '{status="alive"}')).toBe(0)
    await coordinator.close()
  })
})
