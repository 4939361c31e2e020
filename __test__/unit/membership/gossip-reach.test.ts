/** Members that cannot be reached where they say that they are, on real sockets. */

import { createSocket } from 'node:dgram'
import { type Socket, connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import { freePorts } from '../../helpers/cluster'
import { addressOf, closeMembers, gossipMember as member, sees } from '../../helpers/gossip'
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
})

type Options = NonNullable<Parameters<typeof member>[1]>

/** More time for the answers of streams than for those of datagrams. */
const gossipMember = (id: string, options: Options = {}) =>
  member(id, { ...options, gossip: { probeTimeoutSeconds: 0.1 } })

async function joined(id: string): Promise<GossipMembership> {
  const membership = gossipMember(id)
  await membership.join([])
  return membership
}

const told = (code: string) => warnings.filter((warning) => warning.code === `ERR_HYPERCACHE_${code}`)

/** Takes note of all that members are told of one of them, but for joins and updates. */
function watched(members: readonly GossipMembership[]): string[] {
  const seen: string[] = []
  for (const membership of members) {
    membership.subscribe(({ type, member }) => {
      const by = membership.localNodeId
      if (type !== 'joined' && type !== 'updated') seen.push(`${by}: ${member.id} ${type} ${member.doubt}`)
    })
  }
  return seen
}

/** Resolves when a member has probed so many times more. */
async function probed(membership: GossipMembership, count: number): Promise<void> {
  const sent = () => membership.networkMetrics().probesSentCount!
  const end = sent() + count
  await until(() => sent() >= end)
}

const isUnreachable = (membership: GossipMembership, id: string) => {
  const { status, doubt } = membership.member(id) ?? {}
  return status === 'suspected' && doubt === 'unreachable'
}

/** Takes streams at one port of this machine to another one. */
async function forwardTcp(from: number, to: number) {
  const open = new Set<Socket>()
  let count = 0
  const keep = (socket: Socket) => {
    open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)))
  }
  const server = createServer((stream) => {
    count += 1
    const behind = connect(to, '127.0.0.1')
    for (const socket of [stream, behind]) keep(socket)
    stream.pipe(behind).pipe(stream)
  })
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.1', resolve))
  return {
    streamCount: () => count,
    async [Symbol.asyncDispose]() {
      open.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a wrong advertised port', () => {
  test('is found out by the member that has it, and nobody else is suspected', async () => {
    const [a, b] = [await joined('a'), gossipMember('b')]
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    const [bindPort, port] = (await freePorts(2)) as [number, number]
    const wrong = gossipMember('wrong', { bindPort, local: { port } })
    const all = [a, b, wrong]
    const seen = watched(all)
    await wrong.join([addressOf(a)])
    await until(
      () => all.every((member) => isUnreachable(member, 'wrong')),
      () => seen,
    )
    const [problem] = wrong.problems()
    expect(problem).toBe(
      `the other members cannot reach this node at 127.0.0.1:${port} by UDP: ` +
        'check advertise_address, advertise_port and the firewall',
    )
    expect(told('UNREACHABLE').map(({ message }) => message)).toEqual([problem])
    // Each of the others has been probed by it many times, and it by them.
    for (const member of all) await probed(member, 8)
    expect(seen.filter((line) => !line.includes(': wrong '))).toEqual([])
    expect(seen.filter((line) => line.includes(' failed '))).toEqual([])
    expect(all.every((member) => isUnreachable(member, 'wrong'))).toBe(true)
    expect([a.problems(), b.problems()]).toEqual([[], []])
    expect(told('UNREACHABLE')).toHaveLength(1)
  })
})

describe('TCP that is forwarded, and UDP that is not', () => {
  test('has the member doubt itself, until datagrams come again', async () => {
    const a = await joined('a')
    const [port, nowhere] = (await freePorts(2)) as [number, number]
    const forwarded = gossipMember('forwarded', { bindPort: port, local: { port: nowhere } })
    await using proxy = await forwardTcp(nowhere, port)
    await forwarded.join([addressOf(a)])
    await until(() => isUnreachable(a, 'forwarded') && isUnreachable(forwarded, 'forwarded'))
    const seen = watched([a, forwarded])
    await probed(a, 4)
    expect(seen).toEqual([])
    // The port is opened for UDP too.
    const socket = createSocket('udp4')
    socket.on('message', (bytes) => socket.send(bytes, port, '127.0.0.1'))
    await new Promise<void>((resolve) => socket.bind(nowhere, '127.0.0.1', resolve))
    await sees(a, 'a alive', 'forwarded alive')
    await sees(forwarded, 'a alive', 'forwarded alive')
    expect(forwarded.problems()).toEqual([])
    await new Promise<void>((resolve) => socket.close(resolve))
    // It begins anew, and is warned of anew.
    await until(() => told('UNREACHABLE').length === 2)
    expect(proxy.streamCount()).toBeGreaterThan(0)
  })
})

describe('two members at one address', () => {
  test('are told of at once by everybody, and the one that is not there doubts itself', async () => {
    const [a, b] = [await joined('a'), gossipMember('b')]
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    const [bindPort] = (await freePorts(1)) as [number]
    const second = gossipMember('second', { bindPort, local: { port: b.member('b')!.port } })
    const all = [a, b, second]
    const seen = watched(all)
    await second.join([addressOf(a)])
    const line =
      `members b, second all say that they are at ${addressOf(b)}: ` +
      'each must advertise an address of its own'
    await until(() => told('ADDRESS_SHARED').length === all.length)
    await until(() => [b, second].every((member) => member.problems().includes(line)))
    await until(
      () => all.every((member) => isUnreachable(member, 'second')),
      () => seen,
    )
    for (const member of all) await probed(member, 4)
    expect(seen.filter((text) => !text.includes(': second '))).toEqual([])
    // Neither of them, and well.
    expect(a.problems()).toEqual([])
    expect(told('ADDRESS_SHARED').map(({ message }) => message)).toEqual([line, line, line])
    await second.leave()
    await until(() => b.problems().length === 0)
  })
})

describe('a member of the other address family', () => {
  test('doubts itself: nobody hears its datagrams, nor it theirs', async () => {
    const [a, b] = [await joined('a'), gossipMember('b')]
    await b.join([addressOf(a)])
    await sees(a, 'a alive', 'b alive')
    const six = gossipMember('six', { bindAddress: '::1', local: { address: '::1' } })
    const all = [a, b, six]
    const seen = watched(all)
    await six.join([addressOf(a)])
    await until(
      () => all.every((member) => isUnreachable(member, 'six')),
      () => seen,
    )
    for (const member of all) await probed(member, 4)
    expect(seen.filter((text) => !text.includes(': six '))).toEqual([])
    expect(six.problems()).toHaveLength(1)
  })
})
