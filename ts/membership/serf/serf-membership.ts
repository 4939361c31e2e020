/** Membership by a HashiCorp Serf agent beside this process. */

import type { Member, MembershipChange } from '../../cluster-types.js'
import { checkedText, checkedTexts, listOf } from '../../checks.js'
import { type Clock, endsWithin, systemClock, type Timer } from '../../clock.js'
import { wrongType } from '../../errors.js'
import type { StopWatching } from '../../types.js'
import type {
  BroadcastMessage,
  DistributedMembership,
  NetworkMetrics,
  Placement,
  ReceivedBroadcast,
} from '../distributed-membership.js'
import { MemberView, notJoined } from '../member-view.js'
import type { MembershipMetrics, MembershipSubscription } from '../membership-provider.js'
import { placementOf } from '../placement.js'
import { SerfDoubts } from './serf-doubts.js'
import { SerfLink } from './serf-link.js'
import type { LogNews } from './serf-log.js'
import { type DueChange, MemberReader } from './serf-members.js'
import { type CheckedSerfOptions, checkedSerfOptions, type SerfMembershipOptions } from './serf-options.js'
import { SerfOwnTags } from './serf-own-tags.js'
import { SerfSeeds } from './serf-seeds.js'
import type { SerfSession } from './serf-session.js'
import { hashOptionsText, keptSaid } from './serf-tags.js'
import { type MemberMessage, SerfTalk } from './serf-talk.js'
import { SerfWatch } from './serf-watch.js'
import { isSame } from '../local-node.js'
import { ToldChecksums } from './told-checksums.js'

/** How far this node is. */
type Part = 'none' | 'joining' | 'member' | 'leaving'

/**
 * The members are the nodes whose Serf agents are in one Serf cluster and bear the tags of this cluster. The
 * agent detects failures and carries messages; see `docs/providers.md` for how to run it, and for its limits.
 *
 * The node takes part for as long as its process does: `leave` says so in the tags, and the agent stays in
 * its cluster, for it may serve others too.
 */
export class SerfMembership implements DistributedMembership {
  readonly localNodeId: string
  readonly #clock: Clock
  readonly #options: CheckedSerfOptions
  /** Changed before the join only. */
  readonly #common: { clusterName: string; hashOptions: string }
  readonly #talk: SerfTalk
  readonly #view: MemberView
  readonly #link: SerfLink
  readonly #seeds: SerfSeeds
  readonly #ownTags: SerfOwnTags
  readonly #reader: MemberReader
  readonly #doubts: SerfDoubts
  readonly #watch: SerfWatch
  readonly #told = new ToldChecksums()
  readonly #dropped = new Map<string, number>()
  readonly #timers = new Set<Timer>()
  #part: Part = 'none'
  #joining: Promise<void> | undefined
  #leaving: Promise<void> | undefined
  #seedAddresses: readonly string[] = []
  /** The checksum of this node's ring, which is told when it has stayed the same for a while. */
  #ringChecksum: string | undefined
  #announcing: Timer | undefined

