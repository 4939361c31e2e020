/** What members by gossip tell each other: what they say of themselves, messages to all, their rings. */

import { afterEach, describe, expect, test } from 'vitest'
import type { MembershipChange } from '../../../dist/index.js'
import type { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import { addressOf, closeMembers, gossipMember, sees } from '../../helpers/gossip'
import { inChild } from '../../binding/child'
import { refused } from '../../helpers/refused'
import { until } from '../../helpers/until'

afterEach(closeMembers)

/** Members that all know each other. */
async function cluster(...ids: string[]): Promise<GossipMembership[]> {
  const members = ids.map((id) => gossipMember(id))
  const [first, ...rest] = members
  await first!.join([])
  for (const member of rest) await member.join([addressOf(first!)])
  for (const member of members) await sees(member, ...ids.map((id) => `${id} alive`))
  return members
}

function recorded(membership: GossipMembership): MembershipChange[] {
  const changes: MembershipChange[] = []
  membership.subscribe((change) => void changes.push(change))
  return changes
}

/** Resolves when members have told each other all they know, and more than once. */
async function syncedAgain(membership: GossipMembership): Promise<void> {
  const before = membership.networkMetrics().syncsCompletedCount!
  await until(() => membership.networkMetrics().syncsCompletedCount! > before + 2)
}

describe('what a member says of itself', () => {
  test('is not said before it takes part', () => {
    const member = gossipMember('a')
    expect(() => member.updateMetadata({ rack: 'r1' })).toThrow(refused('NOT_JOINED'))
    expect(() => member.setUpdating(true)).toThrow(refused('NOT_JOINED'))
    member.close()
    expect(() => member.setUpdating(true)).toThrow(refused('MEMBERSHIP_CLOSED'))
  })

  test('is told here once, and reaches the others with nothing else changed', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    const [here, there] = [recorded(a), recorded(b)]
    const before = b.member('a')!
    for (const step of ['1', '2', '3']) a.updateMetadata({ step })
    await until(() => b.member('a')!.metadata.step === '3')
    await syncedAgain(a)
    expect(here.map(({ type, member }) => `${type} ${member.metadata.step}`)).toEqual([
      'updated 1',
      'updated 2',
      'updated 3',
    ])
    expect(there.every(({ type, member }) => type === 'updated' && member.id === 'a')).toBe(true)
    // The port too, which was found free.
    expect(b.member('a')).toEqual({
      ...before,
      metadata: { step: '3' },
      incarnation: before.incarnation + 3,
    })
    expect(a.member('a')).toMatchObject({ incarnation: before.incarnation + 3, port: before.port })
  })

  test('has at most 64 KiB, and all of them reach the others', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    const changes = recorded(a)
    const filler = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [`f${index}`, 'x'.repeat(4_096)]),
    )
    const ofSize = (size: number) => ({ ...filler, rest: 'x'.repeat(size), more: 'x'.repeat(1_000) })
    let size = 4_096
    const isTooLarge = () => {
      try {
        a.updateMetadata(ofSize(size))
        return false
      } catch (error) {
        expect(error).toEqual(refused('RECORD_TOO_LARGE'))
        expect(String(error)).toContain('at most 65536 are allowed')
        return true
      }
    }
    while (isTooLarge()) size -= 1
    expect(size).toBeGreaterThan(2_500)
    expect(size).toBeLessThan(4_096)
    expect(changes).toHaveLength(1)
    await until(
      () => b.member('a')!.metadata.rest?.length === size,
      () => ['the largest that is taken', size, b.member('a')!.metadata.rest?.length],
    )
    expect(b.member('a')!.incarnation).toBe(a.member('a')!.incarnation)
  })

  test('is refused at the join where it is larger, and nothing is open then', async () => {
    const text = 'x'.repeat(4_096)
    const metadata = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, text]))
    const member = gossipMember('a', { local: { metadata } })
    await expect(member.join([])).rejects.toThrow(refused('RECORD_TOO_LARGE'))
    expect([member.members(), member.metrics().isJoined]).toEqual([[], false])
  })

  test('stays for its next life, but that it is being upgraded', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    b.updateMetadata({ rack: 'r9' })
    b.setUpdating(true)
    await sees(a, 'a alive', 'b updating')
    await b.leave()
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    expect([a, b].map((member) => member.member('b')!.metadata)).toEqual([{ rack: 'r9' }, { rack: 'r9' }])
    b.setUpdating(true)
    await sees(a, 'a alive', 'b updating')
  })
})

