import { describe, expect, test } from 'vitest'
import { HashRing } from '../../../dist/index.js'
import { PrometheusExporter } from '../../../dist/metrics/prometheus.js'
import { madeUpMetrics } from '../../helpers/cluster-metrics'
import { type Family, familiesOf } from '../../helpers/exposition'
import { source } from '../../repo/checkers/sources'

/** Metrics that the dashboard has no use for, and why. */
const NOT_ON_DASHBOARD = [
  // The time since the last one says it, and does so at once.
  'hypercache_heartbeats_total',
]
/** What prom-client tells on Linux only. */
const LINUX_ONLY = [
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
]

/** Everything there is, with at least one line each where that can be made to be. */
async function everyFamily(): Promise<Family[]> {
  using ring = new HashRing()
  ring.setNodes([{ id: 'a' }, { id: 'b' }])
  const exporter = new PrometheusExporter({
    metrics: () => madeUpMetrics(),
    ownership: () => ring.ownership(),
  })
  exporter.countRequest({ route: '/readyz', method: 'GET', status: 200, durationMs: 1 })
  return [...familiesOf(await exporter.expose()).values()]
}

/** Names of the labels of a family's lines, without the bounds of buckets. */
function labelsOf({ samples }: Family): string[] {
  const names = [...samples.keys()].flatMap((labels) =>
    [...labels.matchAll(/(\w+)="/g)].map(([, name]) => name!),
  )
  return [...new Set(names)].filter((name) => name !== 'le').sort()
}

/** Names of metrics in a text, as those of their families. */
function metricsIn(text: string): string[] {
  const names = text.match(/\b(hypercache|process|nodejs)_[a-z0-9_]+/g) ?? []
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))]
}

describe('docs/metrics.md', () => {
  const { text } = source('docs/metrics.md')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) ?\| ([^|]+) \|$/gm)].map(
    ([, name, type, labels]) => ({
      name: name!,
      type: type!,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!).sort(),
    }),
  )

  test('has a row for each metric that is exported, and no other', async () => {
    const names = (await everyFamily()).map(({ name }) => name)
    const elsewhere = process.platform === 'linux' ? [] : LINUX_ONLY
    expect(
      rows
        .map(({ name }) => name)
        .filter((name) => !elsewhere.includes(name))
        .sort(),
    ).toEqual(names.sort())
  })

  test('tells the type and the labels of each', async () => {
    const families = new Map((await everyFamily()).map((family) => [family.name, family]))
    for (const { name, type, labels } of rows) {
      const family = families.get(name)
      if (family === undefined) continue
      expect([name, type]).toEqual([name, family.type])
      if (family.samples.size > 0) expect([name, ...labels]).toEqual([name, ...labelsOf(family)])
    }
  })

  test('names no metric that is not exported', () => {
    expect(rows.length).toBeGreaterThan(60)
    const known = new Set(rows.map(({ name }) => name))
    expect(metricsIn(text).filter((name) => !known.has(name))).toEqual([])
  })
})

interface Panel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[]
}

describe('the Grafana dashboard', () => {
  const { text } = source('config/grafana-dashboard.json')
  const { panels, templating } = JSON.parse(text) as {
    panels: Panel[]
    templating: { list: { name: string }[] }
  }
  const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })))

  test('names only metrics that are exported', async () => {
    const names = new Set((await everyFamily()).map(({ name }) => name))
    if (process.platform !== 'linux') LINUX_ONLY.forEach((name) => names.add(name))
    expect(metricsIn(text).length).toBeGreaterThan(40)
    expect(metricsIn(text).filter((name) => !names.has(name))).toEqual([])
  })

  test('has every metric of this product, but for a list', async () => {
    const names = (await everyFamily())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('hypercache_'))
    const shown = new Set(metricsIn(text))
    expect(names.filter((name) => !shown.has(name))).toEqual(NOT_ON_DASHBOARD)
  })

  test('groups by labels that the metrics have, and names lines by labels that are left', async () => {
    const labels = new Map((await everyFamily()).map((family) => [family.name, labelsOf(family)]))
    for (const { title, expr, legendFormat } of targets) {
      const known = metricsIn(expr).flatMap((name) => labels.get(name) ?? [])
      const by = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(', '))
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!)
      const ofScrape = [
        'instance',
        'le',
        ...(metricsIn(expr).includes('nodejs_gc_duration_seconds') ? ['kind'] : []),
      ]
      for (const label of [...by, ...legend])
        expect([...known, ...ofScrape], `${title}: ${label}`).toContain(label)
      if (/\b(sum|max)\b/.test(expr))
        for (const label of legend) expect(by, `${title}: ${label}`).toContain(label)
    }
  })

  test('asks the chosen data source, of the chosen nodes', () => {
    const names = templating.list.map(({ name }) => name)
    expect(names).toEqual(['datasource', 'cluster', 'instance'])
    for (const { title, expr, datasource } of targets) {
      expect(datasource.uid, title).toBe('${datasource}')
      const selectors = expr.match(/\b(?:hypercache|process|nodejs)_\w+(\{[^}]*\})?/g)!
      for (const selector of selectors) expect(selector, title).toContain('instance=~"$instance"')
    }
  })

  test('is laid out: no two panels overlap, none sticks out, each says what it shows', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const taken = new Map<string, string>()
    for (const { title, type, description, targets = [], gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      if (type !== 'row') expect([description?.length, targets.length], title).not.toContain(0)
      if (type !== 'row') expect(description, title).toBeDefined()
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.get(`${x} ${y}`), title).toBeUndefined()
          taken.set(`${x} ${y}`, title)
        }
    }
  })
})
