/** The coordinator of a node in a cluster of processes. */

import type { ClusterConfigInput } from '../config/cluster-config-input.js'
import { validateClusterConfig } from '../config/load-config.js'
import { HyperCacheError, shown } from '../errors.js'
import { placementOf } from '../membership/placement.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import { ClusterNode } from './cluster-node.js'
import { type DistributedOptions, checkedDistributedOptions } from './coordinator-options.js'
import { NodeNetwork } from './node-network.js'

/**
 * Holds a node together whose members are in other processes. Besides what every coordinator does, it has
 * broadcasts of its bus reach every live member, tells the checksum of its ring and watches that those of the
 * others are the same (events `ring:diverged`, `ring:agreed`; health check `ring`), and says what stands
 * against its network (health check `network`).
 *
 * `stop` waits for the leave as long as `leaveTimeoutMs`; one that fails or takes longer becomes a process
 * warning with the code ERR_HYPERCACHE_LEAVE_FAILED.
 */
export class DistributedCoordinator extends ClusterNode<DistributedMembership> {
  /**
   * @param config As `validateClusterConfig` takes it; every field has a default.
   * @param membership Of the node that the configuration names. The coordinator joins, leaves and closes it.
   * @throws As `SimpleCoordinator`; ERR_HYPERCACHE_OUT_OF_RANGE; ERR_HYPERCACHE_INVALID_TEXT for the
   * membership of another node.
   */
  constructor(
    config: ClusterConfigInput,
    membership: DistributedMembership,
    options: DistributedOptions = {},
  ) {
    const { common, divergenceMs, leaveTimeoutMs } = checkedDistributedOptions(options)
    const validated = validateClusterConfig(config)
    const { nodeId } = validated.cluster
    if (membership.localNodeId !== nodeId) {
      const message =
        `the membership is that of the node ${shown(membership.localNodeId)}; ` +
        `it must be that of the configuration, ${shown(nodeId)}`
      throw new HyperCacheError('ERR_HYPERCACHE_INVALID_TEXT', message)
    }
    super(validated, common, {
      membership,
      leaveTimeoutMs,
      carrier: (message) => membership.broadcast(message),
      divergenceMs,
      networkOf: (parts) => new NodeNetwork(membership, parts),
    })
    const { hashFunction, hashSeed } = validated.cluster.hashRing
    membership.usePlacement?.(placementOf(common.hashFunction ?? hashFunction, hashSeed))
  }
}
