/**
 * What the public types of membership promise, and what they refuse: compiled, as `public-types.ts`, and
 * never run.
 */

import {
  type ClusterConfig,
  type DistributedMembership,
  SerfMembership,
  type SerfMembershipOptions,
} from '../../dist/index.js'

export function membershipBySerf(config: ClusterConfig): DistributedMembership {
  const { hashRing, clusterName } = config.cluster
  const local = { id: 'node1', address: '10.0.0.1', port: 8080 }
  const options: SerfMembershipOptions = {
    local,
    hashRing,
    clusterName,
    serf: { rpcAddress: '127.0.0.1:7373' },
    timings: { retryMaxMs: 1_000 },
  }
  // @ts-expect-error -- a timer that does not exist
  void new SerfMembership({ ...options, timings: { patienceMs: 1 } })
  // @ts-expect-error -- where the agent is has to be said
  void new SerfMembership({ local, hashRing, clusterName })
  return new SerfMembership(options)
}
