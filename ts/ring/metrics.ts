/** Metrics of a ring, in the shape that users get. */

import type { NativeMetrics } from '../native.js'
import type { NodeStatus, RingMetrics } from '../types.js'

/** All statuses, in the order in which native code counts them. */
export const STATUSES: readonly NodeStatus[] = ['alive', 'suspected', 'dead', 'leaving', 'updating']

export function metricsOf(native: NativeMetrics): RingMetrics {
  const { cacheHitCount, cacheMissCount, cacheEvictionCount, cacheKeyCount, cacheBytes, ...rest } = native
  const { nodesByStatus: counts, ...others } = rest
  const byStatus = STATUSES.map((status, index) => [status, counts[index]!] as const)
  const asked = cacheHitCount + cacheMissCount
  return {
    ...others,
    nodeCount: counts.reduce((sum, count) => sum + count, 0),
    nodesByStatus: Object.fromEntries(byStatus) as Record<NodeStatus, number>,
    cache: {
      hitCount: cacheHitCount,
      missCount: cacheMissCount,
      hitRate: asked === 0 ? 0 : cacheHitCount / asked,
      evictionCount: cacheEvictionCount,
      keyCount: cacheKeyCount,
      memoryBytes: cacheBytes,
    },
  }
}
