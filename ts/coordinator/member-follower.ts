/** Has the ring of a node follow its members, whoever knows them, and tells both in one order. */

import type { Member, MembershipChange } from '../cluster-types.js'
import type { Clock, Timer } from '../clock.js'
import { type HyperCacheError, shown } from '../errors.js'
import type { EventMap } from '../events/event-map.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import type { MembershipProvider } from '../membership/membership-provider.js'
import { type NativeAgreement, type NativeEvent, type NativeVerdict, guarded } from '../native.js'
import { type FollowedChange, NodeRuntime, RUNTIME, type TokensOf } from '../node-runtime.js'
import { type HashRing, followable } from '../ring/hash-ring.js'
import { changeOf } from '../ring/watchers.js'
import type { RingChange } from '../types.js'

/** What the node is told. */
export interface FollowerListeners {
  /** The ring has followed these changes. */
  members: (changes: readonly MembershipChange[]) => void
  ring: (change: RingChange) => void
  /** The ring does not take a member as it is. */
  refusal: (nodeId: string, error: HyperCacheError) => void
  verdict: (verdict: Verdict) => void
  /** Another process has this node's id: it takes no part any more. */
  evicted: () => void
}

/** Whether the rings of members agree is another matter than before. */
export type Verdict =
  | { type: 'ring:diverged'; payload: EventMap['ring:diverged'] }
  | { type: 'ring:agreed'; payload: EventMap['ring:agreed'] }

/** What a follower works with. */
export interface FollowerParts {
  membership: MembershipProvider
  ring: HashRing
  clock: Clock
  /** How long the rings of members may differ until that is told. */
  divergenceMs: number
  /** How long this process may not turn over until the node doubts itself; 0: for ever. */
  stallTimeoutMs: number
  on: FollowerListeners
}

/** The runtime of a membership that native code runs. */
export function runtimeOf(membership: MembershipProvider): NodeRuntime | undefined {
  return (membership as { [RUNTIME]?: NodeRuntime })[RUNTIME]
}

/**
 * Where native code runs the membership, members reach the ring without JavaScript, and this only tells what
 * has happened. Other memberships, and rings whose hash function is JavaScript, have their changes brought to
 * native code from here.
 */
export class MemberFollower {
  readonly runtime: NodeRuntime
  readonly #parts: FollowerParts
  readonly #tokensOf: TokensOf | undefined
  /** The runtime of the membership, if it has one. */
  readonly #source: NodeRuntime | undefined
  readonly #stops: (() => void)[]
  #timer: Timer | undefined

