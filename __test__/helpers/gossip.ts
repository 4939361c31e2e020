/** Gossip memberships for tests: quick timers, real sockets of this machine. */

import type { GossipConfig, HashRingConfig } from '../../dist/index.js'
import { validateClusterConfig } from '../../dist/index.js'
import { GossipMembership } from '../../dist/membership/gossip/gossip-membership.js'
import type { GossipMembershipOptions } from '../../dist/membership/gossip/gossip-options.js'
import { until } from './until'

/** Quick, and forgiving enough for a machine that has other things to do. */
export const QUICK: GossipConfig = {
  probeIntervalSeconds: 0.4,
  probeTimeoutSeconds: 0.2,
  indirectProbeCount: 3,
  suspicionMultiplier: 4,
  gossipIntervalSeconds: 0.05,
  gossipFanout: 3,
  retransmitMultiplier: 4,
  syncIntervalSeconds: 0.3,
  syncTimeoutSeconds: 2,
  seedRetryMaxSeconds: 0.3,
  leaveTimeoutSeconds: 1,
  reapAfterSeconds: 3_600,
  divergenceSeconds: 1,
}

export const HASH_RING: HashRingConfig = validateClusterConfig({}).cluster.hashRing

/** Options of a member on a port of its own. */
export function gossipOptions(
  id: string,
  {
    local,
    gossip,
    hashRing,
    ...rest
  }: Partial<Omit<GossipMembershipOptions, 'local' | 'gossip' | 'hashRing'>> & {
    local?: Partial<GossipMembershipOptions['local']>
    gossip?: Partial<GossipConfig>
    hashRing?: Partial<HashRingConfig>
  } = {},
): GossipMembershipOptions {
  return {
    local: { id, address: '127.0.0.1', port: 1, ...local },
    bindAddress: '127.0.0.1',
    bindPort: 0,
    clusterName: 'test',
    hashRing: { ...HASH_RING, ...hashRing },
    gossip: { ...QUICK, ...gossip },
    failureDetectionTimeoutSeconds: 30,
    ...rest,
  }
}

const made = new Set<GossipMembership>()

/** A member that is closed by `closeMembers`. */
export function gossipMember(id: string, options?: Parameters<typeof gossipOptions>[1]): GossipMembership {
  const membership = new GossipMembership(gossipOptions(id, options))
  made.add(membership)
  return membership
}

/** Closes all members that were made. */
export function closeMembers(): void {
  made.forEach((membership) => membership.close())
  made.clear()
}

/** Where others reach a member that has joined. */
export function addressOf(membership: GossipMembership): string {
  const { address, port } = membership.member(membership.localNodeId)!
  return `${address}:${port}`
}

/** The members that one sees, as `id status`. */
export const viewOf = (membership: GossipMembership): string[] =>
  membership.members().map(({ id, status }) => `${id} ${status}`)

/** A member that has joined, with nobody. */
export async function joined(...args: Parameters<typeof gossipMember>): Promise<GossipMembership> {
  const membership = gossipMember(...args)
  await membership.join([])
  return membership
}

/** Resolves when a member sees these, each as `id status`. */
export const sees = (membership: GossipMembership, ...wanted: string[]): Promise<void> =>
  until(
    () => viewOf(membership).join() === wanted.join(),
    () => viewOf(membership),
  )
