/** The metrics of a node in the text format of Prometheus. */

import type * as PromClient from 'prom-client'

import type { NodeOwnership } from '../types.js'
import type { ClusterMetrics } from './cluster-metrics.js'
import { METRIC_FAMILIES } from './metric-families.js'
import type { MetricFamily } from './metric-family.js'
import { processRegistry } from './process-metrics.js'

/** Upper bounds of the buckets, in seconds: what takes a lookup, and what takes a plan of a large ring. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Of larger rings no shares are told: a scrape would carry two lines for each of thousands of nodes. */
const SHARES_MAX = 256

/** Where the values come from, asked at each exposition. */
export interface MetricsSource {
  metrics(): ClusterMetrics
  ownership(): readonly NodeOwnership[]
}

/** An HTTP request that was answered. */
export interface AnsweredRequest {
  /** Its path as the server knows it, never as the client wrote it: a label has few values. */
  readonly route: string
  readonly method: string
  /** Status of the answer. */
  readonly status: number
  /** How long it took; absent of one that goes on as long as the client likes. */
  readonly durationMs?: number | undefined
}

/**
 * Writes down the metrics of one node, and those of the process that it is in: `docs/metrics.md` lists them.
 * It holds no timer.
 */
export class PrometheusExporter {
  readonly #source: MetricsSource
  readonly #registry: PromClient.Registry
  readonly #processRegistry: PromClient.Registry
  readonly #families: readonly (readonly [MetricFamily, PromClient.Gauge | PromClient.Counter])[]
  readonly #requests: PromClient.Counter
  readonly #durations: PromClient.Histogram
  readonly #streams: PromClient.Gauge

  constructor(source: MetricsSource) {
    const promClient = loadPromClient()
    const registers = [(this.#registry = new promClient.Registry())]
    this.#source = source
    this.#processRegistry = processRegistry(promClient)
    this.#families = METRIC_FAMILIES.map((family) => {
      const Metric = family.type === 'counter' ? promClient.Counter : promClient.Gauge
      const { name, help, labels } = family
      return [family, new Metric({ name, help, labelNames: [...labels], registers })]
    })
    this.#requests = new promClient.Counter({
      name: 'hypercache_http_requests_total',
      help: 'HTTP requests answered, by route, method and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    })
    this.#durations = new promClient.Histogram({
      name: 'hypercache_http_request_duration_seconds',
      help: 'How long HTTP requests took, but for streams of events',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
      registers,
    })
    this.#streams = new promClient.Gauge({
      name: 'hypercache_http_event_streams',
      help: 'Streams of events that are open',
      registers,
    })
  }

  /** Value of the header `Content-Type` of an exposition. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Counts a request that was answered. */
  countRequest({ route, method, status, durationMs }: AnsweredRequest): void {
    this.#requests.inc({ route, method, status: String(status) })
    if (durationMs !== undefined) this.#durations.observe({ route }, durationMs / 1000)
  }

  /** Counts a stream of events that opened (1) or ended (−1). */
  countStream(change: 1 | -1): void {
    this.#streams.inc(change)
  }

  /** The metrics as they are now. Rejects with what the source throws; the next call is not harmed. */
  async expose(): Promise<string> {
    const metrics = this.#source.metrics()
    const ownership = metrics.ring.nodeCount <= SHARES_MAX ? this.#source.ownership() : []
    // No turn of the event loop from here to `metrics()`, which copies the values: two scrapes do not mix.
    for (const [family, metric] of this.#families) {
      metric.reset()
      const value = family.read(metrics, ownership)
      if (value === undefined) metric.remove()
      else if (typeof value === 'number') metric.inc(value)
      else for (const [labels, part] of value) metric.inc(labels, part)
    }
    const texts = await Promise.all([this.#registry.metrics(), this.#processRegistry.metrics()])
    return texts.join('\n')
  }
}

function loadPromClient(): typeof PromClient {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by those who export metrics only
  return require('prom-client') as typeof PromClient
}
