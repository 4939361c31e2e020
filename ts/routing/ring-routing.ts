/** Routing by a ring whose nodes are the members. */

import { checkedText, listOf } from '../checks.js'
import { nowMs } from '../clock.js'
import { HyperCacheError, shown } from '../errors.js'
import { guarded } from '../native.js'
import { type FollowedChange, NodeRuntime } from '../node-runtime.js'
import { type HashRing, followable } from '../ring/hash-ring.js'
import type { Distribution, Key, RingMetrics } from '../types.js'
import { type ReplicaSelection, type ReplicaSelector, selectorOf } from './replica-selection.js'
import type { RoutingProvider } from './routing-provider.js'

/** What a routing provider is made of. */
export interface RingRoutingOptions {
  localNodeId: string
  ring: HashRing
  /** Whether the placement depends on a secret: see {@link RoutingProvider.isSeeded}. */
  isSeeded: boolean
  /** @defaultValue 'first' */
  replicaSelection?: ReplicaSelection | undefined
  /** Zone of the local node. */
  zone?: string | undefined
  /**
   * What has the ring follow members. @defaultValue one of its own, made when it is first asked to follow
   *
   * @internal
   */
  runtime?: NodeRuntime | undefined
}

/** Asks a ring, and keeps it as the members are. */
export class RingRouting implements RoutingProvider {
  readonly localNodeId: string
  readonly ring: HashRing
  readonly isSeeded: boolean
  readonly #selector: ReplicaSelector | undefined
  readonly #zone: string | undefined
  #runtime: NodeRuntime | undefined

  /** @throws ERR_HYPERCACHE_UNKNOWN_SELECTION. */
  constructor(options: RingRoutingOptions) {
    const { localNodeId, ring, isSeeded, replicaSelection = 'first', zone, runtime } = options
    this.localNodeId = localNodeId
    this.ring = ring
    this.isSeeded = isSeeded
    this.#selector = selectorOf(replicaSelection)
    this.#zone = zone
    this.#runtime = runtime
  }

  routeKey(key: Key): string {
    return this.ring.getNode(key)
  }

  getReplicas(key: Key, count?: number): string[] {
    return this.ring.getReplicas(key, count)
  }

  selectReplica(key: Key, selection?: ReplicaSelection): string {
    const selector = selection === undefined ? this.#selector : selectorOf(selection)
    // The first of the replicas is the owner: there is nothing to choose.
    if (selector === undefined) return this.ring.getNode(key)
    const replicas = this.ring.getReplicas(key)
    // A replica that left the ring in this very moment (another thread's change) cannot be asked.
    const nodes = replicas.map((id) => this.ring.node(id)).filter((node) => node !== undefined)
    if (nodes.length === 0) return replicas[0]!
    const zone = this.#zone === undefined ? {} : { localZone: this.#zone }
    return chosen(selector, nodes, { localNodeId: this.localNodeId, ...zone })
  }

  isLocal(key: Key): boolean {
    return this.ring.getNode(key) === this.localNodeId
  }

  isReplica(key: Key): boolean {
    return this.ring.getReplicas(key).includes(this.localNodeId)
  }

  getKeysForNode(nodeId: string, keys: Iterable<Key>): Key[] {
    const id = checkedText('nodeId', nodeId)
    const list = listOf('keys', keys) as Key[]
    if (!this.ring.hasNode(id)) {
      throw new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_NODE', `there is no node ${shown(id)} in the ring`)
    }
    const owners = list.length === 0 ? [] : this.ring.getNodeBatch(list)
    return list.filter((_, index) => owners[index] === id)
  }

  analyzeDistribution(keys: Iterable<Key>): Distribution {
    return this.ring.analyzeDistribution(keys)
  }

  metrics(): RingMetrics {
    return this.ring.getMetrics()
  }

  /**
   * Makes the ring follow changes of the members, as one change of the ring. Where the ring takes not all of
   * them, as it does not take more points than it may have, it follows those that it takes one by one; the
   * others are tried again when the ring changes.
   *
   * @throws The first refusal.
   */
  follow(changes: readonly FollowedChange[]): void {
    this.#runtime ??= this.#ownRuntime()
    const refusals = this.#runtime.apply(changes, nowMs(), { tokensOf: followable(this.ring).tokensOf })
    if (refusals.length > 0) throw refusals[0]!
  }

  #ownRuntime(): NodeRuntime {
    const runtime = new NodeRuntime(this.localNodeId)
    guarded(() => runtime.native.follow(followable(this.ring).native, nowMs()))
    return runtime
  }
}

function chosen(selector: ReplicaSelector, ...[nodes, context]: Parameters<ReplicaSelector>): string {
  let answer: unknown
  try {
    answer = selector(nodes, context)
  } catch (cause) {
    const message = 'the replica selection threw; see the cause'
    throw new HyperCacheError('ERR_HYPERCACHE_SELECTION_FAILED', message, { cause })
  }
  if (nodes.some(({ id }) => id === answer)) return answer as string
  const ids = nodes.map(({ id }) => shown(id)).join(', ')
  throw new HyperCacheError(
    'ERR_HYPERCACHE_SELECTION_FAILED',
    `the replica selection answered ${shown(answer)}; it must be one of the key's replicas, ${ids}`,
  )
}
