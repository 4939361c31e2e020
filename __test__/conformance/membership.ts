/**
 * The conformance suite of membership providers; over 400 lines, for it is one list. See `docs/providers.md`.
 */

import { getEventListeners } from 'node:events'

import { expect } from 'vitest'

import type { Member, MembershipChange, MembershipProvider } from '../../dist/index.js'
import { otherMembersRules } from './membership-others'
import { type Closable, type Rule, refusalCode, registerRules, rule, warningsOf } from './rules'

/** What another member says of itself when it joins. */
export type OtherMember = Pick<Member, 'id'> &
  Partial<Pick<Member, 'address' | 'port' | 'weight' | 'zone' | 'capabilities'>>

/**
 * How a test has other members do things. Each resolves when the provider under test can have learned of it.
 */
export interface OtherMembers {
  join(member: OtherMember): void | Promise<void>
  /** Several join so that the provider learns of all of them at one moment. */
  joinTogether(members: readonly OtherMember[]): void | Promise<void>
  leave(id: string): void | Promise<void>
  suspect(id: string): void | Promise<void>
  fail(id: string): void | Promise<void>
  /** One that failed is forgotten. */
  reap(id: string): void | Promise<void>
  recover(id: string): void | Promise<void>
  update(id: string, metadata: Record<string, string>): void | Promise<void>
}

/** A provider, and how to drive it. */
export interface MembershipUnderTest extends Closable {
  /** New, and not joined. */
  membership: MembershipProvider
  /** Resolves when everything that is under way has been told. */
  settle: () => void | Promise<void>
  /** The time by the provider's clock. */
  nowMs: () => number
  /** Lets a little time pass by the provider's clock. */
  advance: (ms: number) => void | Promise<void>
  /** Absent where the provider can have no other members: then say `isAlone`. */
  others?: OtherMembers
}

/** Options of the suite. */
export interface MembershipConformanceOptions {
  /** The provider never has members but the local one: leaves out the rules about others. */
  isAlone?: boolean
}

/** The changes that a subscriber is told. */
export function recorded({ membership }: MembershipUnderTest) {
  const changes: MembershipChange[] = []
  const subscription = membership.subscribe((change) => void changes.push(change))
  return { changes, subscription }
}

/** The batches that a subscriber is told. */
export function recordedBatches({ membership }: MembershipUnderTest) {
  const batches: (readonly MembershipChange[])[] = []
  const subscription = membership.subscribeBatch((batch) => void batches.push(batch))
  return { batches, subscription }
}

/** What the counters of a provider that told these changes say. */
export function countsOf(changes: readonly MembershipChange[]) {
  const countOf = (wanted: string) => changes.filter(({ type }) => type === wanted).length
  return {
    joinedCount: countOf('joined'),
    leftCount: countOf('left'),
    failedCount: countOf('failed'),
    suspectedCount: countOf('suspected'),
    recoveredCount: countOf('recovered'),
    updatedCount: countOf('updated'),
    reapedCount: countOf('reaped'),
  }
}

/** Whether one version of what a member says of itself is newer than another. */
const isNewer = (after: Member, before: Member) =>
  after.startedAtMs > before.startedAtMs ||
  (after.startedAtMs === before.startedAtMs && after.incarnation > before.incarnation)

const typesOf = (changes: readonly MembershipChange[]) => changes.map(({ type }) => type)
const local = ({ membership }: MembershipUnderTest) => membership.member(membership.localNodeId)

