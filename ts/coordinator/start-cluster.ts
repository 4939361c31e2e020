/** The way in: a coordinator, started. */

import { systemClock } from '../clock.js'
import type { ClusterConfigInput } from '../config/cluster-config-input.js'
import type { ClusterConfig } from '../config/cluster-config.js'
import { validateClusterConfig } from '../config/load-config.js'
import type { CoordinatorOptions } from './coordinator-options.js'
import type { CoordinatorService } from './coordinator-service.js'
import { DistributedCoordinator } from './distributed-coordinator.js'
import { type DistributedKind, membershipOf } from './membership-of.js'
import { SimpleCoordinator } from './simple-coordinator.js'

type MakeCoordinator = (config: ClusterConfig, options: CoordinatorOptions) => CoordinatorService

const distributed =
  (kind: DistributedKind): MakeCoordinator =>
  (config, options) => {
    const { membership, ...times } = membershipOf(kind, config, options.clock ?? systemClock)
    try {
      // Its sockets are there to be reached: as a server, it has the process go on.
      const { keepsProcessAlive = true } = options
      return new DistributedCoordinator(config, membership, { ...options, keepsProcessAlive, ...times })
    } catch (error) {
      membership.close()
      throw error
    }
  }

/** The coordinators there are, by the name that `cluster.membership` gives. */
const COORDINATORS: Readonly<
  Record<ClusterConfig['cluster']['membership'] | DistributedKind, MakeCoordinator>
> = {
  simple: (config, options) => new SimpleCoordinator(config, options),
  gossip: distributed('gossip'),
  serf: distributed('serf'),
}

/** The coordinator that `cluster.membership` of a configuration names, idle. */
export function makeCoordinator(config: ClusterConfig, options: CoordinatorOptions = {}): CoordinatorService {
  return COORDINATORS[config.cluster.membership](config, options)
}

/**
 * Makes the coordinator that `cluster.membership` names, and starts it. It serves no HTTP: `startHttpServer`
 * does.
 *
 * @param config Checked as by `validateClusterConfig`; every field has a default.
 * @throws ERR_HYPERCACHE_CONFIG_INVALID; as `CoordinatorService.start`. Then nothing is left behind.
 */
export async function startCluster(
  config: ClusterConfigInput = {},
  options: CoordinatorOptions = {},
): Promise<CoordinatorService> {
  const coordinator = makeCoordinator(validateClusterConfig(config), options)
  try {
    await coordinator.start()
  } catch (error) {
    await coordinator.close()
    throw error
  }
  return coordinator
}
