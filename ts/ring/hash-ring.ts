/// <reference types="node" preserve="true" />

// Over 400 lines, because the class is one thing with private state, and half of it is its documentation.

import { types } from 'node:util'

import { checkedCount, checkedNumber, checkedText, isWellFormed, listOf } from '../checks.js'
import { nowMs } from '../clock.js'
import { HyperCacheError, wrongType } from '../errors.js'
import {
  type NativeNode,
  type NativeNodeSpec,
  Place,
  Reason,
  binding,
  calls,
  environment,
  type NativeRing,
  guarded,
  internal,
} from '../native.js'
import type {
  BoundedOptions,
  Distribution,
  Explanation,
  HashRingOptions,
  Key,
  Movement,
  MovementPlan,
  NodeChange,
  NodeOwnership,
  NodeSpec,
  NodeStatus,
  PackedKeys,
  PackedOwners,
  PlanOptions,
  PlannedChange,
  RingChange,
  RingMetrics,
  RingNode,
  RingPoint,
  SetNodesResult,
  StopWatching,
  WatchOptions,
} from '../types.js'
import {
  MAX_LOAD_FACTOR,
  checkedChange,
  checkedIds,
  checkedLoadFactor,
  checkedOptions,
  checkedPlannedChange,
  checkedReplicas,
  checkedSpec,
  checkedSpecs,
} from './arguments.js'
import { CustomHash, countKeys, knownTokens, tokensOfPacked } from './custom-hash.js'
import { bytesOf, isDetached, notAKey, packed } from './keys.js'
import { metricsOf } from './metrics.js'
import { RingMovement, RingPlan } from './movement.js'
import { Watchers } from './watchers.js'

// Copies in this module's scope: a lookup reads them directly, not through another module's exports.
const { mailbox, owner, ownerOfBytes, replicas, replicasOfBytes, ownersOfJoined, ownersOfPacked } = calls
const { ownerBounded, ownerBoundedOfBytes } = calls
const { ownerOfToken, replicasOfToken, ownerBoundedOfToken, ownersOfTokens } = calls

/** What no answer carries: versions are not negative, and reasons are few. A small integer, as marks are. */
const NO_MARK = -1000

/** Keys of a batch that are joined into one string, and the most units it may have. */
const CHUNK_KEYS = 512
const CHUNK_UNITS = 1 << 20

/** What `countDistribution` answers. */
export interface DistributionCounter {
  /** Counts keys. */
  add(keys: PackedKeys): void
  /** The figures so far. */
  result(): Distribution
}

/**
 * Begins to count keys by owner, for callers that have their keys packed. The ring as it is now is used to
 * the end.
 *
 * @internal
 */
export let countDistribution: (ring: HashRing) => DistributionCounter

/**
 * What a node needs of a ring that is to follow its members: the native ring, and where its hash function is
 * JavaScript, what hashes virtual nodes.
 *
 * @internal
 */
export let followable: (ring: HashRing) => { native: NativeRing; tokensOf: TokensOf | undefined }

/** The tokens of a node's virtual nodes, at least as many as its weight asks for. */
type TokensOf = (id: string, weight: number) => BigUint64Array

/**
 * A consistent-hash ring: which node owns a key.
 *
 * Virtual node `i` of node `ID` is placed by XXH64 of `ID:i`; the owner of a key is the node of the first
 * point at or above the key's hash, among the nodes whose status may answer (Karger et al., 1997). The same
 * nodes and options give the same owners in every process, on every platform and in every release with the
 * same major version.
 *
 * Changes are all or nothing, and seen whole by the next lookup. Every error is a {@link HyperCacheError}.
 *
 * @example
 * const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
 * ring.getNode('key:0') // 'node2'
 */
