/** A coordinator over gossip keeps the contract of coordinators. */

import { describe } from 'vitest'
import { type ClusterConfigInput, DistributedCoordinator } from '../../../dist/index.js'
import { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import { coordinatorConformance } from '../../conformance/coordinator'
import { gossipOptions } from '../../helpers/gossip'
import { ManualClock } from '../../helpers/manual-clock'
import { until } from '../../helpers/until'

/** Nothing more is told after this time without anything. */
const QUIET_MS = 30

// Without seeds: what the suite is about is one node; others come in `__test__/cluster`.
function makeOverGossip(config: ClusterConfigInput = {}) {
  const clock = new ManualClock()
  const cluster = { nodeId: 'node1', ...config.cluster }
  const membership = new GossipMembership(gossipOptions(cluster.nodeId), clock)
  const coordinator = new DistributedCoordinator({ ...config, cluster }, membership, { clock })
  return {
    coordinator,
    advance: (ms: number) => clock.advance(ms),
    nowMs: () => clock.nowMs(),
    settle: async () => {
      let { version } = membership.metrics()
      let quietSinceMs = performance.now()
      await until(() => {
        const now = membership.metrics().version
        if (now !== version) quietSinceMs = performance.now()
        version = now
        return performance.now() - quietSinceMs >= QUIET_MS
      })
    },
    close: () => coordinator.close(),
  }
}

describe('DistributedCoordinator over gossip keeps the contract', () => {
  coordinatorConformance(() => makeOverGossip())
})

describe('a coordinator over gossip of a node in a zone keeps the contract', () => {
  coordinatorConformance(() =>
    makeOverGossip({ cluster: { zone: 'east', hashRing: { replicationFactor: 2, hashSeed: 7n } } }),
  )
})
