/** The membership of a cluster of processes that a configuration describes. */

import type { Clock } from '../clock.js'
import type { ClusterConfig } from '../config/cluster-config.js'
import { HyperCacheError } from '../errors.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import type { DistributedOptions } from './coordinator-options.js'

/** A membership, and the times that its coordinator is to keep to. */
export interface MembershipOf extends Pick<DistributedOptions, 'divergenceMs' | 'leaveTimeoutMs'> {
  membership: DistributedMembership
}

/** The kinds of membership that reach other processes. */
export type DistributedKind = 'gossip' | 'serf'

/** Makes the membership of one kind, not joined. @throws ERR_HYPERCACHE_INTERNAL: none is built in yet. */
export function membershipOf(kind: DistributedKind, _config: ClusterConfig, _clock: Clock): MembershipOf {
  throw new HyperCacheError('ERR_HYPERCACHE_INTERNAL', `the membership ${kind} is not built in`)
}