export class HashRing {
  readonly #native
  readonly #hash: CustomHash | undefined
  readonly #watchers: Watchers
  readonly #hasLookupCache: boolean
  readonly #replicationFactor: number
  readonly #label: string
  /** Number of this ring in the mailbox; −1 once closed. */
  #number: number
  /** Names of slots, good for answers that carry `#mark`. */
  readonly #names: string[] = []
  #mark = NO_MARK
  #namesVersion = 0

  static {
    countDistribution = (ring) => {
      const counter = guarded(() => ring.#native.distribution())
      return {
        add: (keys) => countKeys(counter, keys, ring.#hash),
        result: () => counter.result(),
      }
    }
    followable = (ring) => {
      const hash = ring.#hash
      const tokensOf =
        hash && ((id: string, weight: number) => hash.tokensOf(id, weight, knownTokens(ring.#native)))
      return { native: ring.#native, tokensOf }
    }
  }

  /**
   * Makes a ring, at version 1.
   *
   * @throws An unknown option or field, a value of a wrong type or out of its bounds, an id given twice.
   */
  constructor(options?: HashRingOptions) {
    if (options instanceof binding.NativeRing) this.#native = options
    else {
      const { native, nodes, hashFunction } = checkedOptions(options)
      if (hashFunction !== undefined) this.#hash = new CustomHash(hashFunction, native.virtualNodeCount)
      const specs = this.#hash === undefined ? nodes : this.#hash.withTokens(nodes, () => null)
      this.#native = guarded(() => new binding.NativeRing(environment, native, specs, nowMs()))
    }
    this.#watchers = new Watchers(this.#native)
    this.#number = this.#native.number
    const { replicationFactor, hashFunction, zoneAware, hasLookupCache } = this.#native.options()
    this.#hasLookupCache = hasLookupCache
    this.#replicationFactor = replicationFactor
    this.#label = hashFunction + (zoneAware ? ', zone-aware' : '')
  }

  /**
   * The ring of a handle, in any thread of the process that made it: the same ring, not a copy. Whatever one
   * thread changes, the others see at their next call. The ring lives until every thread has closed its
   * object or ended.
   *
   * @throws ERR_HYPERCACHE_INVALID_HANDLE, ERR_HYPERCACHE_RING_GONE where no thread has it any more.
   */
  static attach(handle: string): HashRing {
    if (typeof handle !== 'string') throw wrongType('handle', handle, 'a string that handle() answered')
    return HashRing.#of(guarded(() => binding.NativeRing.attach(environment, handle)))
  }

  /**
   * A ring from bytes that {@link serialize} made, on any machine: with the same checksum, at version 1.
   *
   * @throws ERR_HYPERCACHE_INVALID_BYTES where the bytes are damaged, cut off, foreign, or of a later
   * version.
   */
  static deserialize(bytes: Uint8Array): HashRing {
    if (!types.isUint8Array(bytes) || isDetached(bytes)) {
      throw wrongType('bytes', bytes, 'a Uint8Array whose buffer is not detached')
    }
    const own = bytesOf('bytes', bytes)
    return HashRing.#of(guarded(() => binding.NativeRing.deserialize(environment, own, nowMs())))
  }

  /**
   * What moves from one ring to another, which must have the same hash function and seed.
   *
   * @throws ERR_HYPERCACHE_DIFFERENT_HASH, ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_RING_CLOSED.
   */
  static diff(before: HashRing, after: HashRing, options: PlanOptions = {}): Movement {
    for (const [what, ring] of [
      ['before', before],
      ['after', after],
    ] as const) {
      if (!(ring instanceof HashRing)) throw wrongType(what, ring, 'a HashRing')
    }
    const count = checkedReplicas(options)
    if (before.#hash !== undefined && after.#hash !== undefined && !before.#hash.equals(after.#hash)) {
      const message = 'the two rings have different hash functions of their own: their tokens do not compare'
      throw new HyperCacheError('ERR_HYPERCACHE_DIFFERENT_HASH', message)
    }
    return new RingMovement(
      guarded(() => before.#native.diff(after.#native)),
      before.#hash,
      count,
    )
  }

  /** The object of a ring that native code has already. */
  static #of(native: object): HashRing {
    return new HashRing(native)
  }

  /**
   * The id of the node that owns a key: the first clockwise whose status may answer.
   *
   * @throws ERR_HYPERCACHE_NO_ROUTABLE_NODE where there is none, ERR_HYPERCACHE_INVALID_KEY.
   */
  getNode(key: Key): string {
    mailbox[Place.Ring] = this.#number
    if (typeof key === 'string') owner(key)
    else ownerOfBytes(key)
    return mailbox[Place.Mark] === this.#mark ? this.#names[mailbox[Place.Slots]!]! : this.#getNodeAfter(key)
  }

  /**
   * The owner of a key and the next distinct nodes clockwise that may answer, in order; with `zoneAware`
   * spread over zones. `getReplicas(key, n)` is the beginning of `getReplicas(key, n + 1)`.
   *
   * @param count How many, 1 to 65,535; all where there are fewer.
   * @returns Ids, in an array of the caller's own.
   * @throws ERR_HYPERCACHE_NO_ROUTABLE_NODE, ERR_HYPERCACHE_INVALID_KEY, ERR_HYPERCACHE_OUT_OF_RANGE.
   */
  getReplicas(key: Key, count: number = this.#replicationFactor): string[] {
    if (count !== this.#replicationFactor) checkedCount(count)
    mailbox[Place.Ring] = this.#number
    mailbox[Place.Count] = count
    if (typeof key === 'string') replicas(key)
    else replicasOfBytes(key)
    if (mailbox[Place.Mark] !== this.#mark) {
      const readable = readableForm(key)
      if (readable !== undefined) return this.getReplicas(readable, count)
      this.#settleKey(key, replicasOfToken, count)
    }
    const names = this.#names
    switch (mailbox[Place.Count]) {
      case 1:
        return [names[mailbox[Place.Slots]!]!]
      case 2:
        return [names[mailbox[Place.Slots]!]!, names[mailbox[Place.Slots + 1]!]!]
      case 3:
        return [
          names[mailbox[Place.Slots]!]!,
          names[mailbox[Place.Slots + 1]!]!,
          names[mailbox[Place.Slots + 2]!]!,
        ]
      default:
        return manyNames(names)
    }
  }

  /**
   * The first node clockwise that may answer and has room for one more request in flight: {@link acquire} and
   * {@link release} count them. A node has room below ceil(maxLoadFactor × (requests in flight + 1) × weight
   * ÷ weights of the nodes that may answer): consistent hashing with bounded loads (Mirrokni, Thorup,
   * Zadimoghaddam, 2016). While nobody is full it is the owner. It counts nothing itself.
   *
   * @throws As {@link getNode}; ERR_HYPERCACHE_OUT_OF_RANGE.
   */
  getNodeBounded(key: Key, options?: BoundedOptions): string {
    const factor = options === undefined ? MAX_LOAD_FACTOR : checkedLoadFactor(options)
    mailbox[Place.Ring] = this.#number
    if (typeof key === 'string') ownerBounded(key, factor)
    else ownerBoundedOfBytes(key, factor)
    if (mailbox[Place.Mark] !== this.#mark) {
      const readable = readableForm(key)
      if (readable !== undefined) return this.getNodeBounded(readable, options)
      this.#settleKey(key, (token) => ownerBoundedOfToken(token, factor))
    }
    return this.#names[mailbox[Place.Slots]!]!
  }

  /** Counts a request that goes to a node, for all threads. @throws ERR_HYPERCACHE_UNKNOWN_NODE. */
  acquire(node: string): void {
    const checked = checkedText('node', node)
    guarded(() => this.#native.acquire(checked))
  }

  /**
   * Counts a request that has ended. Good in a `finally`: a node that has left the ring in between is no
   * error.
   *
   * @returns Whether the node had a request in flight. `false` where it was not acquired, or has left the
   * ring since: its requests have left the count with it. Of a node that came back and was acquired again,
   * the old request cannot be told from the new.
   */
  release(node: string): boolean {
    const checked = checkedText('node', node)
    return guarded(() => this.#native.release(checked))
  }

  /**
   * The owners of many keys, in order, all from one version of the ring.
   *
   * @throws As {@link getNode}; the message names the index of a bad key.
   */
  getNodeBatch(keys: Iterable<Key>): string[] {
    const answers = listOf('keys', keys) as Key[]
    if (this.#hash !== undefined) return this.#getBatchOfBytes(answers)
    for (let index = 0; index < answers.length; index += 1) {
      if (typeof answers[index] !== 'string') return this.#getBatchOfBytes(answers)
    }
    const names = this.#names
    for (let start = 0; start < answers.length;) {
      const end = this.#findChunk(answers as string[], start)
      for (let index = start; index < end; index += 1)
        answers[index] = names[mailbox[Place.Slots + index - start]!]!
      start = end
    }
    this.#tellMemory()
    return answers as string[]
  }

  /**
   * The owners of many keys that are in one buffer already, without a string made on the way.
   *
   * @throws ERR_HYPERCACHE_INVALID_PACKED_KEYS where the offsets fall or leave the bytes; as {@link
   * getNode}.
   */
  getNodeBatchPacked(keys: PackedKeys): PackedOwners {
    if (typeof keys !== 'object' || keys === null)
      throw wrongType('keys', keys, 'an object of bytes and offsets')
    if (typeof keys.bytes === 'string') throw wrongType('keys.bytes', keys.bytes, 'a Uint8Array')
    const bytes = bytesOf('keys.bytes', keys.bytes)
    const offsets = checkedOffsets(keys.offsets)
    const slots = new Int32Array(Math.max(offsets.length - 1, 0))
    mailbox[Place.Ring] = this.#number
    mailbox[Place.IsSameSnapshot] = 0
    ownersOfPacked(bytes, offsets, slots)
    if (mailbox[Place.Mark] === Reason.CustomHash) this.#findByTokens({ bytes, offsets }, slots)
    if (mailbox[Place.Mark] === Reason.BadEnds) {
      const rule = `one more than the keys, never fall, and end within the ${bytes.length} bytes`
      const message = `keys.offsets has ${offsets.length} numbers; they must be ${rule}`
      throw new HyperCacheError('ERR_HYPERCACHE_INVALID_PACKED_KEYS', message)
    }
    if (mailbox[Place.Mark] !== this.#mark) this.#settle('keys', keys)
    this.#tellMemory()
    return { slots, names: this.#names.slice() }
  }

  /**
   * Adds a node. Keys move only to it.
   *
   * @throws A field of a wrong type or out of its bounds, an id that is in the ring, more than 65,535 nodes
   * or 16,000,000 points.
   */
  addNode(node: string | NodeSpec): void {
    const specs = this.#withTokens([checkedSpec('node', node)])
    guarded(() => this.#native.addNodes(specs, nowMs()))
  }

  /** Adds nodes, all or none, as one change. @throws As {@link addNode}. */
  addNodes(nodes: Iterable<string | NodeSpec>): void {
    const specs = this.#withTokens(checkedSpecs('nodes', nodes))
    guarded(() => this.#native.addNodes(specs, nowMs()))
  }

  /** Removes a node. Only its keys move. @throws ERR_HYPERCACHE_UNKNOWN_NODE. */
  removeNode(id: string): void {
    const checked = checkedText('id', id)
    guarded(() => this.#native.removeNodes([checked], nowMs()))
  }

  /**
   * Removes nodes, all or none, as one change.
   * @throws ERR_HYPERCACHE_UNKNOWN_NODE, ERR_HYPERCACHE_DUPLICATE_NODE.
   */
  removeNodes(ids: Iterable<string>): void {
    const checked = checkedIds('ids', ids)
    guarded(() => this.#native.removeNodes(checked, nowMs()))
  }

  /**
   * Changes a node. What is absent stays; `null` clears address, zone, capabilities or metadata. A new weight
   * moves only keys of this node, or to it.
   *
   * @throws ERR_HYPERCACHE_UNKNOWN_NODE, a field of a wrong type or out of its bounds.
   */
  updateNode(id: string, change: NodeChange): void {
    const checkedId = checkedText('id', id)
    let checked = checkedChange(change)
    if (this.#hash !== undefined) {
      checked = this.#hash.withTokensOf(checkedId, checked, knownTokens(this.#native))
    }
    guarded(() => this.#native.updateNode(checkedId, checked, nowMs()))
  }

  /**
   * Sets what is known of a node's health.
   * @throws ERR_HYPERCACHE_UNKNOWN_NODE, ERR_HYPERCACHE_UNKNOWN_STATUS.
   */
  setNodeStatus(id: string, status: NodeStatus): void {
    this.updateNode(id, { status: checkedText('status', status) as NodeStatus })
  }

  /**
   * Sets the load a node reported, 0 to 1. It moves no key, and the version stays.
   *
   * @throws ERR_HYPERCACHE_UNKNOWN_NODE, ERR_HYPERCACHE_OUT_OF_RANGE.
   */
  updateNodeLoad(id: string, load: number): void {
    const checkedId = checkedText('id', id)
    const checked = checkedNumber('load', load)
    guarded(() => this.#native.updateNodeLoad(checkedId, checked))
  }

  /**
   * Makes the nodes exactly those of the list, as service discovery gives it: finds the differences and makes
   * them as one change. A field that a description leaves out gets its default, except the status and the
   * load: they are observed, not declared, and stay.
   *
   * @throws As {@link addNode}.
   */
  setNodes(nodes: Iterable<string | NodeSpec>): SetNodesResult {
    const specs = this.#withTokens(checkedSpecs('nodes', nodes))
    return guarded(() => this.#native.setNodes(specs, nowMs()))
  }

  /**
   * Works out what a change would move, and makes nothing: the ring stays as it is.
   *
   * @throws ERR_HYPERCACHE_INVALID_PLAN for a change that asks for nothing or has `set` beside other parts;
   * as the change itself.
   */
  plan(change: PlannedChange, options: PlanOptions = {}): MovementPlan {
    let checked = checkedPlannedChange(change)
    const count = checkedReplicas(options)
    if (this.#hash !== undefined) checked = this.#hash.planned(checked, knownTokens(this.#native))
    const planned = guarded(() => this.#native.plan(checked, nowMs()))
    const apply = () => guarded(() => this.#native.apply(planned, nowMs()))
    return new RingPlan(planned, this.#hash, count, apply)
  }

  /** Which part of the ring each node has, in byte order of the ids. The arcs add up to 2^64. */
  ownership(): NodeOwnership[] {
    return guarded(() => this.#native.ownership()).ownership
  }

  /**
   * Calls `listener` with each change of placement from now on, in order and once, by whichever thread it is
   * made: in a later turn of the event loop. What a listener throws becomes a process warning. A watch does
   * not keep the process alive; it keeps the ring until it is stopped.
   */
  watch(listener: (change: RingChange) => void, options?: Pick<WatchOptions, 'signal'>): StopWatching
  /**
   * The changes from now on, one after another. Ends when the ring is closed, with the signal, and with
   * ERR_HYPERCACHE_WATCH_OVERFLOW where more than `queueLimit` changes wait: never with a gap.
   */
  watch(options?: WatchOptions): AsyncIterableIterator<RingChange>
  watch(
    first: ((change: RingChange) => void) | WatchOptions = {},
    options: WatchOptions = {},
  ): StopWatching | AsyncIterableIterator<RingChange> {
    return typeof first === 'function' ? this.#watchers.listen(first, options) : this.#watchers.iterate(first)
  }

  /**
   * A name for this ring that goes to other threads of the process, by `workerData` or `postMessage`: there
   * {@link attach} finds the ring. It keeps nothing alive.
   *
   * @throws ERR_HYPERCACHE_CUSTOM_HASH for a ring with a hash function of its own.
   */
  handle(): string {
    return guarded(() => this.#native.handle())
  }

  /**
   * The ring as bytes: options, and ids, weights, zones and statuses of the nodes. Addresses, capabilities,
   * metadata, loads and times are not in it. Equal rings give equal bytes.
   *
   * @throws ERR_HYPERCACHE_CUSTOM_HASH for a ring with a hash function of its own.
   */
  serialize(): Uint8Array {
    return guarded(() => this.#native.serialize())
  }

  /** Counters and sizes. Takes one look at each point that is searched. */
  getMetrics(): RingMetrics {
    return metricsOf(guarded(() => this.#native.metrics()))
  }

  /** A copy of a node, or `undefined`. */
  node(id: string): RingNode | undefined {
    if (typeof id !== 'string') throw wrongType('id', id, 'a string')
    const found = guarded(() => this.#native.node(id))
    return found && isWellFormed(id) ? nodeOf(found) : undefined
  }

  /** Copies of all nodes, in byte order of their ids. */
  nodes(): RingNode[] {
    return guarded(() => this.#native.nodes()).map(nodeOf)
  }

  /** Whether a node is in the ring, whatever its status. */
  hasNode(id: string): boolean {
    if (typeof id !== 'string') throw wrongType('id', id, 'a string')
    return guarded(() => this.#native.hasNode(id)) && isWellFormed(id)
  }

  /** Number of nodes, whatever their status. */
  get nodeCount(): number {
    return guarded(() => this.#native.nodeCount)
  }

  /** Number of points of all nodes, whatever their status. */
  get pointCount(): number {
    return guarded(() => this.#native.pointCount)
  }

  /**
   * Version of this ring: 1 at first, one more with each change that can change an answer. Load, metadata,
   * address and a status that may answer as well as the one before do not. Two rings' versions say nothing
   * about each other.
   */
  get version(): number {
    return guarded(() => this.#native.version)
  }

  /**
   * Fingerprint of who answers for what, 16 hex digits: equal for equal nodes that may answer and equal
   * options, whatever the order of changes, in every process and release.
   */
  get checksum(): string {
    return guarded(() => this.#native.checksum)
  }

  /**
   * The token of a key, 0n to 2^64 − 1: where on the ring it lies, to compare with points and ranges.
   *
   * @throws ERR_HYPERCACHE_INVALID_KEY.
   */
  token(key: Key): bigint {
    const bytes = bytesOf('key', key)
    return this.#hash === undefined ? guarded(() => this.#native.tokenOf(bytes)) : this.#hash.token(bytes)
  }

  /** All points in ring order, of nodes of every status. Takes time and memory in proportion. */
  points(): RingPoint[] {
    return guarded(() => this.#native.points())
  }

  /**
   * Why a key is where it is. Looks at every virtual node: for people, not for a hot path.
   *
   * @throws As {@link getReplicas}.
   */
  explain(key: Key, count: number = this.#replicationFactor): Explanation {
    const keyToken = this.token(key)
    const checked = checkedCount(count)
    const { token, home, replicas, skipped } = guarded(() => this.#native.explain(keyToken, checked))
    const first = replicas[0]!
    return {
      token,
      point: { token: first.token, node: first.id, virtualNode: first.virtualNode },
      owner: first.id,
      home: home.node,
      replicas: replicas.map(({ reason: _, ...step }) => step),
      skipped: skipped as Explanation['skipped'],
    }
  }

  /**
   * How keys spread over the nodes. The ring as it is now is used to the end; no counter moves.
   *
   * @throws As {@link getNode}; the message names the index of a bad key.
   */
  analyzeDistribution(keys: Iterable<Key>): Distribution {
    const counter = countDistribution(this)
    if (typeof keys !== 'object' || keys === null || !(Symbol.iterator in keys) || ArrayBuffer.isView(keys)) {
      throw wrongType('keys', keys, 'an array or another iterable of keys')
    }
    for (const part of packed(keys)) counter.add(part)
    return counter.result()
  }

  /**
   * Lets go of the ring, in this thread: other threads that are attached keep it, the last one frees the
   * native memory. The garbage collector does it later, and only between turns of the event loop: close rings
   * that are made in a loop. Ends this object's watches: what they have not been told by then they are not
   * told. Every call but this one then throws.
   */
  close(): void {
    this.#watchers.close()
    this.#native.close()
    this.#number = -1
  }

  /** Same as {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    if (this.#number < 0) return 'HashRing { closed }'
    const { nodeCount, pointCount, version, checksum } = this
    const placement = `version: ${version}, checksum: '${checksum}'`
    return `HashRing { nodes: ${nodeCount}, points: ${pointCount}, ${placement}, ${this.#label} }`
  }

  /** `getNode`, where the answer in the mailbox needs a second look. */
  #getNodeAfter(key: Key): string {
    const readable = readableForm(key)
    if (readable !== undefined) return this.getNode(readable)
    this.#settleKey(key, ownerOfToken)
    return this.#names[mailbox[Place.Slots]!]!
  }

  /**
   * Settles a lookup of one key: finds it `byToken` where native code cannot hash it, and learns the names of
   * the answer.
   */
  #settleKey(key: Key, byToken: (token: BigUint64Array) => void, count = 0): void {
    if (mailbox[Place.Mark] === Reason.CustomHash) {
      const token = this.#tokenOf(bytesOf('key', key))
      // The function may have used this thread's mailbox for lookups of its own.
      mailbox[Place.Ring] = this.#number
      mailbox[Place.Count] = count
      byToken(BigUint64Array.of(token))
    }
    if (mailbox[Place.Mark] !== this.#mark) this.#settle('key', key)
  }

  /** The token of a key, by a hash function of the ring's own, from the lookup cache where it is there. */
  #tokenOf(key: Uint8Array): bigint {
    // Copied, for the function may write to the caller's memory.
    const bytes = Uint8Array.from(key)
    const known = guarded(() => this.#native.knownToken(bytes))
    if (known !== null) return known
    const token = this.#hash!.token(bytes)
    guarded(() => this.#native.keepToken(bytes, token))
    return token
  }

  /** The tokens of packed keys in the same way. */
  #tokensOf(keys: PackedKeys): BigUint64Array {
    return tokensOfPacked(keys, (key) => this.#tokenOf(key))
  }

  /** The owners of packed keys by their tokens. */
  #findByTokens({ bytes, offsets }: PackedKeys, slots: Int32Array): void {
    // Copied, for the function may write to the caller's memory, or give it away.
    const tokens = this.#tokensOf({ bytes: new Uint8Array(bytes), offsets: offsets.slice() })
    mailbox[Place.Ring] = this.#number
    mailbox[Place.IsSameSnapshot] = 0
    ownersOfTokens(tokens, slots)
  }

  /** Descriptions of nodes as native code wants them. */
  #withTokens(specs: NativeNodeSpec[]): NativeNodeSpec[] {
    return this.#hash === undefined ? specs : this.#hash.withTokens(specs, knownTokens(this.#native))
  }

  /**
   * Learns the names that an answer needs, or throws why there is no answer. Leaves the slots in the mailbox
   * alone.
   */
  #settle(where: string, key: unknown): void {
    const mark: Reason = mailbox[Place.Mark]!
    if (mark === Reason.Closed) throw new HyperCacheError('ERR_HYPERCACHE_RING_CLOSED', 'the ring is closed')
    if (mark === Reason.NoOwner) guarded(() => this.#native.fail())
    if (mark === Reason.OtherType || mark === Reason.NoBytes) throw notAKey(where, key)
    if (mark === Reason.Panic) throw internal('a lookup panicked in native code')
    if (Number(mark) < 0) throw internal(`a lookup answered reason ${mark}`)
    const {
      version,
      mark: newMark,
      slots,
      names,
    } = guarded(() => this.#native.namesAfter(this.#namesVersion))
    slots.forEach((slot, index) => (this.#names[slot] = names[index]!))
    this.#namesVersion = version
    this.#mark = newMark
  }

  /** Finds the owners of some keys from `start` on, into the mailbox. Answers where the next chunk starts. */
  #findChunk(keys: string[], start: number): number {
    const stop = Math.min(start + CHUNK_KEYS, keys.length)
    let end = start
    let units = 0
    while (end < stop && (end === start || units + keys[end]!.length <= CHUNK_UNITS)) {
      units += keys[end]!.length
      mailbox[Place.Slots + end - start] = units
      end += 1
    }
    mailbox[Place.Ring] = this.#number
    mailbox[Place.Count] = end - start
    mailbox[Place.IsSameSnapshot] = start === 0 ? 0 : 1
    ownersOfJoined(keys.slice(start, end).join(''))
    if (mailbox[Place.Mark] !== this.#mark) this.#settle('keys', keys)
    return end
  }

  /** A batch in which not all keys are strings. */
  #getBatchOfBytes(keys: Key[]): string[] {
    const answers: string[] = []
    // Packed, and given tokens, before the first lookup: no code of the caller runs between the parts.
    const parts = [...packed(keys)]
    const tokens = this.#hash && parts.map((part) => this.#tokensOf(part))
    parts.forEach(({ bytes, offsets }, index) => {
      const slots = new Int32Array(offsets.length - 1)
      mailbox[Place.Ring] = this.#number
      mailbox[Place.IsSameSnapshot] = index === 0 ? 0 : 1
      if (tokens === undefined) ownersOfPacked(bytes, offsets, slots)
      else ownersOfTokens(tokens[index]!, slots)
      if (mailbox[Place.Mark] !== this.#mark) this.#settle('keys', keys)
      slots.forEach((slot) => answers.push(this.#names[slot]!))
    })
    this.#tellMemory()
    return answers
  }

  /** After many keys a lookup cache may have grown, which the garbage collector cannot see. */
  #tellMemory(): void {
    if (this.#hasLookupCache) guarded(() => this.#native.tellMemory())
  }
}

/**
 * Names of all slots in the mailbox. Apart from its caller: a closure there would cost every call an
 * allocation.
 */
function manyNames(names: string[]): string[] {
  return Array.from(
    mailbox.subarray(Place.Slots, Place.Slots + mailbox[Place.Count]!),
    (slot) => names[slot]!,
  )
}

/** Another form of a key that native code could not read as it is; `undefined` where there is none. */
function readableForm(key: Key): Key | undefined {
  const mark: Reason = mailbox[Place.Mark]!
  if (mark === Reason.Shared) return new Uint8Array(key as Uint8Array)
  return mark === Reason.NoBytes && !isDetached(key) ? '' : undefined
}

function checkedOffsets(offsets: unknown): Int32Array | Uint32Array {
  if (types.isInt32Array(offsets) || types.isUint32Array(offsets)) {
    // Shared memory could change between the check and the use.
    return types.isSharedArrayBuffer(offsets.buffer) ? offsets.slice() : offsets
  }
  throw wrongType('keys.offsets', offsets, 'an Int32Array or a Uint32Array')
}

function nodeOf({ metadata, ...node }: NativeNode): RingNode {
  const pairs = Array.from({ length: metadata.length / 2 }, (_, at) => [
    metadata[2 * at]!,
    metadata[2 * at + 1]!,
  ])
  return { ...node, metadata: Object.fromEntries(pairs) as Record<string, string> }
}
