/** Whether all members have the same ring, as one of them sees it. */

import { expect, test } from 'vitest'
import type { ClusterEvent, HealthCheckResult } from '../../../dist/index.js'
import { makeDistributedCoordinator } from '../../helpers/coordinator'

const OTHER = 'fedcba9876543210'

/** A coordinator that is ready, with two others who have the same ring. */
async function agreed(divergenceMs = 10_000) {
  const made = makeDistributedCoordinator({}, { divergenceMs })
  const { coordinator, membership } = made
  await coordinator.start()
  await membership.others.joinTogether([{ id: 'a' }, { id: 'b' }])
  await made.settle()
  const events: ClusterEvent[] = []
  const types = ['ring:diverged', 'ring:agreed', 'health:changed'] as const
  coordinator.events.subscribe(types, (event) => void events.push(event))
  const told = (type: string) => events.filter((event) => event.type === type)
  const checksum = () => coordinator.routing.ring.checksum
  const tellAll = () => ['a', 'b'].forEach((id) => membership.tellChecksum(id, checksum()))
  const check = async (): Promise<HealthCheckResult> =>
    (await coordinator.health()).checks.find(({ name }) => name === 'ring')!
  const metrics = () => coordinator.metrics().ringAgreement!
  tellAll()
  // Seen to be agreed: from now on it is looked once a second.
  await made.advance(50)
  return { ...made, told, checksum, tellAll, check, metrics, others: membership.others }
}

test('a node tells its checksum when it has joined, and at each change, and no more often', async () => {
  const { coordinator, membership, checksum, others, advance, settle } = await agreed()
  expect(membership.announced.at(-1)).toBe(checksum())
  const before = membership.announced.length
  await others.update('a', { rack: 'r7' })
  await advance(5_000)
  expect(membership.announced).toHaveLength(before)
  await others.join({ id: 'c' })
  expect(membership.announced.slice(before)).toEqual([checksum()])
  coordinator.routing.ring.addNode('by hand')
  await settle()
  expect(membership.announced.slice(before + 1)).toEqual([checksum()])
  await coordinator.stop()
  await coordinator.start()
  expect(membership.announced.at(-1)).toBe(checksum())
  await coordinator.close()
})

test('a difference that is over in time is told nobody', async () => {
  const { coordinator, membership, tellAll, advance, told, check, metrics } = await agreed()
  membership.tellChecksum('a', OTHER)
  await advance(9_000)
  expect(metrics()).toMatchObject({ isDiverged: false, differingCount: 1 })
  expect(await check()).toMatchObject({ isPassing: true })
  tellAll()
  await advance(1_000)
  membership.tellChecksum('b', OTHER)
  await advance(9_000)
  expect([told('ring:diverged'), told('ring:agreed')]).toEqual([[], []])
  expect(metrics()).toMatchObject({ isDiverged: false, divergedCount: 0 })
  await coordinator.close()
})

test('a difference that lasts is told with who has what, and the node is not ready', async () => {
  const { coordinator, membership, nowMs, checksum, advance, told, check, metrics, settle } = await agreed()
  membership.tellChecksum('a', OTHER)
  await advance(1_000)
  const sinceMs = nowMs()
  await advance(9_999)
  expect(told('ring:diverged')).toEqual([])
  await advance(1_001)
  expect(told('ring:diverged')).toHaveLength(1)
  const { payload } = told('ring:diverged')[0] as ClusterEvent<'ring:diverged'>
  expect(payload).toEqual({ checksum: checksum(), others: [{ nodeId: 'a', checksum: OTHER }], sinceMs })
  const detail = `for 11 s the ring (${checksum()}) differs from that of a (${OTHER})`
  expect(await check()).toMatchObject({ isPassing: false, detail })
  await settle()
  expect(told('health:changed')).toHaveLength(1)
  expect(metrics()).toMatchObject({ isDiverged: true, agreeingCount: 2, differingCount: 1, divergedCount: 1 })
  await advance(60_000)
  expect(told('ring:diverged')).toHaveLength(1)
  await coordinator.close()
})

test('the end of a difference is told, with how long it was', async () => {
  const { coordinator, membership, checksum, tellAll, advance, told, check, metrics } = await agreed()
  membership.tellChecksum('b', OTHER)
  await advance(30_000)
  tellAll()
  await advance(1_000)
  const agreements = told('ring:agreed') as ClusterEvent<'ring:agreed'>[]
  expect(agreements).toHaveLength(1)
  expect(agreements[0]!.payload).toMatchObject({ checksum: checksum(), memberCount: 3 })
  expect(agreements[0]!.payload.durationMs).toBeGreaterThanOrEqual(29_000)
  expect(agreements[0]!.payload.durationMs).toBeLessThanOrEqual(31_000)
  expect(await check()).toMatchObject({ isPassing: true })
  expect(metrics()).toMatchObject({
    isDiverged: false,
    agreeingCount: 3,
    differingCount: 0,
    divergedCount: 1,
  })
  await coordinator.close()
})