  /**
   * @throws As `HashRing.addNode` for a description that no ring would take; ERR_HYPERCACHE_INVALID_TYPE,
   * …_INVALID_TEXT, …_OUT_OF_RANGE, …_UNKNOWN_FIELD for other options; ERR_HYPERCACHE_TAGS_TOO_LARGE.
   */
  constructor(options: SerfMembershipOptions, clock: Clock = systemClock) {
    this.#options = checkedSerfOptions(options)
    this.#clock = clock
    const { local, clusterName, hashRing, timings } = this.#options
    const said = { ...keptSaid(local), incarnation: 0, startedAtMs: 0 }
    this.localNodeId = local.id
    const placement = placementOf(hashRing.hashFunction, hashRing.hashSeed)
    this.#common = { clusterName, hashOptions: hashOptionsText(hashRing, placement) }
    this.#view = new MemberView(clock)
    this.#doubts = new SerfDoubts(clock, timings)
    this.#reader = new MemberReader(this.#common, (reason) => this.#drop(reason))
    this.#talk = new SerfTalk({
      localNodeId: local.id,
      clusterName,
      send: (payload) => this.#link.send(payload),
      sendNow: (payload) => this.#link.sendNow(payload),
      onMessage: (message) => this.#onMessage(message),
      onUnreadable: () => this.#drop('unreadable_event'),
    })
    this.#link = this.#newLink()
    const session = () => (this.#part === 'member' ? this.#link.session : undefined)
    this.#seeds = new SerfSeeds(clock, timings.retryMaxMs, (seed) => this.#joinSeed(seed))
    this.#ownTags = new SerfOwnTags(said, this.#common, session)
    this.#watch = this.#newWatch(session)
  }

  usePlacement(placement: Placement): void {
    this.#common.hashOptions = hashOptionsText(this.#options.hashRing, placement)
  }

  async join(seeds: readonly string[]): Promise<void> {
    const addresses = checkedTexts('seeds', listOf('seeds', seeds))
    this.#view.throwIfClosed()
    await this.#leaving
    if (this.#part === 'member') return
    this.#joining ??= this.#join(addresses).finally(() => (this.#joining = undefined))
    await this.#joining
  }

  async leave(): Promise<void> {
    await this.#joining?.catch(() => undefined)
    if (this.#part === 'member') {
      this.#leaving = this.#leave().finally(() => (this.#leaving = undefined))
    }
    await this.#leaving
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
   * @throws ERR_HYPERCACHE_TAGS_TOO_LARGE too: all that a node says of itself has to go into 512 bytes.
   */
  updateMetadata(metadata: Readonly<Record<string, string>>): void {
    const local = this.#joinedMember('its metadata cannot be updated')
    if (metadata === undefined) throw wrongType('metadata', metadata, 'an object of strings')
    const kept = keptSaid({ ...this.#options.local, metadata })
    if (isSame(kept.metadata, local.metadata)) return
    this.#ownTags.say(kept)
    this.#change([{ type: 'updated', member: { ...local, ...this.#ownTags.said } }])
    this.#ownTags.set()
  }

  subscribe(
    listener: (change: MembershipChange) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription {
    return this.#view.subscribe(listener, options)
  }

  /** @throws ERR_HYPERCACHE_INVALID_TEXT too, for a name that is empty or longer than 255 bytes. */
  subscribeBatch(
    listener: (changes: readonly MembershipChange[]) => void,
    options?: { signal?: AbortSignal | undefined },
  ): MembershipSubscription {
    return this.#view.subscribeBatch(listener, options)
  }

  broadcast(message: BroadcastMessage): void {
    this.#joinedMember('it can send no broadcast')
    this.#talk.broadcast(message)
  }

  onBroadcast(listener: (message: ReceivedBroadcast) => void): StopWatching {
    this.#view.throwIfClosed()
    return this.#talk.onBroadcast(listener)
  }

  announceRing(checksum: string): void {
    if (this.#part !== 'member' || checksum === this.#ringChecksum) return
    this.#ringChecksum = checksum
    this.#told.tell()
    // A ring that changes often is told when it is quiet: each telling goes to all members.
    this.#announcing ??= this.#clock.after(this.#options.timings.announceDelayMs, () => {
      this.#announcing = undefined
      this.#ownTags.sayRing(this.#ringChecksum)
      this.#ownTags.set()
      void this.#watch.read()
    })
  }

  ringChecksums(): ReadonlyMap<string, string> {
    return this.#told.checksums
  }

  problems(): readonly string[] {
    const parts = [this.#link, this.#seeds, this.#ownTags, this.#reader]
    return parts.flatMap((part) => part.problems())
  }

  metrics(): MembershipMetrics {
    return this.#view.metrics(this.#view.member(this.localNodeId) !== undefined)
  }

  networkMetrics(): NetworkMetrics {
    const { convergenceMs } = this.#told
    return {
      suspicionsStartedCount: this.#doubts.startedCount,
      suspicionsRefutedCount: this.#doubts.refutedCount,
      droppedByReason: Object.fromEntries(this.#dropped),
      broadcastsSentCount: this.#talk.sentCount,
      broadcastsReceivedCount: this.#talk.receivedCount,
      ...(convergenceMs === undefined ? {} : { convergenceMs }),
    }
  }

  close(): void {
    this.#part = 'none'
    this.#stop()
    this.#talk.close()
    this.#view.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #join(seeds: readonly string[]): Promise<void> {
    const { timings } = this.#options
    const { port1: hold } = new MessageChannel()
    // Timers do not keep a process alive; one that waits for its agent is to end with an error, not without.
    hold.on('message', () => undefined)
    this.#part = 'joining'
    this.#seedAddresses = seeds
    try {
      this.#ownTags.say({ startedAtMs: this.#clock.nowMs() })
      await this.#link.open(timings.connectTimeoutMs)
      this.#part = 'member'
      const statusSinceMs = this.#clock.nowMs()
      const local = {
        ...this.#ownTags.said,
        id: this.localNodeId,
        status: 'alive' as const,
        statusSinceMs,
        isLocal: true,
      }
      this.#change([{ type: 'joined', member: local }])
      // A subscriber may have closed it.
      this.#view.throwIfClosed()
      this.#watch.begin()
      this.#timers.add(this.#clock.every(timings.heartbeatIntervalMs, () => this.#sayAlive()))
      await this.#watch.read()
      this.#view.throwIfClosed()
      await endsWithin(this.#clock, timings.seedTimeoutMs, this.#seeds.begin(seeds))
      this.#sayAlive()
      await this.#watch.read()
    } catch (error) {
      this.#view.throwIfClosed()
      this.#part = 'none'
      this.#stop()
      throw error
    } finally {
      hold.close()
    }
  }

  /** A session is new: nobody has asked it for anything yet. */
  async #prepare(session: SerfSession): Promise<void> {
    const local = (await session.members()).find(({ name }) => name === this.localNodeId)
    const found = local?.tags ?? {}
    if (this.#part === 'joining') await this.#ownTags.setFirst(session, found)
    else if (this.#part === 'leaving') await this.#ownTags.setLeft(session)
    else await this.#ownTags.setAgain(session, found)
  }

  #onBack(): void {
    this.#doubts.hearAll()
    this.#sayAlive()
    const session = this.#link.session
    void this.#watch.settle((peers) => {
      if (this.#part !== 'member') return Promise.resolve()
      const rejoined = peers.length === 0 ? undefined : session?.join(peers).catch(() => undefined)
      return Promise.all([this.#seeds.begin(this.#seedAddresses), rejoined])
    })
  }

  async #leave(): Promise<void> {
    this.#part = 'leaving'
    const session = this.#link.session
    if (session !== undefined) {
      const told = this.#options.leavesAgent ? session.leaveAgent() : this.#ownTags.setLeft(session)
      // Where the agent does not take it, others see that this process went silent.
      const { leaveTimeoutMs } = this.#options.timings
      await endsWithin(
        this.#clock,
        leaveTimeoutMs,
        told.catch(() => undefined),
      )
    }
    this.#part = 'none'
    this.#stop()
    const members = this.#view.members()
    const others = members.filter(({ isLocal }) => !isLocal)
    const local = members.find(({ isLocal }) => isLocal)
    if (local === undefined) return
    const gone = { ...local, status: 'leaving' as const, statusSinceMs: this.#clock.nowMs() }
    this.#change([...others, gone].map((member) => ({ type: 'left', member })))
  }

  #stop(): void {
    this.#link.close()
    this.#seeds.stop()
    this.#watch.stop()
    this.#timers.forEach((timer) => timer.cancel())
    this.#timers.clear()
    this.#announcing?.cancel()
    this.#announcing = undefined
    this.#ringChecksum = undefined
    this.#ownTags.sayRing(undefined)
    this.#told.clear()
  }

  #newLink(): SerfLink {
    const { serf, timings } = this.#options
    return new SerfLink(
      {
        address: serf.rpcAddress,
        authKey: serf.rpcAuthKey,
        timeoutMs: timings.requestTimeoutMs,
        clock: this.#clock,
        nodeId: this.localNodeId,
        eventName: this.#talk.eventName,
        retryMaxMs: timings.retryMaxMs,
      },
      {
        prepare: (session) => this.#prepare(session),
        onBack: () => this.#onBack(),
        onLost: (reason) => this.#drop(reason),
        onMembers: () => void this.#watch.read(),
        onUserEvent: (name, payload) => this.#talk.hear(name, payload),
        onLog: (news) => this.#onLog(news),
      },
    )
  }

  #newWatch(session: () => SerfSession | undefined): SerfWatch {
    return new SerfWatch({
      localNodeId: this.localNodeId,
      clock: this.#clock,
      intervalMs: this.#options.timings.reconcileIntervalMs,
      reader: this.#reader,
      doubts: this.#doubts,
      told: this.#told,
      session,
      members: () => this.#view.members(),
      ringChecksum: () => this.#ownTags.ringChecksum,
      change: (changes) => this.#change(changes),
      onLocal: ({ tags }) => this.#ownTags.check(tags),
    })
  }

  /** Every change of the view is made here. */
  #change(changes: readonly DueChange[]): void {
    // First: who is told may tell of another ring at once.
    this.#told.change(this.#clock.elapsedMs())
    this.#view.changeAll(changes)
  }

  #onLog(news: LogNews): void {
    const originNodeId = this.localNodeId
    if (news.type === 'refuted') this.#talk.say({ kind: 'refutes', originNodeId })
    else if (news.type === 'members') void this.#watch.read()
    else if (this.#suspect(news.id)) this.#talk.say({ kind: 'suspects', originNodeId, id: news.id })
  }

  /** Answers whether the suspicion is a new one. */
  #suspect(id: string): boolean {
    if (id === this.localNodeId || this.#view.member(id)?.status !== 'alive') return false
    const isNew = this.#doubts.suspect(id)
    void this.#watch.read()
    return isNew
  }

  #onMessage(message: MemberMessage): void {
    const origin = this.#view.member(message.originNodeId)
    if (origin === undefined) return
    this.#doubts.hear(origin.id, message.kind === 'lives' ? message.intervalMs : undefined)
    if (message.kind === 'suspects') this.#suspect(message.id)
    if (message.kind === 'refutes') this.#doubts.refute(origin.id)
    if (origin.status !== 'alive') void this.#watch.read()
  }

  #sayAlive(): void {
    const intervalMs = this.#options.timings.heartbeatIntervalMs
    this.#talk.say({ kind: 'lives', originNodeId: this.localNodeId, intervalMs })
  }

  async #joinSeed(seed: string): Promise<void> {
    const session = this.#link.session
    if (session === undefined) throw new Error('the Serf agent of this node is away')
    await session.join([seed])
    void this.#watch.read()
  }

  #joinedMember(why: string): Member {
    this.#view.throwIfClosed()
    const local = this.#view.member(this.localNodeId)
    if (local !== undefined) return local
    throw notJoined(this.localNodeId, why)
  }

  #drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1)
  }
}
