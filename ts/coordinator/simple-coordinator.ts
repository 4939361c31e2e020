/** The coordinator of one node. */

import type { ClusterConfigInput } from '../config/cluster-config-input.js'
import { validateClusterConfig } from '../config/load-config.js'
import { localNodeOf } from '../membership/local-node.js'
import { SimpleMembership } from '../membership/simple-membership.js'
import { ClusterNode } from './cluster-node.js'
import { type CoordinatorOptions, checkedCoordinatorOptions } from './coordinator-options.js'

/** Everything for a cluster of one node. It opens no socket. */
export class SimpleCoordinator extends ClusterNode<SimpleMembership> {
  /**
   * @param config As `validateClusterConfig` takes it; every field has a default.
   * @throws ERR_HYPERCACHE_CONFIG_INVALID, ERR_HYPERCACHE_UNKNOWN_FIELD, ERR_HYPERCACHE_UNKNOWN_SELECTION; as
   * `HashRing`, for a hash function that does not go with the configuration.
   */
  constructor(config: ClusterConfigInput = {}, options: CoordinatorOptions = {}) {
    const checked = checkedCoordinatorOptions(options)
    const validated = validateClusterConfig(config)
    const membership = new SimpleMembership(localNodeOf(validated.cluster), checked.clock)
    super(validated, checked, { membership })
  }
}
