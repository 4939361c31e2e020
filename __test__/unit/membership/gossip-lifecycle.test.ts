/** Joining, leaving and ending a membership by gossip, at any moment of each other. */

import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { MembershipChange } from '../../../dist/index.js'
import { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import {
  addressOf,
  closeMembers,
  gossipMember,
  gossipOptions,
  joined,
  sees,
  viewOf,
} from '../../helpers/gossip'
import { closeSeeds, lateSeed } from '../../helpers/late-seed'
import { ManualClock } from '../../helpers/manual-clock'
import { refused } from '../../helpers/refused'
import { until } from '../../helpers/until'

afterEach(() => {
  closeMembers()
  closeSeeds()
})

function told(membership: GossipMembership): string[] {
  const types: string[] = []
  membership.subscribe(({ type, member }: MembershipChange) => void types.push(`${member.id} ${type}`))
  return types
}

describe('a join is refused', () => {
  test.each([
    ['hash_function', { hashFunction: 'sha256' }, 'sha256', 'xxhash64'],
    ['virtual_node_count', { virtualNodeCount: 17 }, '17', '256'],
    ['zone_aware', { zoneAware: true }, 'true', 'false'],
    ['routable_statuses', { routableStatuses: ['alive'] }, 'alive', 'alive, suspected, updating'],
  ] as const)('for another %s, with both values', async (name, hashRing, ours, theirs) => {
    const first = await joined('a')
    const other = gossipMember('b', { hashRing })
    const types = told(other)
    const message = `the cluster refuses this node: ${name} is ${ours}; the cluster has ${theirs}`
    await expect(other.join([addressOf(first)])).rejects.toThrow(refused('JOIN_REFUSED', { message }))
    expect(other.members()).toEqual([])
    expect([types, other.problems()]).toEqual([[], []])
    expect(viewOf(first)).toEqual(['a alive'])
  })

  test('for another hash_seed, without telling it', async () => {
    const first = await joined('a', { hashRing: { hashSeed: 11_223_344n } })
    const other = gossipMember('b', { hashRing: { hashSeed: 55_667_788n } })
    const error = await other.join([addressOf(first)]).catch((thrown: unknown) => thrown as Error)
    expect(error).toEqual(refused('JOIN_REFUSED'))
    expect(String(error)).toContain('hash_seed')
    expect(String(error)).not.toMatch(/11223344|55667788/)
  })

  test('where another process has the node id, and answers; that one stays', async () => {
    const [first, owner] = [await joined('a'), gossipMember('b')]
    await owner.join([addressOf(first)])
    await sees(first, 'a alive', 'b alive')
    const at = addressOf(owner)
    for (const seed of [addressOf(first), at]) {
      const message = expect.stringContaining(
        `another process has this node id, and answers at ${at}`,
      ) as unknown
      const join = gossipMember('b').join([seed])
      await expect(join).rejects.toThrow(refused('JOIN_REFUSED', { message }))
    }
    expect(viewOf(first)).toEqual(['a alive', 'b alive'])
    expect(addressOf(owner)).toBe(at)
    expect(first.member('b')!.port).toBe(owner.member('b')!.port)
  })

  test('and can be tried again where it fits', async () => {
    const first = await joined('a', { hashRing: { zoneAware: true } })
    const second = await joined('b')
    const other = gossipMember('c')
    await expect(other.join([addressOf(first)])).rejects.toThrow(refused('JOIN_REFUSED'))
    await other.join([addressOf(second)])
    await sees(other, 'b alive', 'c alive')
  })
})

describe('it cannot listen', () => {
  test.each(['a stream', 'a member'])('where %s has the port, and says which', async (what) => {
    const server = createServer()
    const first = await joined('a')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = what === 'a member' ? first.member('a')! : (server.address() as { port: number })
      const other = gossipMember('b', { bindPort: port })
      const message = `the membership cannot listen on 127.0.0.1:${port}: another process listens there`
      await expect(other.join([])).rejects.toThrow(refused('LISTEN_FAILED', { message }))
      expect(other.members()).toEqual([])
      expect(other.metrics().isJoined).toBe(false)
    } finally {
      server.close()
    }
  })

  test('on an address of another machine', async () => {
    const message = expect.stringContaining('this machine has no such address') as unknown
    const join = gossipMember('a', { bindAddress: '192.0.2.1' }).join([])
    await expect(join).rejects.toThrow(refused('LISTEN_FAILED', { message }))
  })

  test('on a host name that has no address, and keeps nothing of the try', async () => {
    const other = gossipMember('a', { bindAddress: 'no-such-host.invalid' })
    for (let count = 0; count < 2; count += 1) {
      await expect(other.join([])).rejects.toThrow(refused('LISTEN_FAILED'))
    }
    await other.leave()
    expect(other.members()).toEqual([])
  })
})