const joiningRules: Rule<MembershipUnderTest>[] = [
  rule('is empty before it joins', (made) => {
    const { membership } = made
    expect(membership.members()).toEqual([])
    expect(local(made)).toBeUndefined()
    expect(membership.metrics()).toMatchObject({ isJoined: false, memberCount: 0, joinedCount: 0 })
  }),
  rule('has the local member, alive, when join resolves', async (made) => {
    const beforeMs = made.nowMs()
    await made.membership.join([])
    const member = local(made)!
    expect(member).toMatchObject({ id: made.membership.localNodeId, status: 'alive', isLocal: true })
    expect(member.address).toMatch(/./)
    expect(Number.isInteger(member.port) && member.port >= 1 && member.port <= 65_535).toBe(true)
    expect(member.incarnation).toBeGreaterThanOrEqual(1)
    expect(member.startedAtMs).toBeGreaterThanOrEqual(beforeMs)
    expect(member.startedAtMs).toBeLessThanOrEqual(made.nowMs())
    expect(member.statusSinceMs).toBeGreaterThanOrEqual(beforeMs)
    expect(member.statusSinceMs).toBeLessThanOrEqual(made.nowMs())
    expect(made.membership.members()).toContainEqual(member)
    expect(made.membership.metrics().isJoined).toBe(true)
  }),
  rule('tells that the local member joined', async (made) => {
    const { changes } = recorded(made)
    await made.membership.join([])
    await made.settle()
    expect(typesOf(changes)).toEqual(['joined'])
    expect(changes[0]!.member).toEqual(local(made))
    expect(changes[0]!.previous).toBeUndefined()
  }),
  rule('does nothing where it has joined already', async (made) => {
    await made.membership.join([])
    const { changes } = recorded(made)
    const before = local(made)
    await made.membership.join([])
    await made.settle()
    expect(changes).toEqual([])
    expect(local(made)).toEqual(before)
  }),
  rule('refuses seeds that are no list of texts, and stays as it was', async (made) => {
    const { changes } = recorded(made)
    for (const seeds of ['10.0.0.1:7946', undefined, null, [7946], {}]) {
      const refused = await refusalCode(() => made.membership.join(seeds as string[]))
      expect(refused).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    }
    await made.settle()
    expect(made.membership.members()).toEqual([])
    expect(changes).toEqual([])
  }),
  rule('is empty when leave resolves, and tells it as left, not as a failure', async (made) => {
    await made.membership.join([])
    const { changes } = recorded(made)
    const before = local(made)
    await made.membership.leave()
    expect(made.membership.members()).toEqual([])
    expect(made.membership.metrics()).toMatchObject({ isJoined: false, memberCount: 0 })
    await made.settle()
    const last = changes.filter(({ type }) => type !== 'updated')
    expect(typesOf(last)).toEqual(['left'])
    expect(last[0]!.member.id).toBe(made.membership.localNodeId)
    expect(changes[0]!.previous).toEqual(before)
  }),
  rule('does nothing where it leaves without taking part', async (made) => {
    const { changes } = recorded(made)
    await made.membership.leave()
    await made.membership.join([])
    await made.membership.leave()
    await made.membership.leave()
    await made.settle()
    expect(typesOf(changes).filter((type) => type === 'left')).toHaveLength(1)
  }),
  rule('can join again, as a newer version of itself', async (made) => {
    await made.membership.join([])
    const before = local(made)!
    await made.membership.leave()
    const { changes } = recorded(made)
    await made.membership.join([])
    await made.settle()
    expect(local(made)).toMatchObject({ status: 'alive' })
    expect(isNewer(local(made)!, before)).toBe(true)
    expect(typesOf(changes)).toEqual(['joined'])
  }),
]

