/** Options of coordinators. */

import { checkedCount, checkedFields } from '../checks.js'
import type { Clock } from '../clock.js'
import type { ReplicaSelection } from '../routing/replica-selection.js'
import type { HashFunction } from '../types.js'

/** What a coordinator can be given besides its configuration. */
export interface CoordinatorOptions {
  /** Where the time comes from. @defaultValue the machine's clock */
  clock?: Clock | undefined
  /** In place of `hash_ring.hash_function`: see `HashRingOptions.hashFunction`. */
  hashFunction?: HashFunction | undefined
  /** Who of a key's replicas `routing.selectReplica` answers. @defaultValue 'first' */
  replicaSelection?: ReplicaSelection | undefined
  /**
   * Whether the process lives on while the coordinator is started. @defaultValue false; true for one that
   * `startCluster` makes of `membership: gossip` or `serf`
   */
  keepsProcessAlive?: boolean | undefined
}

/** What a coordinator of a cluster of processes can be given besides. */
export interface DistributedOptions extends CoordinatorOptions {
  /**
   * How long the rings of members may differ until that is told and the node is not ready any more, in
   * milliseconds, 1 to 86,400,000. @defaultValue 30_000
   */
  divergenceMs?: number | undefined
  /**
   * How long `stop` waits for the others to learn of it, in milliseconds, 1 to 600,000. @defaultValue 5_000
   */
  leaveTimeoutMs?: number | undefined
}

const OPTIONS: ReadonlySet<string> = new Set<keyof CoordinatorOptions>([
  'clock',
  'hashFunction',
  'replicaSelection',
  'keepsProcessAlive',
])
const DISTRIBUTED_OPTIONS: ReadonlySet<string> = new Set([...OPTIONS, 'divergenceMs', 'leaveTimeoutMs'])

const DIVERGENCE_MS = 30_000
const DIVERGENCE_MS_MAX = 86_400_000
const LEAVE_TIMEOUT_MS = 5_000
const LEAVE_TIMEOUT_MS_MAX = 600_000

/** @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_UNKNOWN_FIELD. */
export function checkedCoordinatorOptions(options: unknown): CoordinatorOptions {
  return checkedFields('options', options, OPTIONS)
}

/** Options of a coordinator of a cluster of processes, its own apart and complete. */
export interface CheckedDistributedOptions {
  common: CoordinatorOptions
  divergenceMs: number
  leaveTimeoutMs: number
}

/** The options apart, with the times complete. @throws The same, and ERR_HYPERCACHE_OUT_OF_RANGE. */
export function checkedDistributedOptions(options: unknown): CheckedDistributedOptions {
  const fields: DistributedOptions = checkedFields('options', options, DISTRIBUTED_OPTIONS)
  const { divergenceMs = DIVERGENCE_MS, leaveTimeoutMs = LEAVE_TIMEOUT_MS, ...common } = fields
  return {
    common,
    divergenceMs: checkedCount(divergenceMs, 'options.divergenceMs', DIVERGENCE_MS_MAX),
    leaveTimeoutMs: checkedCount(leaveTimeoutMs, 'options.leaveTimeoutMs', LEAVE_TIMEOUT_MS_MAX),
  }
}