  constructor(parts: FollowerParts) {
    const { membership, ring, clock, divergenceMs, stallTimeoutMs } = parts
    this.#parts = parts
    const { native, tokensOf } = followable(ring)
    this.#tokensOf = tokensOf
    this.#source = runtimeOf(membership)
    const own = () => new NodeRuntime(membership.localNodeId)
    this.runtime = tokensOf === undefined && this.#source !== undefined ? this.#source : own()
    for (const runtime of new Set([this.runtime, this.#source ?? this.runtime])) {
      guarded(() => runtime.native.configure({ divergenceMs, stallTimeoutMs }))
    }
    this.#stops = [this.runtime.listen((event) => this.#heed(event))]
    if (this.#source !== undefined && this.#source !== this.runtime) {
      this.#stops.push(this.#source.listen((event) => this.#heedSource(event)))
    }
    guarded(() => this.runtime.native.follow(native, clock.nowMs()))
    // From where the view is now: no change is missed, and none is followed twice.
    const subscription = membership.subscribeBatch((changes) => this.#follow(changes))
    this.#stops.push(() => subscription.close())
    if (this.#isFed) this.#bring(subscription.members.map(joined), () => undefined)
  }

  /** The node takes part: its lease begins, and rings are compared. */
  start(): void {
    this.renewLease()
    if (!this.#isFed) return
    this.runtime.native.compareRings(true)
    this.#look()
  }

  /** The node leaves. May be called again. */
  stop(): void {
    this.#leaseHolder.native.dropLease()
    if (!this.#isFed) return
    this.#timer?.cancel()
    this.runtime.native.compareRings(false)
  }

  /** This process turns over. */
  renewLease(): void {
    this.#leaseHolder.native.renewLease()
  }

  /** How the rings of members agree. */
  agreement(): NativeAgreement {
    return this.runtime.native.agreement(this.#isFed ? this.#parts.clock.elapsedMs() : undefined)
  }

  /** Why the ring does not take members as they are, a line each. */
  refusals(): string[] {
    const refused = this.runtime.native.refused()
    return refused.map((refusal) => refusalText(refusal.id, this.runtime.errorOf(refusal).message))
  }

  /** Tells nothing any more. */
  close(): void {
    this.#timer?.cancel()
    this.#stops.forEach((stop) => stop())
    if (this.runtime !== this.#source) this.runtime.close()
  }

  /** Whether members have to be brought to the runtime that the ring follows. */
  get #isFed(): boolean {
    return this.runtime !== this.#source
  }

  get #leaseHolder(): NodeRuntime {
    return this.#source ?? this.runtime
  }

  #follow(changes: readonly MembershipChange[]): void {
    if (this.#isFed) this.#bring(changes, () => this.#parts.on.members(changes))
    else this.#parts.on.members(changes)
  }

  #bring(changes: readonly FollowedChange[], then: () => void): void {
    if (changes.length === 0) return
    this.runtime.apply(changes, this.#parts.clock.nowMs(), {
      tokensOf: this.#tokensOf,
      then: () => {
        then()
        this.#look()
      },
    })
  }

  #heed({ ringChange, refusals, verdict, conflict, ringTold }: NativeEvent): void {
    const { on } = this.#parts
    if (ringChange !== undefined) {
      on.ring(changeOf(ringChange))
      this.#look()
    } else if (refusals !== undefined) {
      for (const refusal of refusals) on.refusal(refusal.id, this.runtime.errorOf(refusal))
    } else if (verdict !== undefined) on.verdict(this.#verdictOf(verdict))
    else if (conflict !== undefined) on.evicted()
    else if (ringTold !== undefined && this.#isFed) this.#announce(ringTold[1]!)
  }

  #heedSource({ conflict }: NativeEvent): void {
    if (conflict !== undefined) this.#parts.on.evicted()
  }

  /** Compares rings by what the membership knows, and sets the time of the next look. */
  #look(): void {
    const { membership, clock } = this.#parts
    if (!this.#isFed || !isDistributed(membership)) return
    this.#timer?.cancel()
    this.#timer = undefined
    let delayMs: number | null = null
    try {
      const told = [...membership.ringChecksums()].flat()
      delayMs = this.runtime.native.look(told, clock.elapsedMs(), clock.nowMs())
      this.runtime.settle()
    } catch {
      // Its user has closed the membership: there is nothing to compare any more.
    }
    if (delayMs !== null && this.#timer === undefined) this.#timer = clock.after(delayMs, () => this.#look())
  }

  #announce(checksum: string): void {
    const { membership } = this.#parts
    if (isDistributed(membership)) membership.announceRing(checksum)
  }

  #verdictOf({ isAgreed, checksum, others, memberCount, durationMs }: NativeVerdict): Verdict {
    if (isAgreed) return { type: 'ring:agreed', payload: { checksum, memberCount, durationMs } }
    const sinceMs = this.#parts.clock.nowMs() - durationMs
    return { type: 'ring:diverged', payload: { checksum, others: othersOf(others), sinceMs } }
  }
}

/** Members and the checksums of their rings, which native code tells in turn. */
export function othersOf(pairs: readonly string[]): { nodeId: string; checksum: string }[] {
  const others = []
  for (let at = 0; at < pairs.length; at += 2) {
    others.push(Object.freeze({ nodeId: pairs[at]!, checksum: pairs[at + 1]! }))
  }
  return others
}

/** What there is to say of a member that the ring does not take. */
export function refusalText(nodeId: string, problem: string): string {
  const outlook = 'it is tried again when the ring changes'
  return `the ring does not take node ${shown(nodeId)} as it is, and ${outlook}: ${problem}`
}

function joined(member: Member) {
  return { type: 'joined' as const, member }
}

function isDistributed(membership: MembershipProvider): membership is DistributedMembership {
  return 'ringChecksums' in membership
}