const subscriptionRules: Rule<MembershipUnderTest>[] = [
  rule('tells every change to every subscriber, in order and once', async (made) => {
    const first = recorded(made)
    const second = recorded(made)
    await made.membership.join([])
    for (let step = 0; step < 5; step += 1) made.membership.updateMetadata({ step: String(step) })
    await made.membership.leave()
    await made.settle()
    expect(first.changes.length).toBeGreaterThanOrEqual(7)
    expect(second.changes).toEqual(first.changes)
    const steps = first.changes
      .filter(({ type }) => type === 'updated')
      .map(({ member }) => member.metadata.step)
    expect(steps.filter((step) => step !== undefined).slice(0, 5)).toEqual(['0', '1', '2', '3', '4'])
  }),
  rule('counts versions up by one from where the subscription began', async (made) => {
    await made.membership.join([])
    made.membership.updateMetadata({ before: 'yes' })
    const { changes, subscription } = recorded(made)
    made.membership.updateMetadata({ a: '1' })
    made.membership.updateMetadata({ a: '2' })
    await made.membership.leave()
    await made.settle()
    const versions = changes.map(({ version }) => version)
    expect(versions).toEqual(changes.map((_, index) => subscription.version + 1 + index))
    expect(versions.length).toBeGreaterThanOrEqual(3)
    expect(made.membership.metrics().version).toBe(versions.at(-1))
  }),
  rule('begins a subscription at the view as it is', async (made) => {
    expect(recorded(made).subscription.members).toEqual([])
    await made.membership.join([])
    const { subscription, changes } = recorded(made)
    expect(subscription.members).toEqual(made.membership.members())
    expect(Object.isFrozen(subscription.members)).toBe(true)
    await made.settle()
    expect(changes).toEqual([])
  }),
  rule('keeps the view at which a subscription began as it was', async (made) => {
    await made.membership.join([])
    const { subscription } = recorded(made)
    const { version } = subscription
    const members = made.membership.members()
    made.membership.updateMetadata({ made: 'after it began' })
    await made.settle()
    expect(subscription.members).toEqual(members)
    await made.membership.leave()
    await made.settle()
    expect(subscription.members).toEqual(members)
    expect(subscription.version).toBe(version)
  }),
  rule('has no gap between a subscription and the first look at the members', async (made) => {
    const { changes, subscription } = recorded(made)
    await made.membership.join([])
    made.membership.updateMetadata({ made: 'before the first look' })
    const members = made.membership.members()
    await made.settle()
    const view = new Map(subscription.members.map((member) => [member.id, member]))
    for (const { type, member } of changes) {
      if (type === 'left' || type === 'reaped') view.delete(member.id)
      else view.set(member.id, member)
    }
    expect([...view.values()]).toEqual(members)
  }),
  rule('gives each change a time, what was before, and freezes it', async (made) => {
    const beganMs = made.nowMs()
    const { changes } = recorded(made)
    await made.membership.join([])
    made.membership.updateMetadata({ a: '1' })
    await made.membership.leave()
    await made.settle()
    for (const change of changes) {
      expect(change.timestampMs).toBeGreaterThanOrEqual(beganMs)
      expect(change.timestampMs).toBeLessThanOrEqual(made.nowMs())
      expect(Object.isFrozen(change)).toBe(true)
      expect(Object.isFrozen(change.member)).toBe(true)
    }
    changes.slice(1).forEach((change, index) => expect(change.previous).toEqual(changes[index]!.member))
  }),
  rule('lets no subscriber harm the others', async (made) => {
    const codes = await warningsOf(async () => {
      made.membership.subscribe(() => {
        throw new Error('a subscriber that throws')
      })
      const rejecting: unknown = () => Promise.reject(new Error('one that rejects'))
      made.membership.subscribe(rejecting as () => void)
      const { changes } = recorded(made)
      await made.membership.join([])
      await made.settle()
      expect(typesOf(changes)).toEqual(['joined'])
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_LISTENER_FAILED', 'ERR_HYPERCACHE_LISTENER_FAILED'])
  }),
  rule('tells nothing more once a subscription is stopped', async (made) => {
    const stops = [recorded(made), recorded(made), recorded(made)]
    const abort = new AbortController()
    const told: MembershipChange[] = []
    made.membership.subscribe((change) => void told.push(change), { signal: abort.signal })
    made.membership.subscribe((change) => void told.push(change), { signal: AbortSignal.abort() })
    stops[0]!.subscription()
    stops[0]!.subscription()
    stops[1]!.subscription.close()
    stops[2]!.subscription[Symbol.dispose]()
    abort.abort()
    expect(made.membership.metrics().subscriberCount).toBe(0)
    await made.membership.join([])
    await made.settle()
    expect([...stops.flatMap(({ changes }) => changes), ...told]).toEqual([])
  }),
  rule('leaves nothing on a signal once a subscription has ended', (made) => {
    const { signal } = new AbortController()
    const subscribe = () => made.membership.subscribe(() => undefined, { signal })
    subscribe()()
    subscribe().close()
    subscribe()[Symbol.dispose]()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    subscribe()
    made.membership.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  }),
  rule('tells a subscriber that comes during a change only what follows', async (made) => {
    const late: MembershipChange[] = []
    let hasSubscribed = false
    made.membership.subscribe(() => {
      if (!hasSubscribed) made.membership.subscribe((change) => void late.push(change))
      hasSubscribed = true
    })
    await made.membership.join([])
    await made.settle()
    expect(late).toEqual([])
    made.membership.updateMetadata({ a: '1' })
    await made.settle()
    expect(typesOf(late)).toEqual(['updated'])
  }),
  rule('tells a subscriber nothing that was in the view at which it began, told or not', async (made) => {
    const late: MembershipChange[] = []
    let begun: number | undefined
    made.membership.subscribe(({ type }) => {
      if (type !== 'joined') return
      // Made, and waits to be told until this change has been.
      made.membership.updateMetadata({ by: 'a subscriber' })
      begun = made.membership.subscribe((change) => void late.push(change)).version
    })
    await made.membership.join([])
    await made.settle()
    made.membership.updateMetadata({ by: 'the test' })
    await made.settle()
    const { version: last } = made.membership.metrics()
    const following = Array.from({ length: last - begun! }, (_, at) => begun! + 1 + at)
    expect(late.map(({ version }) => version)).toEqual(following)
  }),
  rule('keeps one order where a subscriber makes a change itself', async (made) => {
    made.membership.subscribe(({ type }) => {
      if (type === 'joined') made.membership.updateMetadata({ by: 'a subscriber' })
    })
    const { changes } = recorded(made)
    await made.membership.join([])
    await made.settle()
    expect(typesOf(changes)).toEqual(['joined', 'updated'])
    expect(changes[1]!.version).toBe(changes[0]!.version + 1)
  }),
  rule('tells a subscriber that another one stops nothing more', async (made) => {
    const stopped: MembershipChange[] = []
    const stops: (() => void)[] = []
    made.membership.subscribe(() => stops.forEach((stop) => stop()))
    stops.push(made.membership.subscribe((change) => void stopped.push(change)))
    await made.membership.join([])
    await made.settle()
    expect(stopped).toEqual([])
  }),
  rule('refuses what is no listener, no signal or no option', async ({ membership }) => {
    const subscribe = (...args: unknown[]) =>
      refusalCode(() => (membership.subscribe as (...all: unknown[]) => unknown)(...args))
    expect(await subscribe(undefined)).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await subscribe(() => undefined, { signal: 'now' })).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await subscribe(() => undefined, { limit: 1 })).toBe('ERR_HYPERCACHE_UNKNOWN_FIELD')
    expect(membership.metrics().subscriberCount).toBe(0)
  }),
]

