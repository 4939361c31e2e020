/** A membership provider whose other members do what a test says: what a network would tell, without one. */

import { MemberView } from '../../dist/membership/member-view.js'
import type {
  Member,
  MembershipChange,
  MembershipMetrics,
  MembershipProvider,
  MembershipSubscription,
} from '../../dist/index.js'
import { SimpleMembership } from '../../dist/index.js'
import type { MembershipUnderTest, OtherMembers } from '../conformance/membership'
import { ManualClock, settled } from './manual-clock'

const LOCAL = { id: 'local', address: '127.0.0.1', port: 7946 }

/** The local member is a `SimpleMembership`'s; the others are made up. */
export class ScriptedMembership implements MembershipProvider {
  readonly localNodeId = LOCAL.id
  readonly #local: SimpleMembership
  readonly #view: MemberView
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
    this.#local = new SimpleMembership(LOCAL, clock)
    this.#view = new MemberView(clock)
    this.#local.subscribe(({ type, member }) => this.#view.change(type, member))
  }

  join(seeds: readonly string[]): Promise<void> {
    return this.#local.join(seeds)
  }

  async leave(): Promise<void> {
    for (const member of this.members()) {
      if (!member.isLocal) this.#view.change('left', { ...member, status: 'leaving' })
    }
    await this.#local.leave()
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

  metrics(): MembershipMetrics {
    return this.#view.metrics(this.#local.metrics().isJoined)
  }

  close(): void {
    this.#local.close()
    this.#view.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What the others do. */
  readonly others: OtherMembers = {
    join: (member) => this.#view.change('joined', this.#other(member)),
    leave: (id) => this.#view.change('left', this.#changed(id, { status: 'leaving' })),
    suspect: (id) => this.#view.change('suspected', this.#changed(id, { status: 'suspected' })),
    fail: (id) => this.#view.change('failed', this.#changed(id, { status: 'dead' })),
    recover: (id) => this.#view.change('recovered', this.#changed(id, { status: 'alive' })),
    update: (id, metadata) =>
      this.#view.change('updated', this.#changed(id, { metadata: Object.freeze(metadata) })),
  }

  #other(fields: Partial<Member> & { id: string }): Member {
    const status = { status: 'alive', statusSinceMs: this.#clock.nowMs() } as const
    const rest = { port: 7946, weight: 1, capabilities: Object.freeze([]), metadata: Object.freeze({}) }
    return { address: '127.0.0.1', ...status, ...rest, incarnation: 1, isLocal: false, ...fields }
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
