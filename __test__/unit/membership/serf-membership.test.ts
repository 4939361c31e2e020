/** Membership by a Serf agent: who is a member, what a node says, and what members tell each other. */

import { describe, expect, test } from 'vitest'

import { type ReceivedBroadcast, SerfMembership } from '../../../dist/index.js'
import { partsOf } from '../../../dist/membership/serf/serf-messages.js'
import type { FakeSerfAgent } from '../../helpers/fake-serf-agent'
import { refused } from '../../helpers/refused'
import { serfEvent, serfOptions, serfTags } from '../../helpers/serf'
import { alive, joined, made } from '../../helpers/serf-node'
import { until } from '../../helpers/until'

describe('the list of members', () => {
  test('has what happened before, while and after the streams begin (Z-39)', async () => {
    const { agent, membership } = await made()
    agent.others.set('before', alive('before'))
    agent.garble = (command) => {
      if (command === 'monitor' && agent.others.size === 1) agent.change(alive('meanwhile'))
      return undefined
    }
    await membership.join([])
    expect(agent.commands.indexOf('stream')).toBeLessThan(agent.commands.indexOf('members'))
    agent.change(alive('after'))
    await agent.settle()
    expect(membership.members().map(({ id }) => id)).toEqual(['after', 'before', 'local', 'meanwhile'])
  })

  test('is read again by itself: a change that nobody told of is found', async () => {
    const { agent, membership, clock, told } = await joined()
    agent.others.set('silent', alive('silent'))
    await clock.advance(5_000)
    await until(() => membership.member('silent'))
    expect(told()).toEqual(['joined silent'])
  })

  test('has Serf members that are no members of the cluster: skipped, and counted once', async () => {
    const { agent, membership, told } = await joined()
    agent.change(
      alive('web', { role: 'web' }),
      alive('other', { ...serfTags(), hc: 'another cluster' }),
      alive('bad', { ...serfTags(), 'hc.at': 'nowhere' }),
      { ...alive('__proto__', { role: 'odd' }) },
    )
    await agent.settle()
    agent.change(alive('web', { role: 'web', zone: 'x' }))
    await agent.settle()
    expect(told()).toEqual([])
    expect(membership.networkMetrics().droppedByReason).toEqual({ no_tags: 2, other_cluster: 1, bad_tags: 1 })
    expect(membership.problems()).toEqual([
      expect.stringMatching(/^bad is no member: its tags cannot be read: /),
    ])
  })

  test('has a member with other hash options: not taken, and said for as long as it is there', async () => {
    const { agent, membership, told } = await joined({ ring: { virtualNodeCount: 64 } })
    agent.change(alive('other'))
    await agent.settle()
    expect(told()).toEqual([])
    expect(membership.problems()).toEqual([
      expect.stringMatching(/^other is no member: .* another virtual_node_count:/),
    ])
    agent.change('other')
    await agent.settle()
    expect(membership.problems()).toEqual([])
  })

  test('has one whose tags a hostile agent chose: names of JavaScript are names like others', async () => {
    const { agent, membership } = await joined()
    const tags = Object.fromEntries([['__proto__', 'x'], ['constructor', 'y'], ...Object.entries(serfTags())])
    agent.change({ name: 'constructor', status: 'alive', tags })
    await agent.settle()
    expect(membership.member('constructor')).toMatchObject({ status: 'alive' })
    expect(membership.problems()).toEqual([])
  })

  test('tells a process that says so as left, while its agent stays', async () => {
    const { agent, told } = await joined()
    agent.change(alive('other'))
    await agent.settle()
    agent.change(alive('other', { ...serfTags(), 'hc.left': 'yes' }))
    await agent.settle()
    expect(told()).toEqual(['joined other', 'left other'])
  })

  test('has a member whose agent was started anew: without tags it is as it was', async () => {
    const { agent, membership, told } = await joined()
    agent.change(alive('a'), alive('b'))
    await agent.settle()
    agent.change({ ...alive('b'), status: 'failed' })
    await agent.settle()
    agent.change(alive('a', {}), alive('b', { role: 'web' }))
    await agent.settle()
    expect(membership.members().map(({ id, status }) => `${id} ${status}`)).toEqual([
      'a alive',
      'b dead',
      'local alive',
    ])
    agent.change(alive('a'), alive('b'))
    await agent.settle()
    expect(told()).toEqual(['joined a', 'joined b', 'failed b', 'recovered b'])
  })
})