const batchRules: Rule<MembershipUnderTest>[] = [
  rule('tells batches that are the changes, in order and once', async (made) => {
    const { changes } = recorded(made)
    const { batches, subscription } = recordedBatches(made)
    expect([subscription.members, subscription.version]).toEqual([[], 0])
    await made.membership.join([])
    made.membership.updateMetadata({ a: '1' })
    await made.membership.leave()
    await made.settle()
    expect(changes.length).toBeGreaterThanOrEqual(3)
    expect(batches.flat()).toEqual(changes)
    for (const batch of batches) {
      expect(batch.length).toBeGreaterThanOrEqual(1)
      expect(Object.isFrozen(batch)).toBe(true)
      expect(batch.every((change) => Object.isFrozen(change))).toBe(true)
    }
  }),
  rule('begins a subscription to batches at the view as it is', async (made) => {
    await made.membership.join([])
    const { batches, subscription } = recordedBatches(made)
    const { version } = made.membership.metrics()
    expect([subscription.members, subscription.version]).toEqual([made.membership.members(), version])
    made.membership.updateMetadata({ a: '1' })
    await made.settle()
    expect(batches.flat().map((change) => change.version)).toEqual([version + 1])
  }),
  rule('ends a subscription to batches by each way to end it', async (made) => {
    const { signal } = new AbortController()
    const abort = new AbortController()
    const told: unknown[] = []
    const subscribe = (options?: { signal: AbortSignal }) =>
      made.membership.subscribeBatch((batch) => void told.push(batch), options)
    subscribe({ signal })()
    subscribe().close()
    subscribe()[Symbol.dispose]()
    subscribe({ signal: abort.signal })
    subscribe({ signal: AbortSignal.abort() })
    abort.abort()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(made.membership.metrics().subscriberCount).toBe(0)
    await made.membership.join([])
    await made.settle()
    expect(told).toEqual([])
  }),
  rule('lets no subscriber to batches harm the others', async (made) => {
    const codes = await warningsOf(async () => {
      made.membership.subscribeBatch(() => {
        throw new Error('a subscriber that throws')
      })
      const { batches } = recordedBatches(made)
      await made.membership.join([])
      await made.settle()
      expect(typesOf(batches.flat())).toEqual(['joined'])
    })
    expect(codes).toEqual(['ERR_HYPERCACHE_LISTENER_FAILED'])
  }),
  rule('refuses batches to what is no listener, and after close', async ({ membership }) => {
    const subscribe = (...args: unknown[]) =>
      refusalCode(() => (membership.subscribeBatch as (...all: unknown[]) => unknown)(...args))
    expect(await subscribe(undefined)).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    expect(await subscribe(() => undefined, { limit: 1 })).toBe('ERR_HYPERCACHE_UNKNOWN_FIELD')
    expect(membership.metrics().subscriberCount).toBe(0)
    membership.close()
    expect(await subscribe(() => undefined)).toBe('ERR_HYPERCACHE_MEMBERSHIP_CLOSED')
  }),
]

