/**
 * What stands against a membership by gossip: seeds that do not answer, strangers, its id at another process.
 */

import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import { addressOf, closeMembers, gossipMember, joined, sees, viewOf } from '../../helpers/gossip'
import { closeSeeds, lateSeed } from '../../helpers/late-seed'
import { until } from '../../helpers/until'

let warnings: (Error & { code?: string })[] = []
const listen = (warning: Error) => void warnings.push(warning)

beforeEach(() => {
  warnings = []
  process.on('warning', listen)
})

afterEach(() => {
  process.off('warning', listen)
  closeMembers()
  closeSeeds()
})

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const strange = () => warnings.filter(({ code }) => code === 'ERR_HYPERCACHE_STRANGER')
const portOf = (membership: GossipMembership) => membership.member(membership.localNodeId)!.port

describe('seeds that do not answer', () => {
  test('are no error, are told of by name, asked again, and forgotten when one answers', async () => {
    const seed = await lateSeed()
    const nobody = await joined('of a free port')
    const free = addressOf(nobody)
    nobody.close()
    const a = gossipMember('a')
    await a.join([free, seed.address, 'no-such-host.invalid:7946'])
    expect(viewOf(a)).toEqual(['a alive'])
    const [problem] = a.problems()
    expect(a.problems()).toHaveLength(1)
    expect(problem).toContain('no seed has answered')
    expect(problem).toContain(`${free} (nobody listens there)`)
    expect(problem).toContain('no-such-host.invalid:7946 (the host name has no address)')
    expect(problem).toContain(`${seed.address} (it closed the stream`)
    expect(Object.isFrozen(a.problems())).toBe(true)
    const b = await joined('b')
    seed.lead(portOf(b))
    await sees(a, 'a alive', 'b alive')
    await until(() => a.problems().length === 0, a.problems.bind(a))
    await sees(b, 'a alive', 'b alive')
  })

  test('stand against nothing while another member is there', async () => {
    const seed = await lateSeed()
    const a = gossipMember('a')
    await a.join([seed.address])
    expect(a.problems()).toHaveLength(1)
    await gossipMember('b').join([addressOf(a)])
    await until(() => a.problems().length === 0)
  })

  test('do not matter where it is a seed itself', async () => {
    const seed = await lateSeed()
    const free = await joined('of a free port')
    const port = portOf(free)
    free.close()
    const a = gossipMember('a', { bindPort: port, local: { port } })
    await a.join([`127.0.0.1:${port}`, seed.address])
    expect(viewOf(a)).toEqual(['a alive'])
    expect(a.problems()).toEqual([])
  })

  test('are forgotten with the life that asked them', async () => {
    const seed = await lateSeed()
    const a = gossipMember('a')
    await a.join([seed.address])
    expect(a.problems()).toHaveLength(1)
    await a.leave()
    expect(a.problems()).toEqual([])
    await a.join([])
    expect(a.problems()).toEqual([])
  })
})

describe('a seed that answers late', () => {
  test('brings no message that was sent before (it is as late as a join)', async () => {
    const seed = await lateSeed()
    const [a, b] = [await joined('a'), gossipMember('b')]
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    const names: string[] = []
    const late = gossipMember('c')
    for (const member of [b, late]) member.onBroadcast(({ name }) => void names.push(name))
    a.broadcast({ name: 'before', data: '', lamportTime: 1 })
    await until(() => names.length === 1)
    // While it still spreads, a newcomer may hear it as everybody else does.
    const probesOf = (member: GossipMembership) => member.networkMetrics().probesSentCount!
    for (const member of [a, b]) {
      const end = probesOf(member) + 3
      await until(() => probesOf(member) >= end)
    }
    await late.join([seed.address])
    seed.lead(portOf(a))
    for (const member of [a, b, late]) await sees(member, 'a alive', 'b alive', 'c alive')
    a.broadcast({ name: 'after', data: '', lamportTime: 2 })
    await until(() => names.length >= 3)
    // Exchanges that would bring the old one.
    const syncsOf = (member: GossipMembership) => member.networkMetrics().syncsCompletedCount!
    const before = syncsOf(late)
    await until(() => syncsOf(late) > before + 3)
    expect(names).toEqual(['before', 'after', 'after'])
  })
})

describe('an event loop that is busy', () => {
  test('is no failed member', async () => {
    const a = await joined('a')
    const b = gossipMember('b')
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    const types: string[] = []
    for (const member of [a, b]) member.subscribe(({ type }) => void types.push(type))
    const { probesSentCount } = a.networkMetrics()
    // Longer than it takes to find a failure.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500)
    expect(a.networkMetrics().probesSentCount! - probesSentCount!).toBeGreaterThan(3)
    b.updateMetadata({ still: 'there' })
    await until(() => a.member('b')!.metadata.still === 'there')
    expect(new Set(types)).toEqual(new Set(['updated']))
    expect(a.networkMetrics().suspicionsStartedCount).toBe(0)
  })
})

