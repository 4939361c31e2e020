/** The metrics of the process: memory, processor, event loop, collections of garbage, file descriptors. */

import type * as PromClient from 'prom-client'

/**
 * Gauges with names that end like those of counters; what they count is in metrics by type beside them, or of
 * no use to an operator.
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

let registry: PromClient.Registry | undefined

/**
 * The metrics of this process, the same registry at each call: they observe the event loop and the collector,
 * once however many exporters there are, and keep no process alive.
 */
export function processRegistry(promClient: typeof PromClient): PromClient.Registry {
  if (registry === undefined) {
    registry = new promClient.Registry()
    promClient.collectDefaultMetrics({ register: registry })
    for (const name of MISNAMED) registry.removeSingleMetric(name)
  }
  return registry
}