const updateRules: Rule<MembershipUnderTest>[] = [
  rule('tells new metadata before updateMetadata returns, with a higher incarnation', async (made) => {
    await made.membership.join([])
    const { changes } = recorded(made)
    const before = local(made)!
    made.membership.updateMetadata({ rack: 'r7' })
    expect(typesOf(changes)).toEqual(['updated'])
    expect(changes[0]!.previous).toEqual(before)
    expect(changes[0]!.member).toEqual(local(made))
    expect(local(made)).toMatchObject({ metadata: { rack: 'r7' }, status: 'alive' })
    expect(local(made)!.incarnation).toBeGreaterThan(before.incarnation)
    expect(local(made)!.statusSinceMs).toBe(before.statusSinceMs)
    expect(local(made)!.startedAtMs).toBe(before.startedAtMs)
  }),
  rule('replaces all metadata, and keeps a copy', async (made) => {
    await made.membership.join([])
    made.membership.updateMetadata({ first: '1' })
    const given: Record<string, string> = { second: '2' }
    made.membership.updateMetadata(given)
    given.second = 'changed by its owner'
    expect(local(made)!.metadata).toEqual({ second: '2' })
    expect(Object.isFrozen(local(made)!.metadata)).toBe(true)
  }),
  rule('takes equal metadata as no change', async (made) => {
    await made.membership.join([])
    made.membership.updateMetadata({ a: '1', b: '2' })
    const { changes } = recorded(made)
    made.membership.updateMetadata({ b: '2', a: '1' })
    await made.settle()
    expect(changes).toEqual([])
  }),
  rule('refuses metadata out of bounds, and stays as it was', async (made) => {
    await made.membership.join([])
    made.membership.updateMetadata({ kept: 'yes' })
    const { changes } = recorded(made)
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`name${index}`, '']))
    const refusals: [unknown, string][] = [
      [undefined, 'ERR_HYPERCACHE_INVALID_TYPE'],
      [null, 'ERR_HYPERCACHE_INVALID_TYPE'],
      ['rack=r7', 'ERR_HYPERCACHE_INVALID_TYPE'],
      [['rack'], 'ERR_HYPERCACHE_INVALID_TYPE'],
      [{ rack: 7 }, 'ERR_HYPERCACHE_INVALID_TYPE'],
      [{ '': 'empty' }, 'ERR_HYPERCACHE_INVALID_TEXT'],
      [{ rack: 'x'.repeat(4_097) }, 'ERR_HYPERCACHE_INVALID_TEXT'],
      [{ rack: '\ud800' }, 'ERR_HYPERCACHE_INVALID_TEXT'],
      [many, 'ERR_HYPERCACHE_TOO_MANY_ITEMS'],
    ]
    for (const [metadata, code] of refusals) {
      expect(await refusalCode(() => made.membership.updateMetadata(metadata as never))).toBe(code)
    }
    await made.settle()
    expect(changes).toEqual([])
    expect(local(made)!.metadata).toEqual({ kept: 'yes' })
  }),
  rule('refuses metadata where it takes no part', async (made) => {
    const update = () => refusalCode(() => made.membership.updateMetadata({ a: '1' }))
    expect(await update()).toBe('ERR_HYPERCACHE_NOT_JOINED')
    await made.membership.join([])
    await made.membership.leave()
    expect(await update()).toBe('ERR_HYPERCACHE_NOT_JOINED')
  }),
]