describe('members that join one right after another', () => {
  test('all know each other by gossip alone, without an exchange of all that is known', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ids = Array.from({ length: 12 }, (_, index) => `m${10 + index}`)
      const members = ids.map((id) => gossipMember(id, { gossip: { syncIntervalSeconds: 3_600 } }))
      await members[0]!.join([])
      for (const member of members.slice(1)) await member.join([addressOf(members[0]!)])
      for (const member of members) await sees(member, ...ids.map((id) => `${id} alive`))
      closeMembers()
    }
  })
})

describe('a member that is being upgraded', () => {
  test('is updating here and there, is routed to, and is alive again', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    const [here, there] = [recorded(a), recorded(b)]
    const sinceMs = a.member('a')!.statusSinceMs
    a.setUpdating(true)
    expect(a.member('a')!.status).toBe('updating')
    expect(a.member('a')!.statusSinceMs).toBeGreaterThanOrEqual(sinceMs)
    await sees(b, 'a updating', 'b alive')
    a.setUpdating(true)
    a.setUpdating(false)
    await sees(b, 'a alive', 'b alive')
    await syncedAgain(a)
    const types = (changes: MembershipChange[]) =>
      changes.map(({ type, member }) => `${type} ${member.status}`)
    expect(types(here)).toEqual(['updated updating', 'updated alive'])
    expect(types(there)).toEqual(['updated updating', 'updated alive'])
  })

  test('says so with a boolean', async () => {
    const [a] = await cluster('a')
    for (const value of [undefined, 'yes', 1]) {
      expect(() => a!.setUpdating(value as never)).toThrow(refused('INVALID_TYPE'))
    }
    expect(a!.member('a')!.status).toBe('alive')
  })
})

