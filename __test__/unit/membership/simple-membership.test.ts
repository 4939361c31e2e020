import { describe, expect, test } from 'vitest'
import { SimpleMembership } from '../../../dist/index.js'
import { membershipConformance } from '../../conformance/membership'
import { ManualClock, settled } from '../../helpers/manual-clock'
import { makeScripted } from '../../helpers/scripted-membership'
import { refused } from '../../helpers/refused'

const local = { id: 'node1', address: '127.0.0.1', port: 7946 }

function makeSimple() {
  const clock = new ManualClock()
  const membership = new SimpleMembership(local, clock)
  const close = () => membership.close()
  const advance = (ms: number) => clock.advance(ms)
  return { membership, settle: settled, nowMs: () => clock.nowMs(), advance, close }
}

describe('SimpleMembership keeps the contract', () => {
  membershipConformance(makeSimple, { isAlone: true })
})

describe('a provider with other members keeps the contract', () => {
  membershipConformance(makeScripted)
})

describe('SimpleMembership', () => {
  test('describes the local node as it was configured', async () => {
    const clock = new ManualClock()
    const node = { weight: 2.5, zone: 'east', capabilities: ['read'], metadata: { rack: 'r7' } }
    const membership = new SimpleMembership({ ...local, ...node }, clock)
    await membership.join([])
    expect(membership.member('node1')).toEqual({
      ...local,
      ...node,
      status: 'alive',
      statusSinceMs: clock.nowMs(),
      incarnation: 1,
      startedAtMs: clock.nowMs(),
      isLocal: true,
    })
  })

  test('refuses a node that no ring would take', () => {
    const make = (fields: object) => () => new SimpleMembership({ ...local, ...fields })
    expect(make({ id: '' })).toThrow(refused('INVALID_TEXT'))
    expect(make({ weight: 0 })).toThrow(refused('OUT_OF_RANGE'))
    expect(make({ zone: 7 })).toThrow(refused('INVALID_TYPE'))
    expect(make({ metadata: { a: 1 } })).toThrow(refused('INVALID_TYPE'))
  })

  test('is no older after its clock went back', async () => {
    const clock = new ManualClock()
    const membership = new SimpleMembership(local, clock)
    await membership.join([])
    const { startedAtMs } = membership.member('node1')!
    await membership.leave()
    clock.jump(-86_400_000)
    await membership.join([])
    expect(membership.member('node1')!.startedAtMs).toBe(startedAtMs)
  })

  test('contacts no seeds', async () => {
    const { membership } = makeSimple()
    await membership.join(['10.0.0.1:7946', 'seed.example:7946'])
    expect(membership.members()).toHaveLength(1)
  })
})