describe('while it joins', () => {
  test('another join is the same one', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    const types = told(other)
    await Promise.all([other.join([addressOf(first)]), other.join([]), other.join([addressOf(first)])])
    await sees(other, 'a alive', 'b alive')
    expect(types.toSorted()).toEqual(['a joined', 'b joined'])
  })

  test('a leave waits for it, and ends it', async () => {
    const seed = await lateSeed({ isSilent: true })
    const other = gossipMember('a', { gossip: { syncTimeoutSeconds: 0.3 } })
    const types = told(other)
    const joining = other.join([seed.address])
    await until(() => seed.askedCount > 0)
    const leaving = other.leave()
    await joining
    await leaving
    expect(other.members()).toEqual([])
    expect(types.filter((type) => !type.endsWith('updated'))).toEqual(['a joined', 'a left'])
  })

  test('the end of it is an error for who waits, and frees the port', async () => {
    const seed = await lateSeed({ isSilent: true })
    const port = await freePort()
    const other = gossipMember('a', { bindPort: port })
    const joining = other.join([seed.address])
    await until(() => seed.askedCount > 0)
    other.close()
    await expect(joining).rejects.toThrow(refused('MEMBERSHIP_CLOSED'))
    await gossipMember('b', { bindPort: port }).join([])
    await expect(other.join([])).rejects.toThrow(refused('MEMBERSHIP_CLOSED'))
  })

  test('the end of it before anything is open is an error too', async () => {
    const other = gossipMember('a', { bindAddress: 'localhost' })
    const joining = other.join([])
    other.close()
    await expect(joining).rejects.toThrow(refused('MEMBERSHIP_CLOSED'))
    expect(other.members()).toEqual([])
  })
})

describe('while it leaves', () => {
  test('another leave is the same one, and a join waits and begins another life', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    await other.join([addressOf(first)])
    await sees(first, 'a alive', 'b alive')
    const types = told(first)
    const { startedAtMs } = other.member('b')!
    await Promise.all([other.leave(), other.leave(), other.join([addressOf(first)])])
    expect(other.member('b')!.startedAtMs).toBeGreaterThan(startedAtMs)
    await sees(first, 'a alive', 'b alive')
    await until(() => first.member('b')!.startedAtMs > startedAtMs)
    expect(types.filter((type) => !type.endsWith('updated'))).toEqual(['b left', 'b joined'])
  })

  test('it sends nothing to all any more, and says so', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    await other.join([addressOf(first)])
    const leaving = other.leave()
    const late = () => other.broadcast({ name: 'late', data: '', lamportTime: 1 })
    const message = expect.stringContaining('it leaves') as unknown
    expect(late).toThrow(refused('NOT_JOINED', { message }))
    await leaving
    expect(late).toThrow(refused('NOT_JOINED'))
    expect(other.networkMetrics().broadcastsSentCount).toBe(0)
  })

  test('the end of it is an error for who waits', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    await other.join([addressOf(first)])
    const leaving = other.leave()
    other.close()
    await expect(leaving).rejects.toThrow(refused('MEMBERSHIP_CLOSED'))
    await other.leave()
    expect(other.members()).toEqual([])
  })

  test('whatever was asked for last is so in the end', async () => {
    const other = gossipMember('a')
    const types = told(other)
    await Promise.all([other.join([]), other.leave(), other.join([])])
    expect(viewOf(other)).toEqual(['a alive'])
    await Promise.all([other.leave(), other.join([]), other.leave()])
    expect(viewOf(other)).toEqual([])
    expect(types.filter((type) => !type.endsWith('updated')).join()).toBe(
      'a joined,a left,a joined,a left,a joined,a left',
    )
  })

  test('nobody is waited for longer than the time for it', async () => {
    const [first, other] = [await joined('a'), gossipMember('b', { gossip: { leaveTimeoutSeconds: 0.2 } })]
    await other.join([addressOf(first)])
    first.close()
    await other.leave()
    expect(other.members()).toEqual([])
  })
})