test('who is dead, leaves, or has told nothing yet, does not differ', async () => {
  const { coordinator, membership, others, advance, told } = await agreed()
  await others.joinTogether([{ id: 'silent' }])
  membership.tellChecksum('a', OTHER)
  membership.tellChecksum('b', OTHER)
  await others.fail('a')
  membership.changeTogether([['updated', { id: 'b', status: 'leaving' }]])
  await advance(60_000)
  expect(told('ring:diverged')).toEqual([])
  await coordinator.close()
})

test('one that differs in turn with another is told of neither, unless one of them stays', async () => {
  const { coordinator, membership, tellAll, advance, told } = await agreed()
  for (let turn = 0; turn < 6; turn += 1) {
    tellAll()
    membership.tellChecksum(turn % 2 === 0 ? 'a' : 'b', OTHER)
    await advance(6_000)
  }
  expect(told('ring:diverged')).toEqual([])
  membership.tellChecksum('b', OTHER)
  await advance(11_000)
  expect(told('ring:diverged')).toHaveLength(1)
  await coordinator.close()
})

test('a reason names five members, and counts the rest', async () => {
  const { coordinator, membership, others, advance, check } = await agreed()
  const ids = Array.from({ length: 8 }, (_, at) => `m${at}`)
  await others.joinTogether(ids.map((id) => ({ id })))
  for (const id of ['a', 'b']) membership.tellChecksum(id, coordinator.routing.ring.checksum)
  for (const id of ids) membership.tellChecksum(id, OTHER)
  await advance(12_000)
  expect((await check()).detail).toMatch(/m0 \(fedc.*m4 \(fedcba9876543210\) and 3 more$/)
  await coordinator.close()
})

test('convergence is the time from a change of the members until all tell the same', async () => {
  const { coordinator, others, tellAll, membership, advance } = await agreed()
  const convergenceMs = () => coordinator.metrics().network!.convergenceMs
  await advance(1_000)
  await others.join({ id: 'c' })
  await advance(400)
  tellAll()
  await advance(300)
  membership.tellChecksum('c', coordinator.routing.ring.checksum)
  await advance(200)
  expect(convergenceMs()).toBeGreaterThanOrEqual(700)
  expect(convergenceMs()).toBeLessThanOrEqual(750)
  // What moves no key converges nothing.
  await others.update('a', { rack: 'r7' })
  await advance(5_000)
  expect(convergenceMs()).toBeGreaterThanOrEqual(700)
  await coordinator.close()
})

test('a node alone has measured no convergence, and has no timer once it is stopped', async () => {
  const { coordinator, clock, advance } = makeDistributedCoordinator()
  await coordinator.start()
  await advance(5_000)
  expect(coordinator.metrics().network).not.toHaveProperty('convergenceMs')
  await coordinator.stop()
  expect(clock.timerCount).toBe(0)
  await coordinator.close()
})

test('a stop forgets a difference, and a ring that its user has closed harms nothing', async () => {
  const { coordinator, membership, advance, told, check, metrics } = await agreed()
  membership.tellChecksum('a', OTHER)
  await advance(20_000)
  expect(told('ring:diverged')).toHaveLength(1)
  await coordinator.stop()
  expect(await check()).toMatchObject({ isPassing: true })
  expect(metrics()).toMatchObject({ isDiverged: false, differingCount: 0 })
  expect(told('ring:agreed')).toEqual([])
  await coordinator.start()
  coordinator.routing.ring.close()
  await advance(5_000)
  await coordinator.close()
})

test('a membership that its user has closed harms nothing', async () => {
  const { coordinator, membership, advance } = await agreed()
  membership.close()
  membership.ringChecksums = membership.announceRing = () => {
    throw new Error('closed')
  }
  await advance(5_000)
  coordinator.routing.ring.addNode('by hand')
  await advance(5_000)
  await coordinator.close()
})

test('the network’s own metrics are told as the membership has them', async () => {
  const { coordinator, membership } = await agreed()
  membership.network = { ...membership.network, probesSentCount: 7, droppedByReason: { garbage: 2 } }
  expect(coordinator.metrics().network).toMatchObject({ probesSentCount: 7, droppedByReason: { garbage: 2 } })
  await coordinator.close()
})
