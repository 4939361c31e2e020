/** Membership of one node: itself. */

import type { Member, MembershipChange } from '../cluster-types.js'
import { checkedText, checkedTexts, listOf } from '../checks.js'
import { type Clock, systemClock } from '../clock.js'
import { wrongType } from '../errors.js'
import { type LocalNode, asRingKeepsIt, isSame } from './local-node.js'
import { MemberView, notJoined } from './member-view.js'
import type { MembershipMetrics, MembershipProvider, MembershipSubscription } from './membership-provider.js'

/**
 * The membership of one node: `join` puts it into the view, `leave` takes it out. It opens no socket, and
 * contacts no seeds.
 */
export class SimpleMembership implements MembershipProvider {
  readonly localNodeId: string
  readonly #clock: Clock
  readonly #view: MemberView
  readonly #local: LocalNode
  #metadata: Readonly<Record<string, string>>
  /** Rises for good, so that a node that comes back is newer than the one that went. */
  #incarnation = 0
  /** Never falls, though the clock of the machine may. */
  #startedAtMs = 0

  /** @throws As `HashRing.addNode` for a description that no ring would take. */
  constructor(local: LocalNode, clock: Clock = systemClock) {
    const { id, metadata } = asRingKeepsIt(local)
    this.localNodeId = id
    this.#local = local
    this.#metadata = Object.freeze(metadata)
    this.#clock = clock
    this.#view = new MemberView(clock)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a refusal is a rejection
  async join(seeds: readonly string[]): Promise<void> {
    checkedTexts('seeds', listOf('seeds', seeds))
    this.#view.throwIfClosed()
    if (this.#localMember !== undefined) return
    this.#startedAtMs = Math.max(this.#startedAtMs, this.#clock.nowMs())
    this.#view.change('joined', this.#newMember('alive'))
  }

  leave(): Promise<void> {
    if (this.#localMember !== undefined) this.#view.change('left', this.#newMember('leaving'))
    return Promise.resolve()
  }

  members(): readonly Member[] {
    return this.#view.members()
  }

  member(id: string): Member | undefined {
    return this.#view.member(checkedText('id', id))
  }

  updateMetadata(metadata: Readonly<Record<string, string>>): void {
    this.#view.throwIfClosed()
    const previous = this.#localMember
    if (previous === undefined) {
      throw notJoined(this.localNodeId, 'its metadata cannot be updated')
    }
    if (metadata === undefined) throw wrongType('metadata', metadata, 'an object of strings')
    const kept = asRingKeepsIt({ ...this.#local, metadata }).metadata
    if (isSame(kept, this.#metadata)) return
    this.#metadata = Object.freeze(kept)
    this.#view.change('updated', this.#newMember(previous.status, previous.statusSinceMs))
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

  metrics(): MembershipMetrics {
    return this.#view.metrics(this.#localMember !== undefined)
  }

  close(): void {
    this.#view.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #localMember(): Member | undefined {
    return this.#view.member(this.localNodeId)
  }

  #newMember(status: Member['status'], statusSinceMs: number = this.#clock.nowMs()): Member {
    this.#incarnation += 1
    const { address, port, weight = 1, zone, capabilities = [] } = this.#local
    return {
      id: this.localNodeId,
      address,
      port,
      status,
      statusSinceMs,
      weight,
      ...(zone === undefined ? {} : { zone }),
      capabilities: Object.freeze([...capabilities]),
      metadata: this.#metadata,
      incarnation: this.#incarnation,
      startedAtMs: this.#startedAtMs,
      isLocal: true,
    }
  }
}