describe('what a node says', () => {
  test('that does not fit is refused with both sizes, and nothing is changed', async () => {
    const { agent, membership, told } = await made()
    agent.tags = { role: 'r'.repeat(100) }
    await membership.join([])
    const before = { ...agent.tags }
    told()
    const update = (bytes: number) => () => membership.updateMetadata({ rack: 'x'.repeat(bytes) })
    expect(update(600)).toThrow(
      refused('TAGS_TOO_LARGE', {
        message: expect.stringMatching(/have \d+ bytes, with the 1 that .* 512\./),
      }),
    )
    // Room enough, but for the tag that the agent has beside.
    expect(update(300)).toThrow(refused('TAGS_TOO_LARGE'))
    expect(told()).toEqual([])
    await agent.settle()
    expect(agent.tags).toEqual(before)
    update(150)()
    await until(() => agent.tags['hc.m'] !== undefined)
    expect(agent.tags.role).toBe('r'.repeat(100))
    expect(told()).toEqual(['updated local'])
  })

  test('that does not fit from the beginning is refused by the constructor', () => {
    const metadata = { much: 'x'.repeat(500) }
    const options = serfOptions({ id: 'local', rpcAddress: '127.0.0.1:1', local: { metadata } })
    expect(() => new SerfMembership(options)).toThrow(refused('TAGS_TOO_LARGE'))
  })

  test('is that it has left, when it leaves, and nothing else: the agent stays', async () => {
    const { agent, membership } = await made()
    agent.tags = { role: 'web' }
    await membership.join([])
    expect(agent.tags).toMatchObject({ role: 'web', hc: 'test' })
    await membership.leave()
    expect(agent.tags).toMatchObject({ role: 'web', 'hc.left': 'yes' })
    expect(agent.tags['hc.at']).toBeUndefined()
    expect(agent.commands).not.toContain('leave')
  })

  test('goes with the agent where that is wanted', async () => {
    const { agent, membership } = await joined({ leavesAgent: true })
    await membership.leave()
    expect(agent.commands).toContain('leave')
    expect(membership.members()).toEqual([])
  })

  test('is left in peace where a newer process took the agent', async () => {
    const { agent, membership, clock } = await joined()
    const newer = serfTags({ startedAtMs: clock.nowMs() + 1_000 })
    agent.tags = { ...newer }
    await agent.settle()
    expect(membership.problems()).toEqual([
      expect.stringMatching(/^another process has joined with the same Serf/),
    ])
    expect(agent.tags).toEqual(newer)
    agent.tags = {}
    await agent.settle()
    await until(() => agent.tags.hc === 'test')
    await agent.settle()
    expect(membership.problems()).toEqual([])
  })

  test('is newer than what the process before it said, also where the clock went back', async () => {
    const { agent, membership, clock } = await made()
    const aheadMs = clock.nowMs() + 1_000_000
    agent.tags = { ...serfTags({ startedAtMs: aheadMs }) }
    await membership.join([])
    expect(membership.member('local')!.startedAtMs).toBe(aheadMs + 1)
  })

  test('of its ring is told when it is quiet, and no change of a member', async () => {
    const { agent, membership, clock, told } = await joined()
    membership.announceRing('1'.repeat(16))
    membership.announceRing('2'.repeat(16))
    agent.change(alive('other', serfTags({}, '2'.repeat(16))))
    await agent.settle()
    expect(agent.tags['hc.ring']).toBeUndefined()
    await clock.advance(1_000)
    await until(() => agent.tags['hc.ring'] === '2'.repeat(16))
    await agent.settle()
    expect([...membership.ringChecksums()].sort()).toEqual([
      ['local', '2'.repeat(16)],
      ['other', '2'.repeat(16)],
    ])
    agent.change(alive('other', serfTags({}, '3'.repeat(16))))
    await agent.settle()
    expect(membership.ringChecksums().get('other')).toBe('3'.repeat(16))
    expect(told()).toEqual(['joined other'])
    await membership.leave()
    expect(membership.ringChecksums().size).toBe(0)
  })
})