const viewRules: Rule<MembershipUnderTest>[] = [
  rule('freezes lists and members', async ({ membership }) => {
    await membership.join([])
    expect(Object.isFrozen(membership.members())).toBe(true)
    for (const member of membership.members()) {
      expect(Object.isFrozen(member)).toBe(true)
      expect(Object.isFrozen(member.metadata)).toBe(true)
      expect(Object.isFrozen(member.capabilities)).toBe(true)
    }
  }),
  rule('knows no member by an id that is not there, and refuses what is no id', async ({ membership }) => {
    await membership.join([])
    expect(membership.member('no such member')).toBeUndefined()
    expect(membership.member('__proto__')).toBeUndefined()
    for (const id of [undefined, 7, null, {}]) {
      expect(await refusalCode(() => membership.member(id as string))).toBe('ERR_HYPERCACHE_INVALID_TYPE')
    }
  }),
  rule('counts members by status, changes by type, and subscribers', async (made) => {
    const { membership } = made
    expect(membership.metrics().lastChangeAtMs).toBeUndefined()
    const { changes } = recorded(made)
    await membership.join([])
    membership.updateMetadata({ a: '1' })
    membership.updateMetadata({ a: '2' })
    const joined = membership.metrics()
    expect(joined).toMatchObject({ isJoined: true, joinedCount: 1, updatedCount: 2, leftCount: 0 })
    expect(joined.subscriberCount).toBe(1)
    expect(joined.memberCount).toBe(membership.members().length)
    const { alive, suspected, dead, leaving, updating } = joined.membersByStatus
    expect(alive + suspected + dead + leaving + updating).toBe(joined.memberCount)
    expect(alive).toBeGreaterThanOrEqual(1)
    await membership.leave()
    await made.settle()
    expect(membership.metrics()).toMatchObject({ leftCount: 1, failedCount: 0, suspectedCount: 0 })
    expect(membership.metrics()).toMatchObject(countsOf(changes))
  }),
  rule('tells when the last change was', async (made) => {
    const { membership } = made
    const { changes } = recorded(made)
    const steps: (() => void | Promise<void>)[] = [
      () => membership.join([]),
      () => membership.updateMetadata({ a: '1' }),
      () => membership.leave(),
    ]
    for (const step of steps) {
      await made.advance(7)
      await step()
      await made.settle()
      const { timestampMs } = changes.at(-1)!
      expect(membership.metrics().lastChangeAtMs).toBe(timestampMs)
    }
    const told = changes.length
    await made.advance(7)
    // Where time itself brings a change, that is the last one.
    if (changes.length === told) expect(changes.at(-1)!.timestampMs).toBeLessThan(made.nowMs())
    expect(membership.metrics().lastChangeAtMs).toBe(changes.at(-1)!.timestampMs)
    expect(changes.at(-1)!.timestampMs).toBeGreaterThan(changes[0]!.timestampMs)
  }),
  rule('tells nothing after close, and refuses what would need it', async (made) => {
    const { membership } = made
    const { changes } = recorded(made)
    await membership.join([])
    await made.settle()
    const told = changes.length
    membership.close()
    membership.close()
    membership[Symbol.dispose]()
    await made.settle()
    const closed = 'ERR_HYPERCACHE_MEMBERSHIP_CLOSED'
    expect(await refusalCode(() => membership.join([]))).toBe(closed)
    expect(await refusalCode(() => membership.subscribe(() => undefined))).toBe(closed)
    expect(await refusalCode(() => membership.updateMetadata({ a: '1' }))).toBe(closed)
    await made.settle()
    expect(changes).toHaveLength(told)
    expect(membership.metrics()).toMatchObject({ joinedCount: 1, subscriberCount: 0 })
  }),
]

/** The rules of every provider. */
export const membershipRules: readonly Rule<MembershipUnderTest>[] = [
  ...joiningRules,
  ...subscriptionRules,
  ...batchRules,
  ...updateRules,
  ...viewRules,
]

/**
 * Registers a test for each rule that a membership provider has to keep. `make` gives a new one each time.
 */
export function membershipConformance(
  make: () => MembershipUnderTest | Promise<MembershipUnderTest>,
  { isAlone = false }: MembershipConformanceOptions = {},
): void {
  registerRules(isAlone ? membershipRules : [...membershipRules, ...otherMembersRules], make)
}
