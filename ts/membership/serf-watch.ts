/** Follows what a Serf agent knows of the members. */

import type { Member } from '../cluster-types.js'
import type { Clock, Timer } from '../clock.js'
import type { RingAgreement } from './ring-agreement.js'
import type { SerfDoubts } from './serf-doubts.js'
import { type DueChange, dueChange, type MemberReader, type Seen, type SerfMember } from './serf-members.js'
import type { SerfSession } from './serf-session.js'

/** What is followed, and for whom. */
export interface SerfWatchParts {
  readonly localNodeId: string
  readonly clock: Clock
  readonly intervalMs: number
  readonly reader: MemberReader
  readonly doubts: SerfDoubts
  readonly agreement: RingAgreement
  /** The session, while there is one and this node takes part. */
  readonly session: () => SerfSession | undefined
  /** The members in the view. */
  readonly members: () => readonly Member[]
  /** The checksum that this node has told. */
  readonly ringChecksum: () => string | undefined
  /** Makes changes of the view. */
  readonly change: (changes: readonly DueChange[]) => void
  /** The local member, as the agent lists it. */
  readonly onLocal: (member: SerfMember) => void
}

/**
 * The list of members is the truth; events and the log only say that it is time to read it. So nothing depends
 * on the order in which they come, and one that is lost is made up for by the next reading.
 */
export class SerfWatch {
  readonly #parts: SerfWatchParts
  #timer: Timer | undefined
  #lastMs = 0
  #isDue = false
  #reading: Promise<void> | undefined

  constructor(parts: SerfWatchParts) {
    this.#parts = parts
  }

  /** Begins to read the list again and again. */
  begin(): void {
    const { clock, intervalMs } = this.#parts
    this.#lastMs = clock.elapsedMs()
    this.#timer = clock.every(intervalMs, () => {
      this.#noticePause()
      this.#lastMs = clock.elapsedMs()
      void this.read()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Reads the list. Resolves when one that was asked for from now on has been applied, or cannot be had. */
  async read(): Promise<void> {
    this.#isDue = true
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined))
    await this.#reading
  }

  async #readAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      const session = this.#parts.session()
      if (session === undefined) return
      // Where it fails the connection has ended, and the list is read when there is another.
      const list = await session.members().catch(() => undefined)
      if (list !== undefined && session === this.#parts.session()) this.#apply(list)
    }
  }

  #apply(list: readonly SerfMember[]): void {
    const { localNodeId, clock, reader, doubts, members, change, onLocal } = this.#parts
    this.#noticePause()
    const local = list.find(({ name }) => name === localNodeId)
    if (local !== undefined) onLocal(local)
    const seen = reader.read(list)
    doubts.keepOnly(seen)
    const known = new Map(members().map((member) => [member.id, member]))
    const due = [...new Set([...known.keys(), ...seen.keys()])]
      .filter((id) => id !== localNodeId)
      .map((id) => dueChange(known.get(id), this.#now(seen.get(id), known.get(id)), clock.nowMs()))
    const changes = due.filter((one) => one !== undefined)
    if (changes.length > 0) change(changes)
    this.#takeChecksums(seen)
  }

  /** How a member is, with the doubts about its process. */
  #now(
    seen: Seen | undefined,
    known: Member | undefined,
  ): { id: string; status: Member['status']; said: Seen['said'] } | undefined {
    if (seen === undefined) return undefined
    const { id, said, status } = seen
    const { doubts } = this.#parts
    if (status !== 'alive') {
      doubts.confirm(id)
      doubts.hear(id)
      return { id, said, status }
    }
    const { incarnation, startedAtMs } = (known ?? {}) as Partial<Seen['said']>
    if (incarnation !== said.incarnation || startedAtMs !== said.startedAtMs) doubts.hear(id)
    const state = doubts.state(id)
    return state === 'forgotten' ? undefined : { id, said, status: state }
  }

  #takeChecksums(seen: ReadonlyMap<string, Seen>): void {
    const { localNodeId, clock, agreement, ringChecksum, members } = this.#parts
    const live = members().filter(({ status }) => status !== 'dead')
    const told = live.map(
      ({ id }) => [id, id === localNodeId ? ringChecksum() : seen.get(id)?.ringChecksum] as const,
    )
    const checksums = told.filter((one): one is [string, string] => one[1] !== undefined)
    agreement.take(new Map(checksums), live.length, clock.elapsedMs())
  }

  /** Where this process has stood still, it has heard of nobody meanwhile: that says nothing of them. */
  #noticePause(): void {
    const { clock, intervalMs, doubts } = this.#parts
    if (clock.elapsedMs() - this.#lastMs > 2 * intervalMs) doubts.hearAll()
  }
}