describe('broadcasts', () => {
  const sent = { originNodeId: 'other', name: 'deploy', data: '1', lamportTime: 9 }
  const arrive = (agent: FakeSerfAgent, message: ReceivedBroadcast) => {
    for (const part of partsOf(message, 'hc:test')) agent.event('hc:test', serfEvent(part).payload)
  }

  test('of others are told once, those of this node and of other clusters never', async () => {
    const { agent, membership } = await joined()
    const heard: ReceivedBroadcast[] = []
    const stop = membership.onBroadcast((message) => void heard.push(message))
    const long = { ...sent, data: JSON.stringify('x'.repeat(480)) }
    arrive(agent, sent)
    arrive(agent, long)
    arrive(agent, { ...sent, originNodeId: 'local' })
    agent.event('hc:another', serfEvent(partsOf(sent, 'hc:another')[0]!).payload)
    agent.event('deploy', new Uint8Array([1]))
    agent.event('hc:test', new Uint8Array([0xc1]))
    await agent.settle()
    expect(heard).toEqual([sent, long])
    expect(membership.networkMetrics()).toMatchObject({
      broadcastsReceivedCount: 2,
      droppedByReason: { unreadable_event: 1 },
    })
    stop()
    arrive(agent, sent)
    await agent.settle()
    expect(heard).toHaveLength(2)
  })

  test('that are too large, or of who takes no part, are refused and not sent', async () => {
    const { agent, membership } = await made()
    const send = (data: string) => membership.broadcast({ name: 'deploy', data, lamportTime: 1 })
    expect(() => send('')).toThrow(refused('NOT_JOINED'))
    await membership.join([])
    expect(() => send('x'.repeat(507))).toThrow(
      refused('BROADCAST_TOO_LARGE', { message: expect.stringMatching(/513.*512/) }),
    )
    const before = agent.events.length
    send('x'.repeat(506))
    await until(() => agent.events.length > before + 1)
    expect(membership.networkMetrics().broadcastsSentCount).toBe(1)
    membership.close()
    expect(() => send('')).toThrow(refused('MEMBERSHIP_CLOSED'))
  })

  test('that the agent refuses are counted, and a problem', async () => {
    const { agent, membership } = await joined()
    agent.refusals.set('event', 'user event exceeds configured limit of 100 bytes before encoding')
    membership.broadcast({ name: 'deploy', data: '', lamportTime: 1 })
    await until(() => membership.problems().length > 0)
    expect(membership.problems()[0]).toMatch(/refused event: user event exceeds configured limit/)
    expect(membership.networkMetrics().droppedByReason).toEqual({ refused_event: 1 })
  })
})

test('nothing is left when it is closed', async () => {
  const { agent, membership, clock } = await joined()
  membership.announceRing('1'.repeat(16))
  membership.close()
  expect(clock.timerCount).toBe(0)
  await until(() => agent.connectionCount === 0)
})

test('a seed that does not answer is tried until it does, or until nobody wants it', async () => {
  const { agent, membership, clock } = await made()
  agent.refusals.set('join', '1 error occurred:\n\t* Failed to join 10.0.0.9: no route to host\n\n')
  await membership.join(['10.0.0.9:7946'])
  expect(membership.problems()).toEqual([
    expect.stringMatching(
      /^the seed 10\.0\.0\.9:7946 does not answer: .* occurred: \* Failed .* no route to host$/,
    ),
  ])
  agent.refusals.clear()
  await clock.advance(500)
  await until(() => membership.problems().length === 0)
  await membership.leave()
  // One that is being tried when it is closed is not tried again.
  agent.garble = (command) => (command === 'join' ? Buffer.alloc(0) : undefined)
  const before = agent.commands.length
  const joining = membership.join(['10.0.0.9:7946']).catch(() => undefined)
  await until(() => agent.commands.slice(before).includes('join'))
  membership.close()
  await joining
  expect(clock.timerCount).toBe(0)
})

describe('options out of bounds', () => {
  const options = serfOptions({ id: 'local', rpcAddress: '127.0.0.1:7373' })
  test.each<[string, object, string]>([
    ['an unknown one', { retries: 1 }, 'UNKNOWN_FIELD'],
    ['an unknown timer', { timings: { patienceMs: 1 } }, 'UNKNOWN_FIELD'],
    ['a timer of 0', { timings: { retryMaxMs: 0 } }, 'OUT_OF_RANGE'],
    ['an address without a port', { serf: { rpcAddress: '127.0.0.1' } }, 'INVALID_TEXT'],
    ['no address', { serf: {} }, 'INVALID_TYPE'],
    ['an empty name of a cluster', { clusterName: '' }, 'INVALID_TEXT'],
    ['a node without an id', { local: { ...options.local, id: '' } }, 'INVALID_TEXT'],
    ['leavesAgent that is a text', { leavesAgent: 'yes' }, 'INVALID_TYPE'],
  ])('%s', (_, changed, code) => {
    expect(() => new SerfMembership({ ...options, ...changed })).toThrow(refused(code))
  })
})
