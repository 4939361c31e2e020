/** The contract of routing providers. */

import type { HashRing } from '../ring/hash-ring.js'
import type { Distribution, Key, RingMetrics } from '../types.js'
import type { ReplicaSelection } from './replica-selection.js'

/** Knows which node answers for a key. It decides and sends nothing on. */
export interface RoutingProvider {
  readonly localNodeId: string
  /**
   * The ring that it asks: to plan, explain, watch, or ask in batches. Its nodes are the members, kept up to
   * date by the coordinator: a change made here by hand lasts until that member changes.
   */
  readonly ring: HashRing
  /**
   * Whether the placement depends on something that strangers should not learn: a hash seed, or a hash
   * function of the user's own. Then no token may be shown to them.
   */
  readonly isSeeded: boolean

  /** The node that owns a key. @throws As {@link HashRing.getNode}. */
  routeKey(key: Key): string

  /** The owner of a key and the nodes that follow it, in order. @throws As {@link HashRing.getReplicas}. */
  getReplicas(key: Key, count?: number): string[]

  /**
   * Who of a key's replicas is to be asked. Placement is not changed by it.
   *
   * @param selection @defaultValue the one the provider was made with
   * @throws As {@link getReplicas}; ERR_HYPERCACHE_UNKNOWN_SELECTION, ERR_HYPERCACHE_SELECTION_FAILED.
   */
  selectReplica(key: Key, selection?: ReplicaSelection): string

  /** Whether the local node owns a key. @throws As {@link routeKey}. */
  isLocal(key: Key): boolean

  /** Whether the local node is one of a key's replicas. @throws As {@link getReplicas}. */
  isReplica(key: Key): boolean

  /**
   * Those of the keys that a node owns, in order.
   *
   * @throws As {@link HashRing.getNodeBatch}; ERR_HYPERCACHE_UNKNOWN_NODE.
   */
  getKeysForNode(nodeId: string, keys: Iterable<Key>): Key[]

  /** How keys spread over the nodes. @throws As {@link HashRing.analyzeDistribution}. */
  analyzeDistribution(keys: Iterable<Key>): Distribution

  /** Counters and sizes of the ring. */
  metrics(): RingMetrics
}