describe('a stranger', () => {
  const sendDatagrams = async (port: number, messages: readonly Buffer[]) => {
    const socket = createSocket('udp4')
    const send = (message: Buffer) =>
      new Promise<void>((resolve) => socket.send(message, port, '127.0.0.1', () => resolve()))
    for (const message of messages) await send(message)
    socket.close()
  }

  test('that sends garbage is dropped, counted, and warned of once', async () => {
    const a = await joined('a')
    const garbage = [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(1_300, 0xff)]
    await sendDatagrams(portOf(a), [...garbage, ...garbage, Buffer.alloc(9_000)])
    await until(() => a.networkMetrics().datagramsReceivedCount! >= 7)
    const droppedCount = Object.values(a.networkMetrics().droppedByReason).reduce(
      (sum, count) => sum + count,
      0,
    )
    expect(droppedCount).toBe(7)
    await until(() => strange().length > 0)
    expect(strange()).toHaveLength(1)
    expect(strange()[0]!.message).toMatch(/^127\.0\.0\.1 sends what are no messages of a member/)
    expect(viewOf(a)).toEqual(['a alive'])
  })

  test('that opens streams and sends garbage, or nothing, keeps nobody out', async () => {
    const a = await joined('a', { gossip: { syncTimeoutSeconds: 0.5 } })
    const sockets = ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\u0004four', ''].map((text) => {
      const socket = connect(portOf(a), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(text)
      return socket
    })
    const ended = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve).resume()))
    const b = gossipMember('b')
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    await Promise.all(ended)
    expect(a.networkMetrics().droppedByReason.malformed).toBeGreaterThanOrEqual(1)
  })

  test.each([
    ['of another cluster', {}, { clusterName: 'other' }, 'other cluster', 'of a cluster with another name'],
    [
      'with another key',
      { encryptionKeys: [key(1)] },
      { encryptionKeys: [key(2)] },
      'other key',
      'none of our encryption_keys opens',
    ],
    ['without a key', { encryptionKeys: [key(1)] }, {}, 'not sealed', 'not encrypted'],
  ] as const)('%s never gets in, and is warned of once', async (_, ours, theirs, reason, words) => {
    const a = await joined('a', ours)
    const stranger = gossipMember('b', theirs)
    await stranger.join([addressOf(a)])
    expect(viewOf(stranger)).toEqual(['b alive'])
    const droppedCount = () => a.networkMetrics().droppedByReason[reason] ?? 0
    // It asks again and again.
    await until(() => droppedCount() >= 3)
    expect(viewOf(a)).toEqual(['a alive'])
    expect(viewOf(stranger)).toEqual(['b alive'])
    expect(stranger.problems()[0]).toContain('it has another key or cluster name')
    expect(strange().map(({ message }) => message)).toEqual([expect.stringContaining(words)])
  })

  test('of each kind is warned of, once for each', async () => {
    const a = await joined('a', { encryptionKeys: [key(1)] })
    const strangers = [{}, { encryptionKeys: [key(2)] }].map((options, index) =>
      gossipMember(`b${index}`, options),
    )
    for (const stranger of strangers) await stranger.join([addressOf(a)])
    await until(() => {
      const { droppedByReason } = a.networkMetrics()
      return droppedByReason['not sealed']! >= 2 && droppedByReason['other key']! >= 2
    })
    await until(() => strange().length >= 2)
    expect(strange()).toHaveLength(2)
  })
})
describe('a node id that another process has', () => {
  test('since two parts of the cluster could not know of each other: the older one stays', async () => {
    const seed = await lateSeed()
    const a = await joined('a')
    const older = gossipMember('x')
    await older.join([addressOf(a)])
    const b = gossipMember('b')
    await b.join([seed.address])
    const younger = gossipMember('x')
    await younger.join([addressOf(b)])
    await sees(b, 'b alive', 'x alive')
    const types: string[] = []
    younger.subscribe(({ type, member }) => void types.push(`${member.id} ${type}`))
    const at = addressOf(older)
    seed.lead(portOf(a))
    await until(
      () => younger.members().length === 0,
      () => [a, b, older, younger].map(viewOf),
    )
    expect(younger.problems()).toEqual([`another process at ${at} is node x, and was there before this one`])
    expect(younger.metrics().isJoined).toBe(false)
    expect(types.filter((type) => type.endsWith('left')).at(-1)).toBe('x left')
    await until(() => warnings.length > 0)
    expect(warnings.map(({ code }) => code)).toEqual(['ERR_HYPERCACHE_NODE_ID_TAKEN'])
    for (const member of [a, b, older]) await sees(member, 'a alive', 'b alive', 'x alive')
    const found = () => [a, b].map((member) => member.member('x')?.port)
    await until(() => found().every((port) => port === portOf(older)), found)
    expect(addressOf(older)).toBe(at)
    // It may come again, where it is alone.
    await younger.join([])
    expect([younger.problems(), viewOf(younger)]).toEqual([[], ['x alive']])
  })
})
