/** Random changes to be planned, and the nodes that they must lead to. */

import type { NodeSpec, PlannedChange, PlannedUpdate } from '../../dist/index.js'
import type { Random } from '../helpers/random.js'
import type { ModelNode } from './model.js'
import { type Subject, STATUSES, ZONES, randomId, randomSpec, noted } from './random-ring.js'

export interface RandomPlan {
  change: PlannedChange
  /** The nodes once it is made. */
  nodes: Map<string, ModelNode>
}

/** A change that asks for something, and is legal. */
export function randomPlan(random: Random, subject: Subject): RandomPlan {
  const { nodes, idCount } = subject
  const here = [...nodes.keys()]
  const fresh = Array.from({ length: random.below(3) }, () => randomId(random, idCount))
  const added = [...new Set(fresh)].filter((id) => !nodes.has(id)).map((id) => randomSpec(random, id))
  if (random.oneIn(4)) return setPlan(random, subject, added)
  const change: PlannedChange = {}
  const after = new Map(nodes)
  const gone = here.filter(() => random.oneIn(5))
  const updates = here
    .filter((id) => !gone.includes(id) && random.oneIn(3))
    .map((id) => randomUpdate(random, id))
  gone.forEach((id) => after.delete(id))
  for (const { id, weight, zone, status } of updates) {
    const node = after.get(id)!
    after.set(id, {
      id,
      weight: weight ?? node.weight,
      zone: zone === undefined ? node.zone : (zone ?? undefined),
      status: status ?? node.status,
    })
  }
  added.forEach((spec) => after.set(spec.id, noted(spec)))
  if (gone.length > 0) change.remove = new Set(gone)
  if (updates.length > 0) change.update = updates
  if (added.length > 0) change.add = added
  if (Object.keys(change).length === 0) return { change: { set: [...nodes.values()] }, nodes }
  return { change, nodes: after }
}

function randomUpdate(random: Random, id: string): PlannedUpdate {
  const kinds: PlannedUpdate[] = [
    { id, weight: random.pick([0.01, 0.5, 1, 2.25, 7]) },
    { id, zone: random.oneIn(3) ? null : random.pick(ZONES) },
    { id, status: random.pick(STATUSES) },
  ]
  return Object.assign({}, random.pick(kinds), random.oneIn(2) ? random.pick(kinds) : {})
}

/** The whole list: some stay as they are, some get another description, some go, some come. */
function setPlan(random: Random, { nodes }: Subject, added: NodeSpec[]): RandomPlan {
  const kept = [...nodes.values()]
    .filter(() => !random.oneIn(4))
    .map((node) => (random.oneIn(3) ? node : randomSpec(random, node.id)))
  const set = [...added, ...kept]
  // A status that is not given stays.
  const after = set.map((spec) => noted({ ...spec, status: spec.status ?? nodes.get(spec.id)?.status }))
  return { change: { set }, nodes: new Map(after.map((node) => [node.id, node])) }
}