describe('a message to all', () => {
  test('has at most 512 bytes of UTF-8, name and data together', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    const heard: string[] = []
    b.onBroadcast(({ name, data }) => void heard.push(name + data))
    const send = (name: string, data: string) => () => a.broadcast({ name, data, lamportTime: 1 })
    const bound = (size: number) => ({
      message: expect.stringMatching(`${size} bytes; at most 512`) as unknown,
    })
    expect(send('n', 'x'.repeat(512))).toThrow(refused('BROADCAST_TOO_LARGE', bound(513)))
    expect(send('ü'.repeat(100), 'ü'.repeat(157))).toThrow(refused('BROADCAST_TOO_LARGE', bound(514)))
    expect(send('\u{1F600}'.repeat(128), 'x')).toThrow(refused('BROADCAST_TOO_LARGE', bound(513)))
    expect(a.networkMetrics().broadcastsSentCount).toBe(0)
    const taken = ['n' + 'x'.repeat(511), 'ü'.repeat(256), '\u{1F600}'.repeat(128)]
    for (const text of taken) {
      const at = text.startsWith('\u{1F600}') ? 2 : 1
      send(text.slice(0, at), text.slice(at))()
    }
    await until(() => heard.length === taken.length)
    expect(heard.toSorted()).toEqual(taken.toSorted())
  })

  test('reaches every other member once, with who sent it and when, and not its sender', async () => {
    const members = await cluster('a', 'b', 'c', 'd', 'e')
    const heard = members.map((member) => {
      const own: unknown[] = []
      member.onBroadcast((message) => void own.push(message))
      return own
    })
    const sent = Array.from({ length: 40 }, (_, number) => ({
      name: `name${number}`,
      data: JSON.stringify({ number }),
      lamportTime: 1_000 + number,
    }))
    sent.forEach((message) => members[0]!.broadcast(message))
    await until(
      () => heard.slice(1).every((own) => own.length >= sent.length),
      () => heard.map((own) => own.length),
    )
    await syncedAgain(members[1]!)
    expect(heard[0]).toEqual([])
    const wanted = sent.map((message) => ({ originNodeId: 'a', ...message }))
    for (const own of heard.slice(1)) {
      expect(own).toHaveLength(sent.length)
      expect(own).toEqual(expect.arrayContaining(wanted))
      expect(own.every((message) => Object.isFrozen(message))).toBe(true)
    }
  })

  test('is heard by every listener, and harms none', async () => {
    const [a, b] = (await cluster('a', 'b')) as [GossipMembership, GossipMembership]
    const heard: string[] = []
    const stopped = b.onBroadcast(({ name }) => void heard.push(`stopped ${name}`))
    b.onBroadcast(() => {
      throw new Error('a listener that throws')
    })
    b.onBroadcast(({ name }) => void heard.push(name))
    stopped()
    a.broadcast({ name: 'one', data: '', lamportTime: 1 })
    await until(() => heard.length > 0)
    expect(heard).toEqual(['one'])
  })

  test('does not wait in an event loop that has nothing else to do', async () => {
    const helper = JSON.stringify(require.resolve('../../../dist/membership/gossip/gossip-membership.js'))
    const { heardCount, lateMs } = await inChild<{ heardCount: number; lateMs: number }>(`
      const { GossipMembership } = require(${helper})
      const { validateClusterConfig } = require(${JSON.stringify(require.resolve('../../../dist/index.js'))})
      const { hashRing, gossip } = validateClusterConfig({ cluster: { preset: 'local' } }).cluster
      const member = (id) => new GossipMembership({
        local: { id, address: '127.0.0.1', port: 1 }, bindAddress: '127.0.0.1', bindPort: 0,
        clusterName: 'test', hashRing, gossip, failureDetectionTimeoutSeconds: 30,
      })
      const [a, ...others] = ['a', 'b', 'c', 'd'].map(member)
      await a.join([])
      for (const other of others) await other.join(['127.0.0.1:' + a.member('a').port])
      while ([a, ...others].some((one) => one.members().length < 4)) await turn()
      let heardCount = 0
      let lastMs = 0
      for (const other of others) other.onBroadcast(() => {
        heardCount += 1
        lastMs = performance.now()
      })
      // More than are taken in one turn wait, at the end of this.
      for (let number = 0; number < 60; number += 1) {
        a.broadcast({ name: 'n' + number, data: '', lamportTime: 1 })
      }
      const blockedMs = performance.now()
      while (performance.now() < blockedMs + 1_500);
      const endedMs = performance.now()
      // Nothing turns the loop until then.
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      return { heardCount, lateMs: lastMs - endedMs }`)
    expect(heardCount).toBe(180)
    expect(lateMs).toBeLessThan(2_500)
  })
})

describe('the ring of a member', () => {
  const checksums = (membership: GossipMembership) =>
    Object.fromEntries([...membership.ringChecksums()].toSorted())

  test('is known to the others while it lives, and by its last checksum', async () => {
    const [a, b, c] = (await cluster('a', 'b', 'c')) as [GossipMembership, GossipMembership, GossipMembership]
    expect(checksums(a)).toEqual({})
    a.announceRing('00000000000000aa')
    expect(checksums(a)).toEqual({ a: '00000000000000aa' })
    b.announceRing('ffffffffffffffff')
    b.announceRing('00000000000000bb')
    const all = { a: '00000000000000aa', b: '00000000000000bb' }
    for (const member of [a, b, c])
      await until(() => JSON.stringify(checksums(member)) === JSON.stringify(all))
    b.announceRing('00000000000000cc')
    await until(() => checksums(a).b === '00000000000000cc')
    await b.leave()
    expect(checksums(b)).toEqual({})
    await until(() => checksums(c).b === undefined && checksums(a).b === undefined)
    a.close()
    await sees(c, 'a dead', 'c alive')
    expect(checksums(c)).toEqual({})
  })

  test('is told to nobody before it takes part', async () => {
    const a = gossipMember('a')
    a.announceRing('00000000000000aa')
    expect(checksums(a)).toEqual({})
    await a.join([])
    expect(checksums(a)).toEqual({})
  })
})
