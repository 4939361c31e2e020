/** A membership provider whose other members do what a test says: what a network would tell, without one. */

import type {
  BroadcastMessage,
  DistributedMembership,
  Member,
  MembershipChange,
  MembershipMetrics,
  MembershipSubscription,
  NetworkMetrics,
  ReceivedBroadcast,
  StopWatching,
} from '../../dist/index.js'
import { SimpleMembership } from '../../dist/index.js'
import { MemberView } from '../../dist/membership/member-view.js'
import type { MembershipUnderTest, OtherMember, OtherMembers } from '../conformance/membership'
import { ManualClock, settled } from './manual-clock'

const LOCAL = { id: 'local', address: '127.0.0.1', port: 7946 }

/** The local member is a `SimpleMembership`'s; the others are made up. */
export class ScriptedMembership implements DistributedMembership {
  readonly localNodeId: string
  /** What this node has broadcast. */
  readonly sent: BroadcastMessage[] = []
  /** Checksums that this node has told of its ring, in order. */
  readonly announced: string[] = []
  /** What `problems()` answers. */
  problemList: string[] = []
  /** What `networkMetrics()` answers. */
  network: NetworkMetrics = { droppedByReason: {}, broadcastsSentCount: 0, broadcastsReceivedCount: 0 }
  readonly #local: SimpleMembership
  readonly #view: MemberView
  readonly #clock: ManualClock
  readonly #checksums = new Map<string, string>()
  readonly #listeners = new Set<(message: ReceivedBroadcast) => void>()

  constructor(clock: ManualClock, id = LOCAL.id) {
    this.localNodeId = id
    this.#clock = clock
    this.#local = new SimpleMembership({ ...LOCAL, id }, clock)
    this.#view = new MemberView(clock)
    this.#local.subscribe(({ type, member }) => this.#view.change(type, member))
  }

  join(seeds: readonly string[]): Promise<void> {
    return this.#local.join(seeds)
  }

  async leave(): Promise<void> {
    const others = this.members().filter(({ isLocal }) => !isLocal)
    const left = (member: Member) => ({ type: 'left', member: { ...member, status: 'leaving' } }) as const
    this.#view.changeAll(others.map(left))
    await this.#local.leave()
    this.#checksums.clear()
  }

  members(): readonly Member[] {
    return this.#view.members()
  }

  member(id: string): Member | undefined {
    return this.#local.member(id) ?? this.#view.member(id)
  }

  updateMetadata(metadata: Readonly<Record<string, string>>): void {
    this.#local.updateMetadata(metadata)
  }

  subscribe(
    listener: (change: MembershipChange) => void,
    options?: { signal?: AbortSignal },
  ): MembershipSubscription {
    return this.#view.subscribe(listener, options)
  }

  subscribeBatch(
    listener: (changes: readonly MembershipChange[]) => void,
    options?: { signal?: AbortSignal },
  ): MembershipSubscription {
    return this.#view.subscribeBatch(listener, options)
  }

  metrics(): MembershipMetrics {
    return this.#view.metrics(this.#local.metrics().isJoined)
  }

  broadcast(message: BroadcastMessage): void {
    this.#view.throwIfClosed()
    // Refuses in the same words where it takes no part.
    this.#local.updateMetadata(this.#local.member(this.localNodeId)?.metadata ?? {})
    this.sent.push(message)
  }

  onBroadcast(listener: (message: ReceivedBroadcast) => void): StopWatching {
    this.#listeners.add(listener)
    const stop = () => void this.#listeners.delete(listener)
    return Object.assign(() => stop(), { close: stop, [Symbol.dispose]: stop })
  }

  announceRing(checksum: string): void {
    if (this.#local.member(this.localNodeId) === undefined) return
    this.announced.push(checksum)
    this.#checksums.set(this.localNodeId, checksum)
  }

  ringChecksums(): ReadonlyMap<string, string> {
    return new Map([...this.#checksums].filter(([id]) => this.#view.member(id)?.status !== 'dead'))
  }

  problems(): readonly string[] {
    return this.problemList
  }

  networkMetrics(): NetworkMetrics {
    return this.network
  }

  close(): void {
    this.#local.close()
    this.#view.close()
    this.#listeners.clear()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What the others do. */
  readonly others: OtherMembers = {
    join: (member) => this.#view.change('joined', this.#other(member)),
    joinTogether: (members) => this.changeTogether(members.map((member) => ['joined', member])),
    leave: (id) => this.#view.change('left', this.#changed(id, { status: 'leaving' })),
    suspect: (id) => this.#view.change('suspected', this.#changed(id, { status: 'suspected' })),
    fail: (id) => this.#view.change('failed', this.#changed(id, { status: 'dead' })),
    reap: (id) => this.#view.change('reaped', this.#view.member(id)!),
    recover: (id) => this.#view.change('recovered', this.#changed(id, { status: 'alive' })),
    update: (id, metadata) =>
      this.#view.change('updated', this.#changed(id, { metadata: Object.freeze(metadata) })),
  }

  /** Another member tells the checksum of its ring. */
  tellChecksum(id: string, checksum: string): void {
    this.#checksums.set(id, checksum)
  }

  /** Another member broadcasts. */
  receive(message: ReceivedBroadcast): void {
    this.#listeners.forEach((listener) => listener(message))
  }

  /** Others change, in one batch; what is not said of one that is known stays. */
  changeTogether(changes: readonly (readonly [MembershipChange['type'], Partial<Member> & OtherMember])[]) {
    this.#view.changeAll(
      changes.map(([type, fields]) => {
        const isKnown = type !== 'joined'
        return { type, member: isKnown ? this.#changed(fields.id, fields) : this.#other(fields) }
      }),
    )
  }

  #other(fields: Partial<Member> & { id: string }): Member {
    const status = { status: 'alive', statusSinceMs: this.#clock.nowMs() } as const
    const rest = { port: 7946, weight: 1, capabilities: Object.freeze([]), metadata: Object.freeze({}) }
    const version = { incarnation: 1, startedAtMs: this.#clock.nowMs() }
    return { address: '127.0.0.1', ...status, ...rest, ...version, isLocal: false, ...fields }
  }

  #changed(id: string, fields: Partial<Member>): Member {
    const member = this.#view.member(id)!
    const since = fields.status === undefined ? {} : { statusSinceMs: this.#clock.nowMs() }
    return { ...member, ...since, incarnation: member.incarnation + 1, ...fields }
  }
}

/** A scripted provider under test. */
export function makeScripted(): MembershipUnderTest & { membership: ScriptedMembership; clock: ManualClock } {
  const clock = new ManualClock()
  const membership = new ScriptedMembership(clock)
  return {
    membership,
    clock,
    settle: settled,
    nowMs: () => clock.nowMs(),
    advance: (ms) => clock.advance(ms),
    others: membership.others,
    close: () => membership.close(),
  }
}
