/** Follows what a Serf agent knows of the members. */

import type { Member } from '../../cluster-types.js'
import type { Clock, Timer } from '../../clock.js'
import type { ToldChecksums } from './told-checksums.js'
import type { SerfDoubts } from './serf-doubts.js'
import {
  type DueChange,
  dueChange,
  type Listed,
  type MemberReader,
  type Next,
  type SerfMember,
} from './serf-members.js'
import type { SerfSession } from './serf-session.js'

/** Members that an agent without memory is made to join: one that answers is enough. */
const PEERS_MAX = 5

/** What is followed, and for whom. */
export interface SerfWatchParts {
  readonly localNodeId: string
  readonly clock: Clock
  readonly intervalMs: number
  readonly reader: MemberReader
  readonly doubts: SerfDoubts
  readonly told: ToldChecksums
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
 * The list of members is the truth; events and the log only say that it is time to read it. So nothing
 * depends on the order in which they come, and one that is lost is made up for by the next reading.
 */
export class SerfWatch {
  readonly #parts: SerfWatchParts
  #timer: Timer | undefined
  #lastMs = 0
  #isSettling = false
  /** Whom the agent has listed, since it is the one that it is. */
  #listed = new Set<string>()
  /** Where the agents of members are, by id. */
  readonly #peers = new Map<string, string>()
  #isDue = false
  #isReading = false
  #reading: Promise<void> = Promise.resolve()

  constructor(parts: SerfWatchParts) {
    this.#parts = parts
  }

  /** Begins to read the list again and again. */
  begin(): void {
    const { clock, intervalMs } = this.#parts
    this.#isSettling = false
    this.#listed.clear()
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

  /**
   * The agent is back, maybe as another one that knows nobody yet. Members that it does not list stay as they
   * are until it has joined those that it could know, and the list is read again.
   *
   * @param join Has the agent join others, beside the seeds: where the agents of members were.
   */
  async settle(join: (peers: readonly string[]) => Promise<unknown>): Promise<void> {
    this.#isSettling = true
    this.#listed.clear()
    await this.read()
    const live = this.#parts.members().filter(({ isLocal, status }) => !isLocal && status !== 'dead')
    const peers = live.map(({ id }) => this.#peers.get(id)).filter((peer) => peer !== undefined)
    await join(peers.slice(0, PEERS_MAX))
    await this.read()
    this.#isSettling = false
    await this.read()
  }

  /** Reads the list. Resolves when one that was asked for from now on has been applied, or cannot be had. */
  async read(): Promise<void> {
    this.#isDue = true
    if (!this.#isReading) this.#reading = this.#readAll()
    await this.#reading
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    try {
      await this.#readWhileDue()
    } finally {
      this.#isReading = false
    }
  }

  async #readWhileDue(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      const session = this.#parts.session()
      // Where it fails the connection has ended, and the list is read when there is another.
      const list = await session?.members().catch(() => undefined)
      if (list !== undefined && session === this.#parts.session()) this.#apply(list)
    }
  }

  #apply(list: readonly SerfMember[]): void {
    const { localNodeId, clock, reader, members, change, onLocal } = this.#parts
    this.#noticePause()
    const local = list.find(({ name }) => name === localNodeId)
    if (local !== undefined) onLocal(local)
    const listed = reader.read(list)
    const known = new Map(members().map((member) => [member.id, member]))
    const ids = new Set([...known.keys(), ...listed.keys()])
    this.#remember(listed, ids)
    ids.delete(localNodeId)
    const nowMs = clock.nowMs()
    const due = [...ids].map((id) => {
      const [member, one] = [known.get(id), listed.get(id)]
      const next = one === undefined ? this.#unlisted(member!) : this.#next(id, one, member)
      return dueChange(member, next, nowMs)
    })
    const changes = due.filter((one) => one !== undefined)
    if (changes.length > 0) change(changes)
    this.#takeChecksums(listed)
  }

  #remember(listed: ReadonlyMap<string, Listed>, ids: ReadonlySet<string>): void {
    this.#parts.doubts.keepOnly(ids)
    for (const [id, { peer }] of listed) {
      this.#peers.set(id, peer)
      this.#listed.add(id)
    }
    for (const id of this.#peers.keys()) if (!ids.has(id)) this.#peers.delete(id)
    for (const id of this.#listed) if (!ids.has(id)) this.#listed.delete(id)
  }

  /**
   * How a member is that the agent lists, with the doubts about its process; nothing where it is none of
   * ours.
   */
  #next(id: string, { status, read }: Listed, known: Member | undefined): Next | undefined {
    const { doubts } = this.#parts
    // Without any tags its agent has been started anew, and its process has not found it yet, if it is there.
    const said = read.reason === 'no_tags' ? known : read.said
    if (said === undefined || status === 'left') return undefined
    if (status === 'leaving') return { id, said, status }
    const isSameVersion = known?.incarnation === said.incarnation && known.startedAtMs === said.startedAtMs
    if (!isSameVersion) doubts.hear(id)
    const isFailed = status === 'dead' || (read.said === undefined && known?.status === 'dead')
    const state = isFailed ? doubts.fail(id) : doubts.state(id)
    return state === 'forgotten' ? undefined : { id, said, status: state }
  }

  /**
   * How a member is that the agent does not list. One that it listed before it has forgotten, a day after it
   * failed or left. Otherwise the agent is another one than before: until it has joined those that are known
   * it says nothing of others.
   */
  #unlisted(known: Member): Next | undefined {
    const { id, status } = known
    if (this.#listed.has(id)) return undefined
    if (this.#isSettling && status !== 'dead') return { id, said: known, status }
    return this.#parts.doubts.fail(id) === 'forgotten' ? undefined : { id, said: known, status: 'dead' }
  }

  #takeChecksums(listed: ReadonlyMap<string, Listed>): void {
    const { localNodeId, clock, told, ringChecksum, members } = this.#parts
    const live = members().filter(({ status }) => status !== 'dead')
    const perMember = live.map(
      ({ id }) => [id, id === localNodeId ? ringChecksum() : checksumOf(listed.get(id))] as const,
    )
    const checksums = perMember.filter((one): one is [string, string] => one[1] !== undefined)
    told.take(new Map(checksums), live.length, clock.elapsedMs())
  }

  /** Where this process has stood still, it has heard of nobody meanwhile: that says nothing of them. */
  #noticePause(): void {
    const { clock, intervalMs, doubts } = this.#parts
    if (clock.elapsedMs() - this.#lastMs > 2 * intervalMs) doubts.hearAll()
  }
}

function checksumOf(listed: Listed | undefined): string | undefined {
  return listed?.read.said === undefined ? undefined : listed.read.ringChecksum
}
