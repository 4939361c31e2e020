/** The rules of membership providers about members other than the local one. */

import { expect } from 'vitest'

import type { MembershipChange } from '../../dist/index.js'
import {
  countsOf,
  type MembershipUnderTest,
  type OtherMembers,
  recorded,
  recordedBatches,
} from './membership'
import { type Rule, rule } from './rules'

interface Joined {
  made: MembershipUnderTest
  others: OtherMembers
  /** Changes since all had joined; taking them empties the list. */
  take: () => Promise<MembershipChange[]>
}

/** A provider that has joined, with other members. */
async function joinedWith(made: MembershipUnderTest, ...ids: string[]): Promise<Joined> {
  const { others } = made
  if (others === undefined) throw new Error('give `others`, or say `isAlone`')
  await made.membership.join([])
  for (const id of ids) await others.join({ id })
  await made.settle()
  const changes: MembershipChange[] = []
  made.membership.subscribe((change) => void changes.push(change))
  const take = async () => {
    await made.settle()
    return changes.splice(0)
  }
  return { made, others, take }
}

const told = (changes: readonly MembershipChange[]) => changes.map(({ type, member }) => [type, member.id])

/** The rules about other members. */
export const otherMembersRules: readonly Rule<MembershipUnderTest>[] = [
  rule('tells that another member joined', async (given) => {
    const { made, others, take } = await joinedWith(given)
    await others.join({ id: 'other', weight: 2 })
    const changes = await take()
    expect(told(changes)).toEqual([['joined', 'other']])
    expect(changes[0]!.previous).toBeUndefined()
    expect(made.membership.member('other')).toMatchObject({ status: 'alive', weight: 2, isLocal: false })
    expect(changes[0]!.member).toEqual(made.membership.member('other'))
  }),
  rule('knows all that another member says of itself', async (given) => {
    const { made, others, take } = await joinedWith(given)
    const said = {
      address: '127.0.0.9',
      port: 7950,
      weight: 3,
      zone: 'east',
      capabilities: ['read', 'write'],
    }
    await others.join({ id: 'other', ...said })
    const changes = await take()
    expect(made.membership.member('other')).toMatchObject(said)
    expect(changes[0]!.member).toMatchObject(said)
    await others.suspect('other')
    await others.recover('other')
    await take()
    expect(made.membership.member('other')).toMatchObject(said)
    await others.join({ id: 'of no zone' })
    await take()
    expect(made.membership.member('of no zone')!.zone).toBeUndefined()
  }),
  rule('lists members in byte order of their ids', async (given) => {
    // By UTF-16 units the emoji would come before U+FFFD.
    const ids = ['z', 'ä', 'Z', 'a', '\u{1F600}', '\uFFFD', 'aa']
    const { made } = await joinedWith(given, ...ids)
    const wanted = [...ids, made.membership.localNodeId]
    wanted.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(made.membership.members().map(({ id }) => id)).toEqual(wanted)
  }),
  rule('tells a suspicion, and that it was taken back', async (given) => {
    const { made, others, take } = await joinedWith(given, 'other')
    const before = made.membership.member('other')!
    await others.suspect('other')
    const suspicion = await take()
    expect(told(suspicion)).toEqual([['suspected', 'other']])
    expect(suspicion[0]!.previous).toEqual(before)
    expect(made.membership.member('other')).toMatchObject({ status: 'suspected' })
    expect(made.membership.member('other')!.statusSinceMs).toBeGreaterThanOrEqual(before.statusSinceMs)
    await others.recover('other')
    expect(told(await take())).toEqual([['recovered', 'other']])
    expect(made.membership.member('other')).toMatchObject({ status: 'alive' })
  }),
  rule('tells a failure as failed, keeps the member as dead, and tells its recovery', async (given) => {
    const { made, others, take } = await joinedWith(given, 'other')
    await others.suspect('other')
    await take()
    await others.fail('other')
    expect(told(await take())).toEqual([['failed', 'other']])
    expect(made.membership.member('other')).toMatchObject({ status: 'dead' })
    await others.recover('other')
    expect(told(await take())).toEqual([['recovered', 'other']])
    expect(made.membership.member('other')).toMatchObject({ status: 'alive' })
  }),
  rule('forgets a dead member as reaped, neither as left nor as failed again', async (given) => {
    const { made, others, take } = await joinedWith(given, 'other')
    await others.fail('other')
    await take()
    const dead = made.membership.member('other')!
    await others.reap('other')
    const changes = await take()
    expect(told(changes)).toEqual([['reaped', 'other']])
    expect(changes[0]!.previous).toEqual(dead)
    expect(changes[0]!.member).toMatchObject({ id: 'other', status: 'dead' })
    expect(made.membership.member('other')).toBeUndefined()
    expect(made.membership.metrics()).toMatchObject({ reapedCount: 1, failedCount: 1, leftCount: 0 })
  }),
  rule('tells members that join together in one batch, and each alone to others', async (given) => {
    const { made, others, take } = await joinedWith(given)
    const { batches } = recordedBatches(made)
    const seen: number[] = []
    made.membership.subscribe(() => void seen.push(made.membership.members().length))
    await others.joinTogether([{ id: 'a' }, { id: 'b', weight: 2 }, { id: 'c', zone: 'east' }])
    const changes = await take()
    // In whatever order: all at one moment.
    expect(told(changes).sort()).toEqual([
      ['joined', 'a'],
      ['joined', 'b'],
      ['joined', 'c'],
    ])
    expect(batches).toEqual([changes])
    // The view is as after all of them when the first is told.
    expect(seen).toEqual([4, 4, 4])
  }),
  rule('tells when another member was started, which stays as it is', async (given) => {
    const beforeMs = given.nowMs()
    const { made, others, take } = await joinedWith(given, 'other')
    const { startedAtMs } = made.membership.member('other')!
    expect(startedAtMs).toBeGreaterThanOrEqual(beforeMs)
    expect(startedAtMs).toBeLessThanOrEqual(made.nowMs())
    await made.advance(7)
    await others.update('other', { rack: 'r9' })
    await take()
    expect(made.membership.member('other')!.startedAtMs).toBe(startedAtMs)
  }),
  rule('tells an intended leave as left and never as a failure', async (given) => {
    const { made, others, take } = await joinedWith(given, 'other')
    await others.leave('other')
    const changes = (await take()).filter(({ type }) => type !== 'updated')
    expect(told(changes)).toEqual([['left', 'other']])
    expect(made.membership.member('other')).toBeUndefined()
    expect(made.membership.metrics()).toMatchObject({ leftCount: 1, failedCount: 0, suspectedCount: 0 })
  }),
  rule('tells what a member says of itself, with its higher incarnation', async (given) => {
    const { made, others, take } = await joinedWith(given, 'other')
    const { incarnation } = made.membership.member('other')!
    await others.update('other', { rack: 'r9' })
    expect(told(await take())).toEqual([['updated', 'other']])
    expect(made.membership.member('other')).toMatchObject({ metadata: { rack: 'r9' } })
    expect(made.membership.member('other')!.incarnation).toBeGreaterThan(incarnation)
  }),
  rule('knows a member that returns at another address by its new one', async (given) => {
    const { made, others, take } = await joinedWith(given)
    await others.join({ id: 'other', address: '127.0.0.2' })
    await others.leave('other')
    await take()
    await others.join({ id: 'other', address: '127.0.0.3' })
    expect(told(await take())).toEqual([['joined', 'other']])
    expect(made.membership.member('other')).toMatchObject({ address: '127.0.0.3', status: 'alive' })
  }),
  rule('gives changes of several members consecutive versions, to all subscribers alike', async (given) => {
    const { made, others, take } = await joinedWith(given, 'a', 'b')
    const { version } = made.membership.metrics()
    const second: MembershipChange[] = []
    made.membership.subscribe((change) => void second.push(change))
    await others.suspect('a')
    await others.join({ id: 'c' })
    await others.leave('b')
    await others.fail('a')
    const changes = await take()
    expect(changes.map((change) => change.version)).toEqual(changes.map((_, index) => version + 1 + index))
    expect(second).toEqual(changes)
    expect(told(changes.filter(({ type }) => type !== 'updated'))).toEqual([
      ['suspected', 'a'],
      ['joined', 'c'],
      ['left', 'b'],
      ['failed', 'a'],
    ])
  }),
  rule('counts members by status', async (given) => {
    const { changes } = recorded(given)
    const { made, others } = await joinedWith(given, 'a', 'b', 'c', 'd', 'e')
    await others.leave('c')
    await others.suspect('d')
    await others.recover('d')
    await others.fail('e')
    await others.reap('e')
    // What passes by itself comes last: who is suspected will be dead, and who is dead will be reaped.
    await others.fail('b')
    await others.suspect('a')
    await made.settle()
    const { memberCount, membersByStatus, ...counts } = made.membership.metrics()
    expect(memberCount).toBe(4)
    expect(membersByStatus).toMatchObject({ alive: 2, suspected: 1, dead: 1 })
    expect(counts).toMatchObject({ joinedCount: 6, leftCount: 1, failedCount: 2 })
    expect(counts).toMatchObject({ recoveredCount: 1, reapedCount: 1 })
    // Those that failed may have been suspected before.
    expect(counts.suspectedCount).toBeGreaterThanOrEqual(2)
    expect(counts).toMatchObject(countsOf(changes))
  }),
  rule('tells every member as left when it leaves itself, the local one last', async (given) => {
    const { made, take } = await joinedWith(given, 'a', 'b')
    await made.membership.leave()
    expect(made.membership.members()).toEqual([])
    const changes = (await take()).filter(({ type }) => type !== 'updated')
    expect(told(changes).slice(0, -1).sort()).toEqual([
      ['left', 'a'],
      ['left', 'b'],
    ])
    expect(told(changes).at(-1)).toEqual(['left', made.membership.localNodeId])
  }),
]
