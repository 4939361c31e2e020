/** Membership by real Serf agents: what only they can show. Skipped where `serf` is not installed. */

import { afterEach, describe, expect, test } from 'vitest'

import {
  type MembershipChange,
  type ReceivedBroadcast,
  SerfMembership,
  type SerfTimings,
} from '../../dist/index.js'
import { refused } from '../helpers/refused'
import { serfOptions } from '../helpers/serf'
import { authConfig, SerfAgent, serfVersion } from '../helpers/serf-agents'
import { temporaryFolder } from '../helpers/temporary-folder'
import { until } from '../helpers/until'

if (serfVersion === undefined) {
  console.log(
    'skipped: there is no serf on this machine (apt-get install serf); these tests need real agents',
  )
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/**
 * What a suspicion, a failure and a return take with `-profile=local`, on a machine that has much else to do.
 */
const SLOW = 60_000

class Node {
  readonly membership: SerfMembership
  readonly changes: MembershipChange[] = []
  readonly broadcasts: ReceivedBroadcast[] = []

  constructor(
    readonly agent: SerfAgent,
    timings: Partial<SerfTimings> = {},
    given: object = {},
  ) {
    const { name: id, rpcAddress } = agent
    this.membership = new SerfMembership(serfOptions({ id, rpcAddress, timings, ...given }))
    this.membership.subscribe((change) => void this.changes.push(change))
    this.membership.onBroadcast((message) => void this.broadcasts.push(message))
    closing.push(() => this.membership.close())
  }

  status(id: string): string | undefined {
    return this.membership.member(id)?.status
  }

  /** The types of changes of a member, in order, without doubts: on a busy machine there may be some. */
  cameAndWent(id: string): string[] {
    return this.told(id).filter((type) => type !== 'suspected' && type !== 'recovered')
  }

  /** The types of changes of a member, in order. */
  told(id: string): string[] {
    return this.changes.filter(({ member }) => member.id === id).map(({ type }) => type)
  }
}

async function started(name: string, flags?: readonly string[]): Promise<SerfAgent> {
  const agent = await SerfAgent.start(name, flags)
  closing.push(() => agent.end())
  return agent
}

/** Nodes with an agent each, of which all know all. */
async function cluster(names: readonly string[], timings?: Partial<SerfTimings>): Promise<Node[]> {
  const nodes: Node[] = []
  for (const name of names) nodes.push(new Node(await started(name), timings))
  for (const node of nodes) await node.membership.join([nodes[0]!.agent.peer])
  await until(() => nodes.every(({ membership }) => membership.members().length === names.length))
  return nodes
}

describe.skipIf(serfVersion === undefined)(`by ${serfVersion ?? 'Serf'}`, () => {
  test('nodes find each other, and know what each says of itself', async () => {
    const agents = [await started('a'), await started('b')]
    const said = { address: '10.0.0.9', port: 7_950, weight: 2, zone: 'east', capabilities: ['read'] }
    const a = new Node(agents[0]!, {}, { local: said })
    const b = new Node(agents[1]!)
    await a.membership.join([])
    await b.membership.join([a.agent.peer])
    expect(b.membership.member('a')).toMatchObject({ id: 'a', status: 'alive', ...said })
    await until(() => a.status('b') === 'alive')
    a.membership.updateMetadata({ rack: 'r7', ü: '\u{1F600}' })
    await until(() => b.membership.member('a')!.metadata.rack === 'r7')
    expect(b.membership.member('a')).toEqual({
      ...a.membership.member('a'),
      isLocal: false,
      statusSinceMs: expect.any(Number),
    })
    expect([a.told('b'), b.told('a')]).toEqual([['joined'], ['joined', 'updated']])
    expect([...a.membership.problems(), ...b.membership.problems()]).toEqual([])
  })

  test(
    'one that leaves has left, and is not taken for failed; it may come back',
    async () => {
      const [a, b, c] = await cluster(['a', 'b', 'c'])
      await b!.membership.leave()
      expect(b!.membership.members()).toEqual([])
      await until(() => a!.status('b') === undefined && c!.status('b') === undefined)
      await b!.membership.join([])
      await until(() => a!.status('b') === 'alive' && c!.status('b') === 'alive')
      expect([a!.cameAndWent('b'), c!.cameAndWent('b')]).toEqual([
        ['joined', 'left', 'joined'],
        ['joined', 'left', 'joined'],
      ])
      // The agent itself leaves: the same for others.
      await c!.agent.end('SIGINT')
      await until(() => a!.status('c') === undefined)
      expect(a!.cameAndWent('c')).toEqual(['joined', 'left'])
    },
    SLOW,
  )

  test(
    'one whose agent is killed is suspected, dead, and recovers with its agent',
    async () => {
      const [a, b, c] = await cluster(['a', 'b', 'c'])
      await b!.agent.end('SIGKILL')
      await until(() => a!.status('b') === 'dead' && c!.status('b') === 'dead')
      await until(() => b!.membership.problems().length > 0)
      expect(b!.membership.problems()[0]).toContain(b!.agent.rpcAddress)
      expect(b!.membership.members()).toHaveLength(3)
      await b!.agent.start()
      await until(() => a!.status('b') === 'alive' && c!.status('b') === 'alive')
      await until(() => b!.membership.problems().length === 0)
      // One of the two has probed it, and the other was told; a suspicion may end before it was heard of.
      const told = [a!.told('b'), c!.told('b')]
      expect(told.map((types) => types.filter((type) => type !== 'suspected'))).toEqual([
        ['joined', 'failed', 'recovered'],
        ['joined', 'failed', 'recovered'],
      ])
      expect(told.flat()).toContain('suspected')
      // The agent had forgotten all, and the node none of them.
      expect([b!.told('a'), b!.told('c')]).toEqual([['joined'], ['joined']])
      b!.membership.updateMetadata({ after: 'the restart' })
      await until(() => a!.membership.member('b')!.metadata.after === 'the restart')
    },
    SLOW,
  )

  test(
    'one that is frozen and goes on takes the suspicion back',
    async () => {
      const [a, b] = await cluster(['a', 'b'])
      b!.agent.signal('SIGSTOP')
      await until(() => a!.status('b') === 'suspected')
      b!.agent.signal('SIGCONT')
      await until(() => a!.status('b') === 'alive')
      expect(a!.told('b')).toEqual(['joined', 'suspected', 'recovered'])
      expect(a!.membership.networkMetrics()).toMatchObject({
        suspicionsStartedCount: 1,
        suspicionsRefutedCount: 1,
      })
    },
    SLOW,
  )

  test(
    'a process that is gone while its agent goes on is found out',
    async () => {
      const [a, b] = await cluster(['a', 'b'], { heartbeatIntervalMs: 200, reconcileIntervalMs: 100 })
      b!.membership.close()
      await until(() => a!.status('b') === 'dead')
      expect(a!.told('b')).toEqual(['joined', 'suspected', 'failed'])
      const again = new Node(b!.agent)
      await again.membership.join([])
      await until(() => a!.status('b') === 'alive')
      expect(a!.told('b').at(-1)).toBe('recovered')
    },
    SLOW,
  )

  test(
    'broadcasts reach every other member once, large ones too, and none that joins later',
    async () => {
      const [a, b] = await cluster(['a', 'b'])
      const sent = [
        { name: 'small', data: '', lamportTime: 1 },
        { name: 'large', data: JSON.stringify('x'.repeat(500)), lamportTime: 2 },
        ...Array.from({ length: 20 }, () => ({ name: 'same', data: '7', lamportTime: 3 })),
      ]
      for (const message of sent) a!.membership.broadcast(message)
      await until(() => b!.broadcasts.length >= sent.length)
      const d = new Node(await started('d'))
      await d.membership.join([a!.agent.peer])
      a!.membership.broadcast({ name: 'last', data: '', lamportTime: 4 })
      // Agents tell a message to a few others at random: who was not among them gets it up to 15 seconds
      // later.
      await until(() => [b!, d].every(({ broadcasts }) => broadcasts.some(({ name }) => name === 'last')))
      const wanted = [...sent.map(({ name }) => name), 'last'].sort()
      expect(b!.broadcasts.map(({ name }) => name).sort()).toEqual(wanted)
      expect(b!.broadcasts.find(({ name }) => name === 'large')).toEqual({ ...sent[1], originNodeId: 'a' })
      expect(d.broadcasts.map(({ name }) => name)).toEqual(['last'])
      expect(a!.broadcasts).toEqual([])
    },
    SLOW,
  )

  test(
    'checksums of rings are known to all',
    async () => {
      const nodes = await cluster(['a', 'b'], { announceDelayMs: 1 })
      nodes.forEach(({ membership }) => membership.announceRing('0123456789abcdef'))
      const agree = ({ membership }: Node) =>
        membership.ringChecksums().size === 2 && new Set(membership.ringChecksums().values()).size === 1
      await until(() => nodes.every(agree))
      expect(nodes[0]!.membership.networkMetrics().convergenceMs).toBeGreaterThan(0)
    },
    SLOW,
  )

  test('a wrong secret is refused with the words of the agent, the right one is not', async () => {
    const folder = temporaryFolder('serf')
    closing.push(() => folder.remove())
    const agent = await started('a', [authConfig(folder.path, 'right')])
    for (const [rpcAuthKey, words] of [
      ['wrong', /refused auth: Invalid authentication token/],
      [undefined, /refused stats: Authentication required/],
    ] as const) {
      const { membership } = new Node(agent, {}, { rpcAuthKey })
      const message = expect.stringMatching(words)
      await expect(membership.join([])).rejects.toThrow(refused('SERF_REFUSED', { message }))
    }
    const { membership } = new Node(agent, {}, { rpcAuthKey: 'right' })
    await membership.join([])
    expect(membership.members()).toHaveLength(1)
  })

  test('an agent of another name is refused with both', async () => {
    const agent = await started('a')
    const { membership } = new Node(agent, {}, { id: 'b' })
    await expect(membership.join([])).rejects.toThrow(refused('SERF_DIFFERENT_NODE'))
  })

  test(
    'an agent, and a seed, that come later are found',
    async () => {
      const agent = await SerfAgent.planned('a')
      const seed = await SerfAgent.planned('b')
      closing.push(
        () => agent.end(),
        () => seed.end(),
      )
      const a = new Node(agent, { retryMaxMs: 200 })
      const joining = a.membership.join([seed.peer])
      await until(() => a.membership.problems().length > 0)
      expect(a.membership.problems()[0]).toContain(agent.rpcAddress)
      await agent.start()
      await joining
      expect(a.membership.problems()).toEqual([
        expect.stringContaining(`the seed ${seed.peer} does not answer: `),
      ])
      await seed.start()
      const b = new Node(seed)
      await b.membership.join([])
      await until(() => a.status('b') === 'alive' && b.status('a') === 'alive')
      expect(a.membership.problems()).toEqual([])
    },
    SLOW,
  )

  test(
    'metadata that Serf itself would refuse is refused before it is sent, and no other',
    async () => {
      const agent = await started('a', ['-tag', `role=${'r'.repeat(40)}`])
      const { membership } = new Node(agent, { reconcileIntervalMs: 20 })
      await membership.join([])
      let [fits, doesNot] = [0, 512]
      while (doesNot - fits > 1) {
        const bytes = Math.floor((fits + doesNot) / 2)
        try {
          membership.updateMetadata({ rack: 'x'.repeat(bytes) })
          fits = bytes
        } catch (error) {
          expect(error).toEqual(refused('TAGS_TOO_LARGE'))
          doesNot = bytes
        }
      }
      membership.announceRing('0123456789abcdef')
      await until(() => membership.ringChecksums().size === 1)
      // The largest that was taken here was taken there, with the checksum of a ring.
      expect(membership.problems()).toEqual([])
      const { membership: other } = new Node(await started('b'))
      await other.join([agent.peer])
      expect(other.member('a')!.metadata.rack).toHaveLength(fits)
    },
    SLOW,
  )
})
