/// <reference types="node" preserve="true" />

// Over 400 lines, because the class is one thing with private state, and half of it is its documentation.

import { types } from 'node:util'

import { nowMs } from '../clock.js'
import { HyperCacheError, wrongType } from '../errors.js'
import { type NativeNode, Place, Reason, binding, calls, environment, guarded, internal } from '../native.js'
import type {
  Distribution,
  Explanation,
  HashRingOptions,
  Key,
  NodeChange,
  NodeSpec,
  NodeStatus,
  PackedKeys,
  PackedOwners,
  RingNode,
  RingPoint,
  SetNodesResult,
} from '../types.js'
import {
  checkedChange,
  checkedCount,
  checkedIds,
  checkedNumber,
  checkedOptions,
  checkedSpec,
  checkedSpecs,
  checkedText,
  isWellFormed,
  listOf,
} from './arguments.js'
import { bytesOf, isDetached, notAKey, packed } from './keys.js'

// Copies in this module's scope: a lookup reads them directly, not through another module's exports.
const { mailbox, owner, ownerOfBytes, replicas, replicasOfBytes, ownersOfJoined, ownersOfPacked } = calls

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
  readonly #replicationFactor: number
  readonly #label: string
  /** Number of this ring in the mailbox; −1 once closed. */
  #number: number
  /** Names of slots, good for answers that carry `#mark`. */
  readonly #names: string[] = []
  #mark = NO_MARK
  #version = 0

  static {
    countDistribution = (ring) => {
      const counter = guarded(() => ring.#native.distribution())
      return {
        add: ({ bytes, offsets }) => guarded(() => counter.add(bytes, new Uint32Array(offsets))),
        result: () => counter.result(),
      }
    }
  }

  /**
   * Makes a ring, at epoch 1.
   *
   * @throws An unknown option or field, a value of a wrong type or out of its bounds, an id given twice.
   */
  constructor(options?: HashRingOptions) {
    const { nodes, ...checked } = checkedOptions(options)
    this.#native = guarded(() => new binding.NativeRing(environment, checked, nodes, nowMs()))
    this.#number = this.#native.number
    this.#replicationFactor = checked.replicationFactor
    this.#label = checked.hashFunction + (checked.zoneAware ? ', zone-aware' : '')
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
      this.#settle('key', key)
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
   * The owners of many keys, in order, all from one version of the ring.
   *
   * @throws As {@link getNode}; the message names the index of a bad key.
   */
  getNodeBatch(keys: Iterable<Key>): string[] {
    const answers = listOf('keys', keys) as Key[]
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
    if (mailbox[Place.Mark] === Reason.BadEnds) {
      const rule = `one more than the keys, never fall, and end within the ${bytes.length} bytes`
      const message = `keys.offsets has ${offsets.length} numbers; they must be ${rule}`
      throw new HyperCacheError('ERR_HYPERCACHE_INVALID_PACKED_KEYS', message)
    }
    if (mailbox[Place.Mark] !== this.#mark) this.#settle('keys', keys)
    return { slots, names: this.#names.slice() }
  }

  /**
   * Adds a node. Keys move only to it.
   *
   * @throws A field of a wrong type or out of its bounds, an id that is in the ring, more than 65,535 nodes
   * or 16,000,000 points.
   */
  addNode(node: string | NodeSpec): void {
    const spec = checkedSpec('node', node)
    guarded(() => this.#native.addNodes([spec], nowMs()))
  }

  /** Adds nodes, all or none, as one change. @throws As {@link addNode}. */
  addNodes(nodes: Iterable<string | NodeSpec>): void {
    const specs = checkedSpecs('nodes', nodes)
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
    const checked = checkedChange(change)
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
   * Sets the load a node reported, 0 to 1. It moves no key, and the epoch stays.
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
    const specs = checkedSpecs('nodes', nodes)
    return guarded(() => this.#native.setNodes(specs, nowMs()))
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
   * address and a status that may answer as well as the one before do not. Two rings' epochs say nothing
   * about each other.
   */
  get epoch(): number {
    return guarded(() => this.#native.epoch)
  }

  /**
   * Fingerprint of who answers for what, 16 hex digits: equal for equal nodes that may answer and equal
   * options, whatever the order of changes, in every process and release.
   */
  get checksum(): string {
    return guarded(() => this.#native.checksum)
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
    const bytes = bytesOf('key', key)
    const checked = checkedCount(count)
    const { token, home, replicas, skipped } = guarded(() => this.#native.explain(bytes, checked))
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
   * Lets go of the native memory at once. The garbage collector does it later, and only between turns of the
   * event loop: close rings that are made in a loop. Every call but this one then throws.
   */
  close(): void {
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
    const { nodeCount, pointCount, epoch, checksum } = this
    const version = `epoch: ${epoch}, checksum: '${checksum}'`
    return `HashRing { nodes: ${nodeCount}, points: ${pointCount}, ${version}, ${this.#label} }`
  }

  /** `getNode`, where the answer in the mailbox needs a second look. */
  #getNodeAfter(key: Key): string {
    const readable = readableForm(key)
    if (readable !== undefined) return this.getNode(readable)
    this.#settle('key', key)
    return this.#names[mailbox[Place.Slots]!]!
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
    if (Number(mark) < 0) throw internal(`a lookup answered reason ${mark}`)
    const { version, mark: newMark, slots, names } = guarded(() => this.#native.namesAfter(this.#version))
    slots.forEach((slot, index) => (this.#names[slot] = names[index]!))
    this.#version = version
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
    // Packed before the first lookup: no code of the caller runs between the parts.
    for (const part of [...packed(keys)]) {
      const { slots, names } = this.getNodeBatchPacked(part)
      slots.forEach((slot) => answers.push(names[slot]!))
    }
    return answers
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
