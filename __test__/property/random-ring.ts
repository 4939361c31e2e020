/** Random rings, and random changes of them that are told to the ring and noted beside it. */

import { HashRing, type NodeChange, type NodeSpec, type NodeStatus } from '../../dist/index.js'
import type { Random } from '../helpers/random.js'
import { type ModelNode, type ModelOptions, byBytes, pointCountOf } from './model.js'

export const STATUSES: readonly NodeStatus[] = ['alive', 'suspected', 'dead', 'leaving', 'updating']
/** With one that UTF-16 sorts before, and UTF-8 after, another. */
export const ZONES = ['z', 'zone-2', 'ü', '\uff61', '\u{1f310}']
const WEIGHTS = [1e-9, 0.01, 0.5, 1, 1, 1, 1.5, 2.25, 7]
const PREFIXES = ['n', 'node:', 'ü', '\uff61', '\u{1f310}', 'a:0', 'x'.repeat(40)]

export interface Subject {
  ring: HashRing
  options: ModelOptions
  /** What the ring's nodes are to be. */
  nodes: Map<string, ModelNode>
  idCount: number
}

export function randomOptions(random: Random): ModelOptions {
  const hashFunction = random.oneIn(4) ? 'sha256' : 'xxhash64'
  const isSeeded = hashFunction === 'xxhash64' && random.oneIn(2)
  return {
    virtualNodeCount: random.pick([1, 1, 2, 3, 8, 21]),
    hashFunction,
    hashSeed: isSeeded ? (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32)) : 0n,
    routableStatuses: random.oneIn(2)
      ? ['alive', 'suspected', 'updating']
      : [random.pick(STATUSES), ...STATUSES.filter(() => random.oneIn(2))],
    zoneAware: random.oneIn(2),
  }
}

/** An id of any script; of `idCount` different ones. */
export const randomId = (random: Random, idCount: number) => {
  const number = random.below(idCount)
  return `${PREFIXES[number % PREFIXES.length]!}${number}`
}

export function randomSpec(random: Random, id: string): NodeSpec {
  return {
    id,
    weight: random.oneIn(2) ? undefined : random.pick(WEIGHTS),
    zone: random.oneIn(3) ? undefined : random.pick(ZONES),
    status: random.oneIn(2) ? undefined : random.pick(STATUSES),
    address: random.oneIn(3) ? '10.0.0.1:80' : undefined,
    metadata: random.oneIn(3) ? { rack: `${random.below(3)}` } : undefined,
  }
}

export const noted = ({ id, weight = 1, zone, status = 'alive' }: NodeSpec): ModelNode => ({
  id,
  weight,
  zone,
  status,
})

export function randomRing(random: Random, nodeCountMax = 12): Subject {
  const options = randomOptions(random)
  const idCount = nodeCountMax + 4
  const count = random.below(nodeCountMax + 1)
  const ids = new Set(Array.from({ length: count }, () => randomId(random, idCount)))
  const specs = Array.from(ids, (id) => randomSpec(random, id))
  const nodes = new Map(specs.map((spec) => [spec.id, noted(spec)]))
  const given = specs.map((spec) => (Object.keys(spec).length === 1 ? spec.id : spec))
  return { ring: new HashRing({ ...options, nodes: given }), options, nodes, idCount }
}

/** Everything of the nodes that can change an answer. */
export function placementOf({ nodes, options }: Subject): string {
  const routable = [...nodes.values()].filter(({ status }) => options.routableStatuses.includes(status))
  const lines = routable.map((node) => [
    node.id,
    pointCountOf(node, options),
    ...(options.zoneAware ? [node.zone ?? null] : []),
  ])
  return JSON.stringify(lines.sort(([one], [other]) => byBytes(String(one), String(other))))
}