describe('who comes again', () => {
  test('is a later life, and hears no message of before', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    const names: string[] = []
    other.onBroadcast(({ name }) => void names.push(name))
    await other.join([addressOf(first)])
    first.broadcast({ name: 'in its first life', data: '', lamportTime: 1 })
    await until(() => names.length > 0)
    await other.leave()
    await sees(first, 'a alive')
    first.broadcast({ name: 'while it was away', data: '', lamportTime: 2 })
    await other.join([addressOf(first)])
    await sees(first, 'a alive', 'b alive')
    first.broadcast({ name: 'in its second life', data: '', lamportTime: 3 })
    await until(() => names.includes('in its second life'))
    // Exchanges that would bring what it has missed.
    const { syncsCompletedCount } = other.networkMetrics()
    await until(() => other.networkMetrics().syncsCompletedCount! > syncsCompletedCount! + 2)
    expect(names).toEqual(['in its first life', 'in its second life'])
  })

  test('and sends messages in its second life is heard, from the first one on', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    const names: string[] = []
    first.onBroadcast(({ name }) => void names.push(name))
    for (const name of ['one', 'two']) {
      await other.join([addressOf(first)])
      await sees(first, 'a alive', 'b alive')
      other.broadcast({ name, data: '', lamportTime: 1 })
      await until(() => names.includes(name))
      await other.leave()
    }
    expect(names).toEqual(['one', 'two'])
  })

  test('counts the traffic of all its lives', async () => {
    const first = await joined('a')
    const other = gossipMember('b')
    await other.join([addressOf(first)])
    await sees(other, 'a alive', 'b alive')
    await other.leave()
    const before = other.networkMetrics()
    expect(before.bytesSentCount).toBeGreaterThan(0)
    await other.join([addressOf(first)])
    await sees(other, 'a alive', 'b alive')
    expect(other.networkMetrics().bytesSentCount).toBeGreaterThan(before.bytesSentCount!)
    other.close()
    expect(other.networkMetrics().bytesSentCount).toBeGreaterThan(before.bytesSentCount!)
  })

  test('is let in by those that remember a later life: its clock has gone back', async () => {
    const clock = new ManualClock()
    const first = await joined('a')
    const join = async (nowMs: number) => {
      clock.jump(nowMs - clock.nowMs())
      const other = new GossipMembership(gossipOptions('b'), clock)
      await other.join([addressOf(first)])
      return other
    }
    const before = await join(2_000_000_000_000)
    await sees(first, 'a alive', 'b alive')
    before.close()
    await sees(first, 'a alive', 'b dead')
    const after = await join(1_000_000_000_000)
    try {
      await sees(first, 'a alive', 'b alive')
      expect(first.member('b')!.startedAtMs).toBeGreaterThan(2_000_000_000_000)
      expect(after.member('b')!.startedAtMs).toBe(first.member('b')!.startedAtMs)
    } finally {
      after.close()
    }
  })
})

/** A port that is free now. */
async function freePort(): Promise<number> {
  const membership = gossipMember('of a free port')
  await membership.join([])
  const { port } = membership.member('of a free port')!
  membership.close()
  return port
}
