// What Prometheus says of the metrics, of the dashboard's queries, and of the examples in docs/metrics.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, hasProgram, main, root, run } from './run.mjs'

/** The exposition of a node that has done a little of everything. */
async function exposition() {
  const require = createRequire(import.meta.url)
  const { startCluster } = require('../dist/index.js')
  const { PrometheusExporter } = require('../dist/metrics/prometheus.js')
  const coordinator = await startCluster({})
  try {
    const { ring } = coordinator.routing
    ring.addNode('a "node" with a \\ in its name')
    ring.getNodeBatch(['user:42', 'user:43'])
    await coordinator.health()
    const exporter = new PrometheusExporter({
      metrics: () => coordinator.metrics(),
      ownership: () => ring.ownership(),
    })
    exporter.countRequest({ route: '/readyz', method: 'GET', status: 200, durationMs: 1 })
    exporter.countRequest({ route: '/events', method: 'GET', status: 200 })
    exporter.countStream(1)
    return await exporter.expose()
  } finally {
    await coordinator.close()
  }
}

/** The queries of the dashboard as rules, with intervals in place of Grafana's variables. */
function queries() {
  const { panels, annotations } = JSON.parse(
    readFileSync(join(root, 'config', 'grafana-dashboard.json'), 'utf8'),
  )
  const targets = [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list]
  const rules = targets.map(({ expr }, index) => ({
    record: `query_${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }))
  return JSON.stringify({ groups: [{ name: 'dashboard', rules }] })
}

/** The example of docs/metrics.md that begins with this key. */
function example(key) {
  const blocks = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8').matchAll(/```yaml\n(.*?)```/gs)
  const found = [...blocks].map(([, text]) => text).find((text) => text.startsWith(`${key}:`))
  if (found === undefined) throw new CommandFailed(`docs/metrics.md has no example that begins with ${key}:`)
  return found
}

await main(async () => {
  if (!hasProgram('promtool')) {
    console.log('skipped: there is no promtool (the Debian package prometheus has it)')
    return
  }
  buildWhatIsMissing()
  const folder = mkdtempSync(join(tmpdir(), 'hypercache-promtool-'))
  try {
    const check = (what, text, ...args) => {
      console.log(`promtool check ${what}`)
      const file = join(folder, `${what}.yaml`)
      writeFileSync(file, text)
      run('promtool', ['check', what, ...args, file])
    }
    console.log('promtool check metrics')
    run('promtool', ['check', 'metrics'], {
      input: await exposition(),
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    check('rules', queries())
    check('rules', example('groups'))
    check('config', example('scrape_configs'), '--syntax-only')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
