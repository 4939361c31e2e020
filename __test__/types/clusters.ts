/** What a compiler must say of a cluster of processes. Compiled, never run. */

import {
  type CoordinatorService,
  DistributedCoordinator,
  type DistributedMembership,
  GossipMembership,
  type MembershipChangeType,
  SimpleMembership,
} from '../../dist/index.js'

export function membersElsewhere(membership: DistributedMembership) {
  const coordinator = new DistributedCoordinator({}, membership, { divergenceMs: 5_000, leaveTimeoutMs: 100 })
  coordinator satisfies CoordinatorService
  coordinator.membership.ringChecksums() satisfies ReadonlyMap<string, string>
  coordinator.metrics().network?.droppedByReason.garbage satisfies number | undefined
  coordinator.membership.subscribeBatch((changes) => changes[0]!.type satisfies MembershipChangeType)
  // @ts-expect-error -- no membership
  new DistributedCoordinator({})
  // @ts-expect-error -- the membership of a node alone
  new DistributedCoordinator({}, new SimpleMembership({ id: 'a', address: '127.0.0.1', port: 1 }))
  // @ts-expect-error -- whom it is to be
  new GossipMembership({})
}
