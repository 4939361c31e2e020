import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PrometheusExporter } from '../../../dist/metrics/prometheus.js'
import { madeUpMetrics } from '../../helpers/cluster-metrics'
import { familiesOf } from '../../helpers/exposition'
import { root } from '../../repo/checkers/sources'

const source = { metrics: () => madeUpMetrics(), ownership: () => [] }

/** What a program prints that has the package as `hypercache`, and an exporter, and that ends by itself. */
function printed(program: string): unknown {
  const file = (name: string) => JSON.stringify(join(root, 'dist', name))
  const text = `
    const hypercache = require(${file('index.js')})
    const exporterOf = (metrics, ownership) => {
      const { PrometheusExporter } = require(${file('metrics/prometheus.js')})
      return new PrometheusExporter({ metrics, ownership })
    }
    ${program}`
  const warnings = ['--trace-warnings', '--throw-deprecation']
  return JSON.parse(execFileSync(process.execPath, [...warnings, '-e', text], { encoding: 'utf8' }))
}

describe('metrics of the process', () => {
  test('are in the exposition', async () => {
    const families = familiesOf(await new PrometheusExporter(source).expose())
    const one = (name: string) => families.get(name)!.samples.get('')!
    expect(one('process_cpu_seconds_total')).toBeGreaterThanOrEqual(0)
    expect(one('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    expect(one('nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000)
    expect(families.get('nodejs_version_info')!.samples.size).toBe(1)
  })

  test('are observed once, however many exporters there are and come and go', () => {
    const told = printed(`
      const { PerformanceObserver } = require('node:perf_hooks')
      let observerCount = 0
      const observe = PerformanceObserver.prototype.observe
      PerformanceObserver.prototype.observe = function (options) {
        observerCount += 1
        return observe.call(this, options)
      }
      let warningCount = 0
      process.on('warning', () => (warningCount += 1))
      const run = async () => {
        let text
        for (let round = 0; round < 50; round += 1) {
          const coordinator = await hypercache.startCluster()
          const { ring } = coordinator.routing
          text = await exporterOf(() => coordinator.metrics(), () => ring.ownership()).expose()
          await coordinator.close()
        }
        const lines = text.split('\\n').filter((line) => line.startsWith('# TYPE process_cpu_seconds_total'))
        console.log(JSON.stringify({ observerCount, warningCount, lineCount: lines.length }))
      }
      run()`)
    expect(told).toEqual({ observerCount: 1, warningCount: 0, lineCount: 1 })
  })

  test('are not seen by other users of prom-client in the process, nor see theirs', () => {
    const told = printed(`
      const promClient = require('prom-client')
      promClient.collectDefaultMetrics()
      new promClient.Counter({ name: 'hypercache_ready', help: 'of somebody else' })
      exporterOf().countRequest({ route: '/', method: 'GET', status: 200 })
      promClient.register.metrics().then((text) => {
        console.log(JSON.stringify([text.includes('hypercache_http'), text.includes('of somebody else')]))
      })`)
    expect(told).toEqual([false, true])
  })

  test('cost nothing to those who export none: prom-client is loaded by the first exporter', () => {
    const told = printed(`
      const isLoaded = () => Object.keys(require.cache).some((file) => file.includes('prom-client'))
      const before = isLoaded()
      exporterOf()
      console.log(JSON.stringify([before, isLoaded()]))`)
    expect(told).toEqual([false, true])
  })
})
