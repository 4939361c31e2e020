/** `POST /cluster/plan`: what a change would move. */

import { checkedFields, checkedNumber, checkedText, listOf, optionalText } from '../checks.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { HyperCacheError, grouped } from '../errors.js'
import type { NodeStatus, PlannedUpdate, RingOwnership } from '../types.js'
import type { PlanAnswer, PlanRequest, PlannedRing } from './api.js'
import { DRAWN_POINTS_MAX, type Owners, movedOwners, slicesOf } from './drawing.js'
import { badRequest } from './http-refusal.js'
import { type RingView, transferViews } from './ring-view.js'

const NODES_MAX = 1_000
/** More points take seconds, in which nobody else is answered. */
const POINTS_MAX = 1_000_000
const PARTS: ReadonlySet<string> = new Set<keyof PlanRequest>(['add', 'remove', 'update'])
const ADD_FIELDS: ReadonlySet<string> = new Set(['id', 'weight', 'zone'])
const UPDATE_FIELDS: ReadonlySet<string> = new Set(['id', 'weight', 'zone', 'status'])

/** Works out the plan that a body asks for. @throws ERR_HYPERCACHE_INVALID_REQUEST; as `planRebalance`. */
export function planAnswer(coordinator: CoordinatorService, view: RingView, body: unknown): PlanAnswer {
  const request = checkedRequest(body)
  checkEntries(request)
  const pointCount = checkedPointCount(coordinator, request)
  const plan = coordinator.planRebalance(request)
  try {
    const { movedShare, idealShare, transfers, before, after } = plan
    // Both are drawn, or none: to list the ranges of a large ring would hold up everything else.
    const owners = pointCount <= DRAWN_POINTS_MAX ? view.owners(before.checksum) : undefined
    return {
      movedShare,
      idealShare,
      transfers: transferViews(transfers),
      transferCount: transfers.length,
      before: plannedRing(before, owners),
      after: plannedRing(after, owners && movedOwners(owners, plan.ranges())),
    }
  } finally {
    plan.close()
  }
}

function plannedRing({ checksum, loadFactor, ownership }: RingOwnership, owners?: Owners): PlannedRing {
  const nodes = ownership.map(({ id, share, fairShare }) => ({ id, share, fairShare }))
  return {
    checksum,
    loadFactor,
    nodes,
    ...(owners === undefined ? {} : { slices: slicesOf(owners, nodes) }),
  }
}

/** The request of a body; what it says of nodes is checked by the ring. */
function checkedRequest(body: unknown): PlanRequest {
  if (body === undefined) throw badRequest('the body is missing; it must be a JSON object')
  try {
    const { add = [], remove = [], update = [] } = checkedFields('the body', body, PARTS)
    const request = {
      add: listOf('add', add).map(checkedAddition),
      remove: listOf('remove', remove).map((id, index) => checkedText(`remove[${index}]`, id)),
      update: listOf('update', update).map(checkedUpdate),
    }
    const count = request.add.length + request.remove.length + request.update.length
    if (count <= NODES_MAX) return request
    throw badRequest(`the plan has ${grouped(count)} nodes; it must have at most ${grouped(NODES_MAX)}`)
  } catch (error) {
    // What is wrong with the form of a body is a wrong request, whichever check found it.
    throw error instanceof HyperCacheError ? badRequest(error.message) : error
  }
}

function checkedAddition(value: unknown, index: number): NonNullable<PlanRequest['add']>[number] {
  const what = `add[${index}]`
  const { id, weight, zone } = checkedFields(what, value, ADD_FIELDS)
  return {
    id: checkedText(`${what}.id`, id),
    ...checkedWeight(what, weight),
    ...(zone === undefined ? {} : { zone: checkedText(`${what}.zone`, zone) }),
  }
}

function checkedUpdate(value: unknown, index: number): PlannedUpdate {
  const what = `update[${index}]`
  const { id, weight, zone, status } = checkedFields(what, value, UPDATE_FIELDS)
  return {
    id: checkedText(`${what}.id`, id),
    ...checkedWeight(what, weight),
    ...(zone === undefined ? {} : { zone: zone === null ? null : optionalText(`${what}.zone`, zone) }),
    ...(status === undefined ? {} : { status: optionalText(`${what}.status`, status) as NodeStatus }),
  }
}

function checkedWeight(what: string, weight: unknown): { weight?: number } {
  return weight === undefined ? {} : { weight: checkedNumber(`${what}.weight`, weight) }
}

/**
 * Names the entry, which the ring does not. @throws ERR_HYPERCACHE_INVALID_PLAN, ERR_HYPERCACHE_OUT_OF_RANGE.
 */
function checkEntries({ add = [], remove = [], update = [] }: PlanRequest): void {
  if (add.length + remove.length + update.length === 0) {
    const message = 'the plan asks for nothing; it must have nodes to add, ids to remove, or updates'
    throw new HyperCacheError('ERR_HYPERCACHE_INVALID_PLAN', message)
  }
  for (const [part, entries] of Object.entries({ add, update })) {
    for (const [index, { weight = 1 }] of entries.entries()) {
      if (Number.isFinite(weight) && weight > 0) continue
      const message = `${part}[${index}].weight is ${weight}; it must be a finite number above 0`
      throw new HyperCacheError('ERR_HYPERCACHE_OUT_OF_RANGE', message)
    }
  }
}

/** The most points that the ring could have after it. @throws ERR_HYPERCACHE_TOO_MANY_POINTS. */
function checkedPointCount(
  { config, routing }: CoordinatorService,
  { add = [], update = [] }: PlanRequest,
): number {
  const weights = [...add.map(({ weight = 1 }) => weight), ...update.map(({ weight = 0 }) => weight)]
  const added = weights.reduce((sum, weight) => sum + weight, 0) * config.cluster.hashRing.virtualNodeCount
  const count = routing.ring.pointCount + Math.round(added)
  if (!(count > POINTS_MAX)) return count
  const most = grouped(POINTS_MAX)
  throw new HyperCacheError(
    'ERR_HYPERCACHE_TOO_MANY_POINTS',
    `the ring would have up to ${grouped(count)} points; over HTTP a plan may have at most ${most}`,
  )
}
