/** Membership by a Serf agent keeps the rules of every provider. */

import { describe } from 'vitest'

import { SerfMembership } from '../../../dist/index.js'
import { type MembershipUnderTest, membershipConformance } from '../../conformance'
import type { OtherMember } from '../../conformance/membership'
import { FakeSerfAgent } from '../../helpers/fake-serf-agent'
import { ManualClock } from '../../helpers/manual-clock'
import { serfEvent, serfOptions, serfTags } from '../../helpers/serf'

async function make(): Promise<MembershipUnderTest> {
  const clock = new ManualClock()
  const agent = new FakeSerfAgent('local')
  const rpcAddress = await agent.listen()
  // Others say nothing by themselves here: silence is a matter of its own tests.
  const timings = { heartbeatIntervalMs: 86_400_000 }
  const membership = new SerfMembership(serfOptions({ id: 'local', rpcAddress, timings }), clock)
  const versions = new Map<string, number>()
  const tagsOf = ({ id, ...said }: OtherMember, startedAtMs = clock.nowMs(), metadata = {}) => {
    const incarnation = (versions.get(id) ?? 0) + 1
    versions.set(id, incarnation)
    return serfTags({ ...said, startedAtMs, incarnation, metadata })
  }
  const started = new Map<string, number>()
  const joining = (member: OtherMember) => {
    started.set(member.id, clock.nowMs())
    return { name: member.id, status: 'alive', tags: tagsOf(member) }
  }
  const settle = () => agent.settle()
  /** One after the other: two changes that are read together have no order. */
  const change = async (...members: Parameters<FakeSerfAgent['change']>) => {
    await settle()
    agent.change(...members)
  }
  const put = (id: string, changed: object) => change({ ...agent.others.get(id)!, ...changed })
  return {
    membership,
    settle,
    nowMs: () => clock.nowMs(),
    advance: (ms) => clock.advance(ms),
    others: {
      join: (member) => change(joining(member)),
      joinTogether: (members) => change(...members.map(joining)),
      leave: (id) => put(id, { status: 'left' }),
      suspect: async (id) => {
        await settle()
        agent.log(`[INFO] memberlist: Suspect ${id} has failed, no acks received`)
      },
      fail: (id) => put(id, { status: 'failed' }),
      reap: (id) => change(id),
      recover: async (id) => {
        await put(id, { status: 'alive' })
        const { name, payload } = serfEvent({ kind: 'refutes', originNodeId: id })
        agent.event(name, payload)
      },
      update: (id, metadata) => put(id, { tags: tagsOf({ id }, started.get(id), metadata) }),
    },
    close: async () => {
      membership.close()
      await agent.close()
    },
  }
}

describe('membership by a Serf agent', () => {
  membershipConformance(make)
})
