/** Membership by gossip: the nodes find and watch each other, with nothing between them. */

import { checkedCount, checkedNumber, checkedText, checkedTexts, listOf } from '../../checks.js'
import { type Clock, keepAlive, systemClock } from '../../clock.js'
import type { Member, MembershipChange } from '../../cluster-types.js'
import { HyperCacheError, wrongType } from '../../errors.js'
import { callListener, stopWatching, warn } from '../../listeners.js'
import {
  type NativeEvent,
  type NativeMemberChange,
  type NativeProblem,
  guarded,
  internal,
} from '../../native.js'
import { NodeRuntime, RUNTIME } from '../../node-runtime.js'
import type { HashFunction, StopWatching } from '../../types.js'
import type {
  BroadcastMessage,
  DistributedMembership,
  NetworkMetrics,
  ReceivedBroadcast,
} from '../distributed-membership.js'
import { memberOf } from './gossip-member.js'
import { type GossipMembershipOptions, type LocalState, nativeOptions, recordOf } from './gossip-options.js'
import { networkMetricsOf } from './gossip-traffic.js'
import { refused, warnOfProblems, warnOfStranger } from './gossip-words.js'
import { MemberView, notJoined } from '../member-view.js'
import type { MembershipMetrics, MembershipSubscription } from '../membership-provider.js'
import { asRingKeepsIt, isSame } from '../local-node.js'

const PORT_MAX = 65_535

/**
 * The members are the nodes that gossip with this one: SWIM over UDP finds failures, and what nodes say of
 * themselves travels over TCP. All of it runs on threads of its own; this object tells what they have found.
 *
 * While it takes part it does not keep the process alive; `join` and `leave` under way do.
 */
export class GossipMembership implements DistributedMembership {
  readonly localNodeId: string
  readonly #options: GossipMembershipOptions
  readonly #clock: Clock
  readonly #view: MemberView
  readonly #runtime: NodeRuntime
  readonly #ringChecksums = new Map<string, string>()
  readonly #broadcastListeners = new Set<(message: ReceivedBroadcast) => void>()
  #state: LocalState
  /** Whether sockets are open. */
  #isOpen = false
  #startedAtMs = 0
  #problems: readonly NativeProblem[] = []
  /** The last join or leave that was asked for, until its end. */
  #lastTurn: { kind: 'join' | 'leave'; ended: Promise<void> } | undefined
  #isLeaving = false
  /** Ends what native code will tell the end of. */
  #endWaiting: ((error?: HyperCacheError) => void) | undefined

  /** @throws As `HashRing.addNode` for a description that no ring would take. */
  constructor(options: GossipMembershipOptions, clock: Clock = systemClock) {
    const { id, metadata } = asRingKeepsIt(options.local)
    this.localNodeId = id
    this.#options = options
    this.#state = { metadata: Object.freeze(metadata), isUpdating: false, ports: Object.freeze({}) }
    this.#clock = clock
    this.#view = new MemberView(clock)
    this.#runtime = new NodeRuntime(id)
    this.#runtime.listen((event) => this.#heed(event))
  }

  /** @internal */
  get [RUNTIME](): NodeRuntime {
    return this.#runtime
  }

  /**
   * See `MembershipProvider.join`. Seeds that do not answer are asked again for ever, and are no error:
   * `problems()` tells of them. Resolves when one has answered, or each was asked once.
   *
   * @throws ERR_HYPERCACHE_LISTEN_FAILED; ERR_HYPERCACHE_JOIN_REFUSED where a seed will have nothing to do
   * with this node: the cluster hashes keys in another way, or another process has its id.
   */
  async join(seeds: readonly string[]): Promise<void> {
    const addresses = checkedTexts('seeds', listOf('seeds', seeds))
    this.#view.throwIfClosed()
    await this.#inTurn('join', () => this.#join(addresses))
  }

  /**
   * See `MembershipProvider.leave`. @throws ERR_HYPERCACHE_MEMBERSHIP_CLOSED where it is closed meanwhile.
   */
  async leave(): Promise<void> {
    await this.#inTurn('leave', () => this.#leave())
  }

  members(): readonly Member[] {
    return this.#view.members()
  }

  member(id: string): Member | undefined {
    return this.#view.member(checkedText('id', id))
  }

