/** Serf agents that are not there, go away, answer nonsense, and doubt others. */

import { spawnSync } from 'node:child_process'

import { encode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'

import { settled } from '../../helpers/manual-clock'
import { refused } from '../../helpers/refused'
import { serfEvent, serfOptions, serfTags } from '../../helpers/serf'
import { alive, joined, made, passing } from '../../helpers/serf-node'
import { until } from '../../helpers/until'

const encoded = (value: unknown) => Buffer.from(encode(value))

describe('an agent that cannot be used', () => {
  test('is waited for a while, and then named with its address', async () => {
    // A port that only the system could listen on, and does not.
    const rpcAddress = '127.0.0.1:1'
    const { membership, clock } = await made({ rpcAddress })
    const message = expect.stringContaining(`${rpcAddress}: nothing listens there`)
    const refusal = expect(membership.join([])).rejects.toThrow(refused('SERF_UNREACHABLE', { message }))
    await until(() => membership.problems().length > 0)
    expect(membership.problems()[0]).toContain(rpcAddress)
    await passing(clock, 20_000, refusal)
    // It was tried again, and no longer than it said, but for the turns that the last try took.
    expect(clock.elapsedMs()).toBeGreaterThanOrEqual(10_000)
    expect(membership.members()).toEqual([])
    expect(clock.timerCount).toBe(0)
  })

  test('that comes while it is waited for is joined', async () => {
    const { agent, membership, clock } = await made()
    agent.isAway = true
    const joining = membership.join([])
    await until(() => membership.problems().length > 0)
    agent.isAway = false
    await clock.advance(500)
    await joining
    expect(membership.members()).toHaveLength(1)
    expect(membership.problems()).toEqual([])
  })

  test('for the secret is refused at once, in its own words', async () => {
    for (const rpcAuthKey of ['wrong', undefined]) {
      const { agent, membership } = await made({ rpcAuthKey })
      agent.authKey = 'right'
      await expect(membership.join([])).rejects.toThrow(
        refused('SERF_REFUSED', { message: expect.stringMatching(/Invalid authentication token|required/) }),
      )
    }
    const { agent, membership } = await made({ rpcAuthKey: 'right' })
    agent.authKey = 'right'
    await membership.join([])
    expect(membership.members()).toHaveLength(1)
  })

  test('for its name is refused at once, with both names', async () => {
    const { membership, options } = await made({ id: 'elsewhere' })
    await expect(membership.join([])).rejects.toThrow(
      refused('SERF_DIFFERENT_NODE', {
        message: expect.stringContaining('is "local", and this node is "elsewhere"'),
      }),
    )
    expect(options.local.id).toBe(membership.localNodeId)
  })

  test.each<[string, string, (sequence: number) => Buffer, RegExp]>([
    ['no MessagePack', 'stats', () => Buffer.from([0xc1]), /no MessagePack/],
    [
      'another protocol',
      'handshake',
      () => Buffer.from('HTTP/1.1 400 Bad Request\r\n'),
      /not the header of an answer/,
    ],
    ['no header', 'stats', () => encoded(['a']), /not the header of an answer/],
    ['an answer to what was not asked', 'stats', () => encoded({ Seq: 99, Error: '' }), /answered 99/],
    [
      'a value that is too long',
      'members',
      () => Buffer.from('df7fffffff', 'hex'),
      /bytes or more; 16,777,216 is/,
    ],
    [
      'members that are none',
      'members',
      (sequence) =>
        Buffer.concat([encoded({ Seq: sequence, Error: '' }), encoded({ Members: [{ Name: 7 }] })]),
      /something else than members/,
    ],
    ['a key that is no text', 'stats', () => Buffer.from('81c001', 'hex'), /key/],
  ])('%s', async (_, command, answer, message) => {
    const { agent, membership, clock } = await made({ timings: { connectTimeoutMs: 1 } })
    agent.garble = (asked, sequence) => (asked === command ? answer(sequence) : undefined)
    const refusal = expect(membership.join([])).rejects.toThrow(
      refused('SERF_UNREACHABLE', { message: expect.stringMatching(message) }),
    )
    await passing(clock, 1_000, refusal)
    expect(membership.members()).toEqual([])
  })

  test('that falls silent is given up after a while', async () => {
    const { agent, membership, clock } = await made({ timings: { connectTimeoutMs: 1 } })
    agent.garble = (command) => (command === 'members' ? Buffer.alloc(0) : undefined)
    const refusal = expect(membership.join([])).rejects.toThrow(
      refused('SERF_UNREACHABLE', {
        message: expect.stringMatching(/does not answer members within 10000 ms/),
      }),
    )
    await until(() => agent.commands.includes('members'))
    await passing(clock, 10_000, refusal)
  })

  test('is no reason to hang for who closes, or leaves, meanwhile', async () => {
    const { agent, membership } = await made()
    agent.garble = (command) => (command === 'members' ? Buffer.alloc(0) : undefined)
    const refusal = expect(membership.join([])).rejects.toThrow(refused('MEMBERSHIP_CLOSED'))
    await until(() => agent.commands.includes('members'))
    membership.close()
    await refusal
  })
})

describe('an agent that goes away', () => {
  test('leaves the view as it is, is a problem, and gets the tags again when it is back', async () => {
    const { agent, membership, clock, told } = await joined()
    agent.change(alive('other'))
    await agent.settle()
    told()
    agent.tags = {}
    agent.cut()
    await until(() => membership.problems().length > 0)
    expect(membership.problems()[0]).toMatch(
      /no Serf agent answers at 127\.0\.0\.1:\d+: it has closed the connection/,
    )
    expect(membership.members().map(({ id }) => id)).toEqual(['local', 'other'])
    membership.updateMetadata({ rack: 'r7' })
    await clock.advance(500)
    await until(() => membership.problems().length === 0)
    await until(() => agent.tags['hc.m'] === '{"rack":"r7"}')
    expect(told()).toEqual(['updated local'])
  })

  test('and has forgotten its members takes none of them away before it has joined them', async () => {
    const { agent, membership, clock, told } = await joined()
    agent.change(alive('back'), alive('gone'))
    await agent.settle()
    told()
    agent.others.clear()
    agent.garble = (command) => {
      // The list after it has joined where they were.
      if (command === 'join') agent.others.set('back', alive('back'))
      return undefined
    }
    agent.cut()
    await until(() => membership.problems().length > 0)
    await clock.advance(500)
    await until(() => membership.member('gone')?.status === 'dead')
    expect(told()).toEqual(['failed gone'])
    expect(agent.commands.filter((command) => command === 'join')).toHaveLength(1)
    expect(membership.member('back')).toMatchObject({ status: 'alive' })
  })

  test('and is closed in the moment when it is back is left alone', async () => {
    const { agent, membership, clock } = await made()
    await membership.join(['10.0.0.9:7946'])
    agent.cut()
    await until(() => membership.problems().length > 0)
    let reads = 0
    agent.garble = (command) => {
      // The second list is the one that comes before it joins others again.
      if (command === 'members' && (reads += 1) === 2) membership.close()
      return undefined
    }
    await clock.advance(500)
    await until(() => reads >= 2 && agent.connectionCount === 0)
    await settled()
    expect(clock.timerCount).toBe(0)
  })

  test('sends what was broadcast meanwhile when it is back', async () => {
    const { agent, membership, clock } = await joined()
    agent.cut()
    await until(() => membership.problems().length > 0)
    membership.broadcast({ name: 'deploy', data: '', lamportTime: 1 })
    const before = agent.events.length
    await clock.advance(500)
    await until(() => agent.events.length > before)
    expect(membership.networkMetrics()).toMatchObject({ broadcastsSentCount: 1, droppedByReason: {} })
  })
})

describe('doubts about others', () => {
  test('that are in the log from before are old', async () => {
    const { agent, membership, told } = await made()
    agent.others.set('other', alive('other'))
    agent.oldLines.push('[INFO] memberlist: Suspect other has failed, no acks received')
    await membership.join([])
    await agent.settle()
    expect(told()).toEqual(['joined local', 'joined other'])
  })

  test('are passed on, heard of, and taken back by who is suspected', async () => {
    const { agent, membership, told } = await joined()
    agent.change(alive('a'), alive('b'))
    await agent.settle()
    told()
    const before = agent.events.length
    agent.log('[INFO] memberlist: Suspect a has failed, no acks received')
    await agent.settle()
    await until(() => agent.events.length === before + 1)
    expect(Uint8Array.from(agent.events.at(-1)!.payload)).toEqual(
      serfEvent({ kind: 'suspects', originNodeId: 'local', id: 'a' }).payload,
    )
    agent.event('hc:test', serfEvent({ kind: 'suspects', originNodeId: 'a', id: 'b' }).payload)
    await agent.settle()
    agent.event('hc:test', serfEvent({ kind: 'suspects', originNodeId: 'a', id: 'local' }).payload)
    agent.event('hc:test', serfEvent({ kind: 'suspects', originNodeId: 'nobody', id: 'b' }).payload)
    agent.event('hc:test', serfEvent({ kind: 'refutes', originNodeId: 'b' }).payload)
    await agent.settle()
    expect(told()).toEqual(['suspected a', 'suspected b', 'recovered b'])
    expect(agent.events).toHaveLength(before + 1)
    agent.log('[WARN] memberlist: Refuting a suspect message (from: a)')
    await until(() => agent.events.length === before + 2)
    expect(Uint8Array.from(agent.events.at(-1)!.payload)).toEqual(
      serfEvent({ kind: 'refutes', originNodeId: 'local' }).payload,
    )
    expect(membership.networkMetrics()).toMatchObject({
      suspicionsStartedCount: 2,
      suspicionsRefutedCount: 1,
    })
  })

  test('come of silence: a process that is gone while its agent goes on is found out', async () => {
    const { agent, membership, clock, told } = await joined()
    agent.change(alive('gone'), alive('well'))
    await agent.settle()
    told()
    for (let passedMs = 0; passedMs < 30_000; passedMs += 2_500) {
      await clock.advance(2_500)
      agent.event('hc:test', serfEvent({ kind: 'lives', originNodeId: 'well', intervalMs: 5_000 }).payload)
      await agent.settle()
    }
    expect(told()).toEqual(['suspected gone', 'failed gone'])
    expect(membership.member('well')).toMatchObject({ status: 'alive' })
    agent.change(alive('gone', serfTags({ startedAtMs: 2 })))
    await agent.settle()
    expect(told()).toEqual(['recovered gone'])
  })

  test('do not come of a pause of this process, which heard of nobody meanwhile', async () => {
    const { agent, clock, told } = await joined({ timings: { reconcileIntervalMs: 1_000 } })
    agent.change(alive('other'))
    await agent.settle()
    told()
    clock.pause(100_000)
    agent.change()
    await agent.settle()
    expect(told()).toEqual([])
  })
})

test('a program that only waits for its agent ends with the error, and not without', () => {
  const options = serfOptions({ id: 'a', rpcAddress: '127.0.0.1:1', timings: { connectTimeoutMs: 300 } })
  const given = JSON.stringify(options, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value))
  const program = `
    const { SerfMembership } = require('./dist/index.js')
    const options = ${given}
    options.hashRing.hashSeed = 0n
    new SerfMembership(options).join([]).catch(({ code }) => console.log(code))`
  const { stdout, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
  expect([stdout.trim(), status]).toEqual(['ERR_HYPERCACHE_SERF_UNREACHABLE', 0])
})
