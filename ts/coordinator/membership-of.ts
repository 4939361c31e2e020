/** The membership of a cluster of processes that a configuration describes. */

import type { Clock } from '../clock.js'
import type { ClusterConfig } from '../config/cluster-config.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import { GossipMembership } from '../membership/gossip/gossip-membership.js'
import { SerfMembership } from '../membership/serf/serf-membership.js'
import { localNodeOf } from '../membership/local-node.js'
import type { DistributedOptions } from './coordinator-options.js'

/** A membership, and the times that its coordinator is to keep to. */
export interface MembershipOf extends Pick<DistributedOptions, 'divergenceMs' | 'leaveTimeoutMs'> {
  membership: DistributedMembership
}

/** The kinds of membership that reach other processes. */
export type DistributedKind = Exclude<ClusterConfig['cluster']['membership'], 'simple'>

const MEMBERSHIPS: Readonly<
  Record<DistributedKind, (cluster: ClusterConfig['cluster'], clock: Clock) => DistributedMembership>
> = {
  serf: ({ clusterName, hashRing, serf, gossip, ...cluster }, clock) => {
    const timings = {
      retryMaxMs: msOf(gossip.seedRetryMaxSeconds),
      leaveTimeoutMs: msOf(gossip.leaveTimeoutSeconds),
      reapAfterMs: msOf(gossip.reapAfterSeconds),
    }
    return new SerfMembership({ local: localNodeOf(cluster), clusterName, hashRing, serf, timings }, clock)
  },
  gossip: (cluster, clock) => {
    const { bindAddress, bindPort, clusterName, encryptionKeys, hashRing, gossip } = cluster
    const { failureDetectionTimeoutSeconds } = cluster
    const options = { bindAddress, bindPort, clusterName, encryptionKeys, hashRing, gossip }
    const local = localNodeOf(cluster)
    return new GossipMembership({ local, ...options, failureDetectionTimeoutSeconds }, clock)
  },
}

/** Makes the membership of one kind, not joined. @throws As its constructor. */
export function membershipOf(kind: DistributedKind, { cluster }: ClusterConfig, clock: Clock): MembershipOf {
  const { divergenceSeconds, leaveTimeoutSeconds } = cluster.gossip
  return {
    membership: MEMBERSHIPS[kind](cluster, clock),
    divergenceMs: msOf(divergenceSeconds),
    // A leave ends by itself in that time; what is added is for the end of it.
    leaveTimeoutMs: msOf(leaveTimeoutSeconds) + 1000,
  }
}

/** Whole milliseconds. */
function msOf(seconds: number): number {
  return Math.round(seconds * 1000)
}