/** Makes one random change that must succeed, and notes it. Answers its name. */
export function changeSomehow(random: Random, subject: Subject): string {
  const { ring, nodes, idCount } = subject
  const here = [...nodes.keys()]
  const fresh = Array.from({ length: 1 + random.below(3) }, () => randomId(random, idCount))
  const added = [...new Set(fresh)].filter((id) => !nodes.has(id)).map((id) => randomSpec(random, id))
  const kind = random.below(here.length === 0 ? 2 : 7)
  if (kind === 0) {
    if (added.length === 1) ring.addNode(added[0]!)
    else ring.addNodes(added)
    for (const spec of added) nodes.set(spec.id, noted(spec))
    return 'add'
  }
  if (kind === 1) return setSomehow(random, subject, added)
  const id = random.pick(here)
  const node = nodes.get(id)!
  if (kind === 2) {
    const gone = new Set([id, ...here.filter(() => random.oneIn(4))])
    if (gone.size === 1) ring.removeNode(id)
    else ring.removeNodes(gone)
    gone.forEach((each) => nodes.delete(each))
    return 'remove'
  }
  if (kind === 3) {
    ring.updateNodeLoad(id, random.below(101) / 100)
    return 'load'
  }
  if (kind === 4) {
    node.status = random.pick(STATUSES)
    ring.setNodeStatus(id, node.status)
    return 'status'
  }
  const change: NodeChange = {}
  if (random.oneIn(2)) node.weight = change.weight = random.pick(WEIGHTS)
  if (random.oneIn(2)) node.zone = (change.zone = random.oneIn(3) ? null : random.pick(ZONES)) ?? undefined
  if (random.oneIn(3)) node.status = change.status = random.pick(STATUSES)
  if (random.oneIn(3)) change.metadata = random.oneIn(2) ? null : { rack: `${random.below(3)}` }
  ring.updateNode(id, change)
  return 'update'
}

/** Sets the list: some stay as they are, some get another description, some go, some come. */
function setSomehow(random: Random, { ring, nodes }: Subject, added: NodeSpec[]): string {
  const kept = [...nodes.keys()].filter(() => !random.oneIn(4)).map((id) => randomSpec(random, id))
  const specs = [...added, ...kept]
  ring.setNodes(specs)
  const before = new Map(nodes)
  nodes.clear()
  for (const spec of specs) {
    // A status that is not given stays.
    nodes.set(spec.id, noted({ ...spec, status: spec.status ?? before.get(spec.id)?.status }))
  }
  return 'set'
}

/** Calls that must be refused, whatever the ring. */
export function refusedCalls(random: Random, { ring, nodes }: Subject): (() => unknown)[] {
  const here = [...nodes.keys()]
  const known = here.length > 0 ? random.pick(here) : undefined
  const good = { id: 'new', weight: 2 }
  const general = [
    () => ring.addNodes([good, 'new']),
    () => ring.addNodes([good, { id: 'bad', weight: -1 }]),
    () => ring.addNodes([good, { id: 'bad', status: 'gone' as NodeStatus }]),
    () => ring.addNode({ id: 'bad', zone: '' }),
    () => ring.addNode({ id: 'bad', weight: 1e300 }),
    () => ring.addNode('bad\n'),
    () => ring.removeNode('nowhere'),
    () => ring.removeNodes([...here, 'nowhere']),
    () => ring.updateNode('nowhere', { weight: 2 }),
    () => ring.updateNodeLoad('nowhere', 0),
    () => ring.setNodes([good, good]),
    () => ring.setNodes([{ ...good, weight: 0 }]),
    () => ring.setNodes([good, { id: '' }]),
  ]
  if (known === undefined) return general
  return [
    ...general,
    () => ring.addNodes([good, known]),
    () => ring.removeNodes([known, known]),
    () => ring.updateNode(known, { status: 'dead', weight: NaN }),
    () => ring.updateNode(known, { zone: 'other', address: 'x'.repeat(256) }),
    () => ring.updateNode(known, { zone: 'other', extra: 1 } as NodeChange),
    () => ring.setNodeStatus(known, 'up' as NodeStatus),
    () => ring.updateNodeLoad(known, 1.5),
  ]
}
