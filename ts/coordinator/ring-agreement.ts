/** Whether all live members have the same ring: each tells the checksum of its own. */

import type { Clock, Timer } from '../clock.js'
import type { EventMap } from '../events/event-map.js'
import type { DistributedMembership } from '../membership/distributed-membership.js'
import type { RingAgreementMetrics } from '../metrics/cluster-metrics.js'
import type { HashRing } from '../ring/hash-ring.js'
import type { NodeStatus, StopWatching } from '../types.js'

/** How often the checksums are compared: while a change spreads, and else. */
const SPREADING_MS = 50
const QUIET_MS = 1_000

/** Members that a reason names. */
const NAMED_MAX = 5

/** Members whose rings count: who leaves has its own already, and who is dead tells nothing. */
const LIVE: ReadonlySet<NodeStatus> = new Set(['alive', 'suspected', 'updating'])

/** What the agreement is looked after with. */
export interface RingAgreementOptions {
  membership: Pick<DistributedMembership, 'announceRing' | 'localNodeId' | 'members' | 'ringChecksums'>
  ring: HashRing
  clock: Clock
  /** How long rings may differ until that is told. */
  divergenceMs: number
  publish: <T extends 'ring:diverged' | 'ring:agreed'>(type: T, payload: EventMap[T]) => void
}

type Others = EventMap['ring:diverged']['others']

/**
 * Tells the others this node's checksum when it changes, and compares theirs with it. Changes reach members
 * one after another, so rings differ for a moment after each; where one differs for longer than
 * `divergenceMs`, something is wrong. Who has told no checksum yet does not differ, nor does it agree.
 */
export class RingAgreement {
  readonly #options: RingAgreementOptions
  /** When each member that differs was first seen to, without a look in between at which it did not. */
  readonly #differsSinceMs = new Map<string, number>()
  #others: Others = []
  /** Other members with the same ring. */
  #agreeingCount = 0
  #announced: string | undefined
  /** When the rings began to differ that differ for too long. */
  #divergedSinceMs: number | undefined
  #divergedCount = 0
  /** When the members changed, while not all rings have followed. */
  #changedMs: number | undefined
  #convergenceMs: number | undefined
  #watch: StopWatching | undefined
  #timer: Timer | undefined

  constructor(options: RingAgreementOptions) {
    this.#options = options
  }

  /** Begins, when the node has joined. */
  start(): void {
    this.stop()
    this.#watch = this.#options.ring.watch(() => this.viewChanged())
    this.viewChanged()
  }

  /** Ends, and forgets what the others had. May be called again. */
  stop(): void {
    this.#watch?.close()
    this.#watch = undefined
    this.#timer?.cancel()
    this.#differsSinceMs.clear()
    this.#others = []
    this.#agreeingCount = 0
    this.#announced = undefined
    this.#divergedSinceMs = undefined
    this.#changedMs = undefined
  }

  /** Takes notice of another view, which the ring has followed. Does nothing before the start. */
  viewChanged(): void {
    if (this.#watch === undefined) return
    this.#look()
  }

  /** What stands against the agreement, if anything: who has had another ring for too long. */
  problem(): string | undefined {
    if (this.#divergedSinceMs === undefined) return undefined
    const seconds = ((this.#options.clock.elapsedMs() - this.#divergedSinceMs) / 1000).toFixed(0)
    const named = this.#others.slice(0, NAMED_MAX).map(({ nodeId, checksum }) => `${nodeId} (${checksum})`)
    const rest = this.#others.length - named.length
    const more = rest === 0 ? '' : ` and ${rest} more`
    return `for ${seconds} s the ring (${this.#announced}) differs from that of ${named.join(', ')}${more}`
  }

  metrics(): RingAgreementMetrics {
    return {
      isDiverged: this.#divergedSinceMs !== undefined,
      agreeingCount: this.#announced === undefined ? 0 : 1 + this.#agreeingCount,
      differingCount: this.#others.length,
      others: this.#others,
      divergedCount: this.#divergedCount,
    }
  }

  /** How long the last change of the members took until all live ones told the same checksum. */
  get convergenceMs(): number | undefined {
    return this.#convergenceMs
  }

  /** Looks at what all have told, and sets the time of the next look. */
  #look(): void {
    this.#timer?.cancel()
    try {
      this.#announce()
      this.#compare()
    } catch {
      // Its user has closed the ring or the membership: there is nothing to compare any more.
    }
    // Who is told of the rings may have ended it.
    if (this.#watch === undefined) return
    const { clock, divergenceMs } = this.#options
    const elapsedMs = clock.elapsedMs()
    const isSpreading = this.#changedMs !== undefined && elapsedMs - this.#changedMs < divergenceMs
    const delayMs = isSpreading ? SPREADING_MS : Math.min(QUIET_MS, divergenceMs)
    this.#timer = clock.after(delayMs, () => this.#look())
  }

  #announce(): void {
    const { ring, membership, clock } = this.#options
    const { checksum } = ring
    if (checksum === this.#announced) return
    this.#announced = checksum
    this.#changedMs = clock.elapsedMs()
    membership.announceRing(checksum)
  }

  #compare(): void {
    const { membership, clock } = this.#options
    const checksum = this.#announced!
    const told = membership.ringChecksums()
    const live = membership.members().filter(({ status, isLocal }) => LIVE.has(status) && !isLocal)
    const elapsedMs = clock.elapsedMs()
    this.#others = live.flatMap(({ id }) => {
      const other = told.get(id)
      return other === undefined || other === checksum ? [] : [Object.freeze({ nodeId: id, checksum: other })]
    })
    const differing = new Set(this.#others.map(({ nodeId }) => nodeId))
    for (const id of this.#differsSinceMs.keys()) if (!differing.has(id)) this.#differsSinceMs.delete(id)
    for (const id of differing) if (!this.#differsSinceMs.has(id)) this.#differsSinceMs.set(id, elapsedMs)
    this.#agreeingCount = live.filter(({ id }) => told.get(id) === checksum).length
    if (this.#agreeingCount === live.length) this.#converged(live.length, elapsedMs)
    this.#judge(checksum, elapsedMs)
  }

  #converged(otherCount: number, elapsedMs: number): void {
    // A member alone agrees with itself: that measures nothing.
    if (this.#changedMs !== undefined && otherCount > 0) this.#convergenceMs = elapsedMs - this.#changedMs
    this.#changedMs = undefined
  }

  /** Tells that the rings have differed for too long, or that they do not any more. */
  #judge(checksum: string, elapsedMs: number): void {
    const { clock, divergenceMs, publish } = this.#options
    const sinceMs = Math.min(...this.#differsSinceMs.values())
    if (this.#divergedSinceMs === undefined && elapsedMs - sinceMs >= divergenceMs) {
      this.#divergedSinceMs = sinceMs
      this.#divergedCount += 1
      publish('ring:diverged', {
        checksum,
        others: this.#others,
        sinceMs: clock.nowMs() - (elapsedMs - sinceMs),
      })
    } else if (this.#divergedSinceMs !== undefined && this.#others.length === 0) {
      const durationMs = elapsedMs - this.#divergedSinceMs
      this.#divergedSinceMs = undefined
      publish('ring:agreed', { checksum, memberCount: 1 + this.#agreeingCount, durationMs })
    }
  }
}
