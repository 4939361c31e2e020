/** A ring that follows members: batches of changes end where the changes one by one do, in one version. */

import { expect, test } from 'vitest'

import {
  HashRing,
  type HashRingOptions,
  type Member,
  type MembershipChange,
  type MembershipChangeType,
  RingRouting,
} from '../../dist/index.js'
import { type Random, seeded } from '../helpers/random.js'
import { STATUSES, ZONES, randomId, randomOptions } from './random-ring.js'

const KEYS = Array.from({ length: 200 }, (_, at) => `key${at}`)
const ID_COUNT = 12

const routingOf = (options: HashRingOptions) =>
  new RingRouting({ localNodeId: 'n0', ring: new HashRing(options), isSeeded: false })

function randomMember(random: Random, id: string): Member {
  return {
    id,
    address: `10.0.0.${1 + random.below(3)}`,
    port: 7946,
    status: random.oneIn(2) ? 'alive' : random.pick(STATUSES),
    statusSinceMs: 0,
    weight: random.pick([0.5, 1, 1, 2]),
    ...(random.oneIn(2) ? { zone: random.pick(ZONES) } : {}),
    capabilities: random.oneIn(3) ? ['read'] : [],
    metadata: random.oneIn(3) ? { rack: `${random.below(3)}` } : {},
    incarnation: 1,
    startedAtMs: 0,
    isLocal: false,
  }
}

/** Joins, departures and every other change, of few members: several of one in a batch are likely. */
function randomBatch(random: Random, members: Map<string, Member>): MembershipChange[] {
  return Array.from({ length: 1 + random.below(8) }, (_, version) => {
    const id = randomId(random, ID_COUNT)
    const member = randomMember(random, id)
    const isGoing = members.has(id) && random.oneIn(3)
    const types: MembershipChangeType[] = isGoing ? ['left', 'reaped'] : ['joined', 'updated', 'failed']
    if (isGoing) members.delete(id)
    else members.set(id, member)
    return { type: random.pick(types), member, timestampMs: 0, version }
  })
}

/** All that a caller can see of a ring but for times. */
function seen(ring: HashRing) {
  const nodes = ring.nodes().map(({ statusSinceMs: _, ...node }) => node)
  const owners = () => ring.getNodeBatch(KEYS)
  const isRoutable = ring.ownership().some(({ share }) => share > 0)
  return { checksum: ring.checksum, nodes, owners: isRoutable ? owners() : [] }
}

test('a batch ends in the same ring as its changes one by one, in one version at most', () => {
  const random = seeded('a batch ends in the same ring as its changes one by one, in one version at most')
  let batchCount = 0
  for (let round = 0; round < 40; round += 1) {
    const options = randomOptions(random)
    const [together, alone] = [routingOf(options), routingOf(options)]
    const members = new Map<string, Member>()
    for (let step = 0; step < 8; step += 1) {
      const batch = randomBatch(random, members)
      const before = { version: together.ring.version, checksum: together.ring.checksum }
      const untouched = together.ring
        .nodes()
        .filter(({ id }) => batch.every(({ member }) => member.id !== id))
      together.follow(batch)
      for (const change of batch) alone.follow([change])
      expect(seen(together.ring)).toEqual(seen(alone.ring))
      expect(together.ring.nodes().map(({ id, status }) => [id, status])).toEqual(
        [...members.values()].map(({ id, status }) => [id, status]).sort(byBytes),
      )
      const isChanged = together.ring.checksum !== before.checksum
      expect(together.ring.version).toBe(before.version + (isChanged ? 1 : 0))
      expect(together.ring.nodes()).toEqual(expect.arrayContaining(untouched))
      if (isChanged && batch.length > 1) batchCount += 1
    }
    together.ring.close()
    alone.ring.close()
  }
  expect(batchCount).toBeGreaterThan(40)
})

const byBytes = ([a]: string[], [b]: string[]) => Buffer.compare(Buffer.from(a!), Buffer.from(b!))
