/** The answers of a node about a ring, worked out from its public calls alone. */

import {
  type ChangeView,
  type PlanAnswer,
  type PlannedRing,
  type RingAnswer,
  SLICE_COUNT,
  type TransferView,
} from '../../dist/http/api.js'
import { HashRing } from '../../dist/ring/hash-ring.js'
import type { PlannedChange, RingChange, RingOwnership } from '../../dist/types.js'

const routable = new Set(['alive', 'suspected', 'updating'])
const drawnPointsMax = 65_536

/** What `GET /cluster/ring` answers, without the last change. */
export function ringAnswer(ring: HashRing, localNodeId: string, isSeeded: boolean): RingAnswer {
  const ownership = new Map(ring.ownership().map((node) => [node.id, node]))
  const nodes = ring.nodes().map(({ id, status, statusSinceMs, weight, zone, pointCount }) => {
    const { share, fairShare, homeArc } = ownership.get(id)!
    const homeShare = Number(homeArc) / 2 ** 64
    const place = zone === undefined ? {} : { zone }
    const isLocal = id === localNodeId
    return { id, status, statusSinceMs, weight, ...place, pointCount, share, fairShare, homeShare, isLocal }
  })
  return {
    version: ring.version,
    checksum: ring.checksum,
    hashFunction: 'xxhash64',
    virtualNodeCount: 256,
    replicationFactor: 3,
    pointCount: ring.pointCount,
    loadFactor: Math.max(0, ...nodes.map(({ share }) => share)) * nodes.length,
    isSeeded,
    nodes,
    ...drawn(ring, isSeeded),
  }
}

/** What `POST /cluster/plan` answers. */
export function planAnswer(ring: HashRing, change: PlannedChange, isSeeded: boolean): PlanAnswer {
  using plan = ring.plan(change)
  const after = HashRing.deserialize(ring.serialize())
  after.plan(change).apply()
  const answer = {
    movedShare: plan.movedShare,
    idealShare: plan.idealShare,
    ...largest(plan.transfers),
    before: planned(plan.before, ring, isSeeded),
    after: planned(plan.after, after, isSeeded),
  }
  after.close()
  return answer
}

/** A change as `GET /cluster/ring` tells of it. */
export function changeView({ version, movedShare, transfers, transferCount }: RingChange): ChangeView {
  return { version, timestampMs: Date.now(), movedShare, ...largest(transfers), transferCount }
}

function largest(transfers: readonly Readonly<TransferView>[]) {
  const views = transfers
    .map(({ from, to, share }) => ({ from, to, share }))
    .sort((a, b) => b.share - a.share)
  return { transfers: views.slice(0, 256), transferCount: transfers.length }
}

function planned(
  { checksum, loadFactor, ownership }: RingOwnership,
  ring: HashRing,
  isSeeded: boolean,
): PlannedRing {
  const nodes = ownership.map(({ id, share, fairShare }) => ({ id, share, fairShare }))
  return { checksum, loadFactor, nodes, ...drawn(ring, isSeeded) }
}

function drawn(ring: HashRing, isSeeded: boolean): { slices?: number[] } {
  return isSeeded || ring.pointCount > drawnPointsMax ? {} : { slices: slicesOf(ring) }
}

/** Owners of 2,048 tokens, run by run. */
function slicesOf(ring: HashRing): number[] {
  const nodes = ring.nodes()
  const index = new Map(nodes.map(({ id }, place) => [id, place]))
  const may = new Set(nodes.filter(({ status }) => routable.has(status)).map(({ id }) => id))
  const points = ring.points().filter(({ node }) => may.has(node))
  const slices: number[] = []
  let next = 0
  for (let slice = 0; slice < SLICE_COUNT; slice += 1) {
    const token = (BigInt(slice) << 64n) / BigInt(SLICE_COUNT)
    while (next < points.length && points[next]!.token < token) next += 1
    const point = points[next] ?? points[0]
    const owner = point === undefined ? -1 : index.get(point.node)!
    if (slices[slices.length - 2] === owner) slices[slices.length - 1]! += 1
    else slices.push(owner, 1)
  }
  return slices
}