  /**
   * See `MembershipProvider.updateMetadata`.
   *
   * @throws ERR_HYPERCACHE_RECORD_TOO_LARGE too: all that a node says of itself has at most 64 KiB.
   */
  updateMetadata(metadata: Readonly<Record<string, string>>): void {
    this.#localMember('its metadata cannot be updated')
    if (metadata === undefined) throw wrongType('metadata', metadata, 'an object of strings')
    const kept = asRingKeepsIt({ ...this.#options.local, metadata }).metadata
    if (!isSame(kept, this.#state.metadata)) this.#update({ metadata: Object.freeze(kept) })
  }

  /**
   * Tells the others that this node is being upgraded, or is not any more: it still answers, and they see it
   * as `updating`.
   *
   * @throws ERR_HYPERCACHE_NOT_JOINED, ERR_HYPERCACHE_MEMBERSHIP_CLOSED.
   */
  setUpdating(isUpdating: boolean): void {
    this.#localMember('its status cannot be changed')
    if (typeof isUpdating !== 'boolean') throw wrongType('isUpdating', isUpdating, 'a boolean')
    if (isUpdating !== this.#state.isUpdating) this.#update({ isUpdating })
  }

  /**
   * Tells the others how loaded this node is, for `leastLoaded` and other selections of replicas: 0 to 1.
   * Each change is told to every member: every few seconds is often enough.
   *
   * @throws ERR_HYPERCACHE_OUT_OF_RANGE, ERR_HYPERCACHE_NOT_JOINED, ERR_HYPERCACHE_MEMBERSHIP_CLOSED.
   */
  setLoad(load: number): void {
    this.#localMember('its load cannot be told')
    const checked = checkedNumber('load', load)
    if (!(checked >= 0 && checked <= 1)) {
      const message = `load is ${checked}; it must be a number from 0 to 1`
      throw new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
    }
    if (checked !== this.#state.load) this.#update({ load: checked })
  }

  /** See `DistributedMembership.shareHashFunction`. */
  shareHashFunction(hashFunction: HashFunction): void {
    this.#state = { ...this.#state, hashFunction }
  }

  announcePort(name: string, port: number | undefined): void {
    const { [checkedText('name', name)]: before, ...others } = this.#state.ports
    if (port === before) return
    const ports = port === undefined ? others : { ...others, [name]: checkedCount(port, 'port', PORT_MAX) }
    if (this.#isOpen && this.#isJoined) this.#update({ ports: Object.freeze(ports) })
    else this.#state = { ...this.#state, ports: Object.freeze(ports) }
  }

  subscribe(
    listener: (change: MembershipChange) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription {
    return this.#view.subscribe(listener, options)
  }

  subscribeBatch(
    listener: (changes: readonly MembershipChange[]) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription {
    return this.#view.subscribeBatch(listener, options)
  }

  broadcast({ name, data, lamportTime }: BroadcastMessage): void {
    this.#localMember('it cannot send to the others')
    if (this.#isLeaving)
      throw notJoined(this.localNodeId, 'it leaves, and cannot send to the others any more')
    guarded(() => this.#runtime.native.broadcast(name, data, lamportTime))
  }

  onBroadcast(listener: (message: ReceivedBroadcast) => void): StopWatching {
    const own = (message: ReceivedBroadcast) => listener(message)
    this.#broadcastListeners.add(own)
    return stopWatching(() => void this.#broadcastListeners.delete(own))
  }

  announceRing(checksum: string): void {
    if (!this.#isOpen) return
    this.#ringChecksums.set(this.localNodeId, checksum)
    this.#runtime.native.announceRing(checksum)
  }

  ringChecksums(): ReadonlyMap<string, string> {
    const live = [...this.#ringChecksums].filter(([id]) => {
      const member = this.#view.member(id)
      return member !== undefined && member.status !== 'dead'
    })
    return new Map(live)
  }

  problems(): readonly string[] {
    // Of two others at one address it warns, and is well itself.
    const own = this.#problems.filter(({ ids }) => ids?.includes(this.localNodeId) ?? true)
    return Object.freeze(own.map(({ text }) => text))
  }

  networkMetrics(): NetworkMetrics {
    return networkMetricsOf(this.#runtime.native.counts())
  }

  metrics(): MembershipMetrics {
    return this.#view.metrics(this.#isJoined)
  }

  close(): void {
    this.#end()
    this.#runtime.close()
    this.#view.close()
    this.#endWaiting?.(new HyperCacheError('ERR_HYPERCACHE_MEMBERSHIP_CLOSED', 'the membership was closed'))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #isJoined(): boolean {
    return this.#view.member(this.localNodeId) !== undefined
  }

  /** Has joins and leaves follow one another as they were asked for. One like the last one is that one. */
  #inTurn(kind: 'join' | 'leave', act: () => Promise<void>): Promise<void> {
    const last = this.#lastTurn
    if (last?.kind === kind) return last.ended
    const ended = last === undefined ? act() : last.ended.catch(() => undefined).then(act)
    const turn = { kind, ended }
    const forget = () => {
      if (this.#lastTurn === turn) this.#lastTurn = undefined
    }
    this.#lastTurn = turn
    ended.then(forget, forget)
    return ended
  }

  async #join(seeds: string[]): Promise<void> {
    if (this.#isJoined) return
    // What it was being upgraded to, it is now.
    this.#state = { ...this.#state, isUpdating: false }
    // A life that begins no later than the one before would be taken for that one.
    this.#startedAtMs = Math.max(this.#startedAtMs + 1, this.#clock.nowMs())
    const options = await nativeOptions(this.#options, this.#state, this.#startedAtMs)
    this.#view.throwIfClosed()
    this.#runtime.openGossip(options)
    this.#isOpen = true
    this.#problems = []
    try {
      await this.#told(() => this.#runtime.native.join(seeds))
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async #leave(): Promise<void> {
    if (!this.#isJoined) return
    this.#isLeaving = true
    try {
      await this.#told(() => this.#runtime.native.leave())
      this.#end()
    } finally {
      this.#isLeaving = false
    }
  }

  /** Closes the sockets, and forgets what was only known by them. */
  #end(): void {
    this.#runtime.endGossip()
    this.#isOpen = false
    this.#ringChecksums.clear()
    this.#problems = []
  }

  /** Waits until native code tells the end of what is begun, and keeps the process alive until then. */
  async #told(begin: () => void): Promise<void> {
    const letGo = keepAlive()
    try {
      const promise = new Promise<void>((resolve, reject) => {
        this.#endWaiting = (error) => (error === undefined ? resolve() : reject(error))
      })
      begin()
      await promise
    } finally {
      this.#endWaiting = undefined
      letGo()
    }
  }

  /** The local member, which takes part. @throws where it does not: `what` follows "takes no part: ". */
  #localMember(what: string): Member {
    this.#view.throwIfClosed()
    const member = this.#view.member(this.localNodeId)
    if (member !== undefined && this.#isOpen) return member
    throw notJoined(this.localNodeId, what)
  }

  /** Says something new of the local node, which is told before the call returns. */
  #update(change: Partial<LocalState>): void {
    const state = { ...this.#state, ...change }
    // Its port may be one that was found free.
    const { port } = this.#view.member(this.localNodeId)!
    guarded(() => this.#runtime.native.update(recordOf({ ...this.#options.local, port }, state)))
    this.#state = state
    this.#runtime.settle()
  }

  #heed({
    changes,
    joinEnded,
    ringTold,
    broadcast,
    problems,
    stranger,
    conflict,
    hasLeft,
    hasFailed,
  }: NativeEvent): void {
    if (changes !== undefined) this.#change(changes)
    else if (joinEnded !== undefined) this.#endWaiting?.(joinEnded === '' ? undefined : refused(joinEnded))
    else if (ringTold !== undefined) this.#ringChecksums.set(ringTold[0]!, ringTold[1]!)
    else if (broadcast !== undefined) {
      const { origin: originNodeId, ...message } = broadcast
      const received = Object.freeze({ originNodeId, ...message })
      for (const listener of [...this.#broadcastListeners])
        void callListener('onBroadcast()', listener, received)
    } else if (problems !== undefined) {
      warnOfProblems(this.#problems, problems)
      this.#problems = problems
    } else if (stranger !== undefined) warnOfStranger(stranger[0]!, stranger[1]!)
    else if (conflict !== undefined) this.#giveWay(conflict)
    else if (hasLeft === true) this.#endWaiting?.()
    else if (hasFailed === true) this.#dropOut(internal('the membership has ended'))
  }

  /** Another process has this node's id, and the older claim to it. */
  #giveWay(address: string): void {
    const problem = `another process at ${address} is node ${this.localNodeId}, and was there before this one`
    this.#dropOut(new HyperCacheError('ERR_HYPERCACHE_NODE_ID_TAKEN', problem))
  }

  /** Takes no part any more, without having been asked to go. */
  #dropOut(error: HyperCacheError): void {
    this.#end()
    this.#problems = [{ kind: 'idTaken', text: error.message }]
    warn(error.code, `${error.message}: this node takes no part any more`)
    this.#endWaiting?.(this.#isLeaving ? undefined : error)
  }

  #change(changes: readonly NativeMemberChange[]): void {
    const nowMs = this.#clock.nowMs()
    const memberFrom = (change: NativeMemberChange) => {
      const isLocal = change.id === this.localNodeId
      return memberOf(change, { previous: this.#view.member(change.id), nowMs, isLocal })
    }
    this.#view.changeAll(changes.map((change) => ({ type: change.kind, member: memberFrom(change) })))
    for (const { id } of changes) if (this.#view.member(id) === undefined) this.#ringChecksums.delete(id)
  }
}
