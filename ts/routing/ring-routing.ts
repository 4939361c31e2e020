/** Routing by a ring whose nodes are the members. */

import type { Member, MembershipChange } from '../cluster-types.js'
import { checkedText, listOf } from '../checks.js'
import { hostPort } from '../config/addresses.js'
import { HyperCacheError, shown } from '../errors.js'
import type { HashRing } from '../ring/hash-ring.js'
import type { Distribution, Key, NodeSpec, RingMetrics } from '../types.js'
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
}

/** Asks a ring, and keeps it as the members are. */
export class RingRouting implements RoutingProvider {
  readonly localNodeId: string
  readonly ring: HashRing
  readonly isSeeded: boolean
  readonly #selector: ReplicaSelector | undefined
  readonly #zone: string | undefined

  /** @throws ERR_HYPERCACHE_UNKNOWN_SELECTION. */
  constructor({ localNodeId, ring, isSeeded, replicaSelection = 'first', zone }: RingRoutingOptions) {
    this.localNodeId = localNodeId
    this.ring = ring
    this.isSeeded = isSeeded
    this.#selector = selectorOf(replicaSelection)
    this.#zone = zone
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
   * them, as it does not take more points than it may have, it follows those that it takes one by one.
   *
   * @throws The first refusal.
   */
  follow(changes: readonly Pick<MembershipChange, 'type' | 'member'>[]): void {
    const last = new Map(
      changes.map(({ type, member }) => [
        member.id,
        type === 'left' || type === 'reaped' ? undefined : member,
      ]),
    )
    const isWhole = last.size > 1 && this.#setAll(last)
    const refusals = isWhole ? [] : [...last].flatMap(([id, member]) => this.#setOne(id, member) ?? [])
    for (const [id, member] of last) {
      if (member?.load !== undefined && this.ring.hasNode(id)) this.ring.updateNodeLoad(id, member.load)
    }
    if (refusals.length > 0) throw refusals[0]!
  }

  /**
   * Has nodes be as these members are, or be gone. Answers whether the ring took it; else it is as it was.
   */
  #setAll(members: ReadonlyMap<string, Member | undefined>): boolean {
    const specs: NodeSpec[] = []
    for (const { id, address, weight, zone, status, capabilities, metadata } of this.ring.nodes()) {
      if (!members.has(id)) specs.push({ id, address, weight, zone, status, capabilities, metadata })
    }
    for (const [id, member] of members) {
      if (member !== undefined) specs.push({ id, zone: member.zone, ...fieldsOf(member) })
    }
    try {
      this.ring.setNodes(specs)
      return true
    } catch {
      return false
    }
  }

  /** The same of one node. Answers the refusal, if any. */
  #setOne(id: string, member: Member | undefined): Error | undefined {
    try {
      const isThere = this.ring.hasNode(id)
      if (member === undefined) {
        if (isThere) this.ring.removeNode(id)
        return undefined
      }
      const { zone } = member
      // A node that is there already is updated: a member that came back elsewhere is to be found there.
      if (isThere) this.ring.updateNode(id, { ...fieldsOf(member), zone: zone ?? null })
      else this.ring.addNode({ id, zone, ...fieldsOf(member) })
      return undefined
    } catch (error) {
      return error as Error
    }
  }
}

/** What the ring knows of a member besides its id and its zone. */
function fieldsOf({ address, port, weight, status, capabilities, metadata }: Member) {
  return { address: hostPort(address, port), weight, status, capabilities, metadata }
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
