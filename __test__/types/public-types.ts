/**
 * What the public types promise, and what they refuse: compiled with everything else (`npm run types`), never
 * run.
 *
 * A line below `@ts-expect-error` must not compile; where it does, the compiler complains of the comment.
 */

import {
  type BoundedOptions,
  type CacheMetrics,
  type CoordinatorService,
  type Distribution,
  type ErrorCode,
  type ExplainedNode,
  type Explanation,
  type HashFunction,
  type HashFunctionName,
  HashRing,
  type HashRingOptions,
  type HttpServer,
  HyperCacheError,
  type Key,
  type KeyTransfer,
  type MovedKeys,
  type MovedRange,
  type Movement,
  type MovementPlan,
  type NodeChange,
  type NodeKeys,
  type NodeOwnership,
  type NodeSpec,
  type NodeStatus,
  type PackedKeys,
  type PackedOwners,
  type PlanOptions,
  type PlanAnswer,
  type PlannedChange,
  type PlannedUpdate,
  type RingAnswer,
  type RingChange,
  type RingMetrics,
  type RingNode,
  type RingOwnership,
  type RingPoint,
  type SetNodesResult,
  type SkippedNode,
  type StopWatching,
  type Transfer,
  type WatchOptions,
  startHttpServer,
} from '../../dist/index.js'

/** Compiles only where both types are the same, `any` and `never` included. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : 'these types differ'

const isSame = <A, B>(_: Same<A, B>) => undefined

export function allowed(ring: HashRing, text: string, bytes: Buffer) {
  isSame<Key, string | Uint8Array>(true)
  isSame<NodeStatus, 'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'>(true)
  isSame<ReturnType<HashRing['getNode']>, string>(true)
  isSame<ReturnType<HashRing['getReplicas']>, string[]>(true)
  isSame<ReturnType<HashRing['getNodeBatch']>, string[]>(true)
  isSame<ReturnType<HashRing['node']>, RingNode | undefined>(true)
  isSame<ReturnType<HashRing['explain']>, Explanation>(true)
  isSame<ReturnType<HashRing['analyzeDistribution']>, Distribution>(true)
  isSame<ReturnType<HashRing['setNodes']>, SetNodesResult>(true)
  isSame<ReturnType<HashRing['addNode']>, void>(true)
  isSame<ConstructorParameters<typeof HashRing>, [options?: HashRingOptions]>(true)
  isSame<HyperCacheError['code'], ErrorCode>(true)
  isSame<RingPoint['token'], bigint>(true)
  isSame<PackedOwners['slots'] extends Int32Array ? true : false, true>(true)

  ring.getNode(text) satisfies string
  ring.getNode(bytes)
  ring.getReplicas(bytes, 5)
  ring.getNodeBatch([text, bytes])
  ring.getNodeBatch(new Set([text]))
  ring.getNodeBatch([text] as readonly string[])
  ring.getNodeBatchPacked({ bytes, offsets: Uint32Array.of(0) })
  ring.getNodeBatchPacked({ bytes, offsets: Int32Array.of(0) })
  ring.addNodes(new Map([[text, { id: text }]]).values())
  ring.updateNode(text, { zone: null, address: null, capabilities: null, metadata: null })
  ring[Symbol.dispose]() satisfies void
  const error: Error = new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_NODE', text)
  return error
}

export function allowedMovement(ring: HashRing, text: string, keys: AsyncIterable<Key>) {
  isSame<Parameters<HashRing['plan']>, [change: PlannedChange, options?: PlanOptions]>(true)
  isSame<ReturnType<HashRing['plan']>, MovementPlan>(true)
  isSame<ReturnType<(typeof HashRing)['diff']>, Movement>(true)
  isSame<ReturnType<HashRing['ownership']>, NodeOwnership[]>(true)
  isSame<NodeOwnership['arc' | 'homeArc'], bigint>(true)
  isSame<NodeOwnership['share' | 'fairShare'], number>(true)
  isSame<Movement['movedArc'], bigint>(true)
  isSame<Movement['movedShare' | 'idealShare'], number>(true)
  isSame<Movement['transfers'], readonly Readonly<Transfer>[]>(true)
  isSame<Movement['copies'], readonly Readonly<MovedRange>[] | undefined>(true)
  isSame<Movement['before' | 'after'], RingOwnership>(true)
  isSame<ReturnType<Movement['ranges']>, IterableIterator<MovedRange>>(true)
  isSame<ReturnType<Movement['ownerChange']>, { from: string | null; to: string | null } | undefined>(true)
  isSame<MovedRange['start' | 'end'], bigint>(true)
  isSame<Transfer['arc'], bigint>(true)
  isSame<MovedRange['from' | 'to'], string | null>(true)
  isSame<Transfer['from' | 'to'], string | null>(true)
  isSame<KeyTransfer['from' | 'to'], string | null>(true)
  isSame<MovedKeys['transfers'], KeyTransfer[]>(true)
  isSame<RingOwnership['ownership'], readonly Readonly<NodeOwnership>[]>(true)

  const plan = ring.plan({ add: [text, { id: text }], remove: new Set([text]) }, { replicas: 3 })
  ring.plan({ update: [{ id: text, zone: null, weight: 2, status: 'dead' }] as const })
  ring.plan({ set: new Map([[text, { id: text }]]).values(), add: undefined }, { replicas: undefined })
  plan satisfies Movement
  plan.apply() satisfies void
  plan.analyze([text, Buffer.from(text)]) satisfies MovedKeys
  plan.analyze(new Set<Key>()) satisfies MovedKeys
  void (plan.analyze(keys) satisfies Promise<MovedKeys>)
  for (const { start, end } of plan.ranges()) void (end - start)
}

export function allowedCounts(ring: HashRing, text: string, bytes: Buffer) {
  isSame<ReturnType<HashRing['getMetrics']>, RingMetrics>(true)
  isSame<RingMetrics['nodesByStatus'], Record<NodeStatus, number>>(true)
  isSame<RingMetrics['cache'], CacheMetrics>(true)
  isSame<CacheMetrics[keyof CacheMetrics], number>(true)
  isSame<RingNode['inFlightCount'], number>(true)
  isSame<Parameters<HashRing['getNodeBounded']>, [key: Key, options?: BoundedOptions]>(true)
  isSame<ReturnType<HashRing['getNodeBounded']>, string>(true)
  isSame<ReturnType<HashRing['acquire']>, void>(true)
  isSame<ReturnType<HashRing['release']>, boolean>(true)
  isSame<HashFunction, (bytes: Uint8Array) => bigint>(true)
  isSame<HashFunctionName, 'xxhash64' | 'sha256'>(true)
  isSame<Distribution['nodes'], NodeKeys[]>(true)
  isSame<Explanation['replicas'], ExplainedNode[]>(true)
  isSame<Explanation['skipped'], SkippedNode[]>(true)
  isSame<SkippedNode['reason'], 'status' | 'zone'>(true)
  isSame<Parameters<HashRing['getNodeBatchPacked']>, [keys: PackedKeys]>(true)

  ring.getNodeBounded(bytes, { maxLoadFactor: 2 })
  ring.getNodeBounded(text, { maxLoadFactor: undefined })
  new HashRing({ hashFunction: () => 0n, lookupCache: 'on', lookupCacheSize: 0 })
}

export function allowedWatches(ring: HashRing, signal: AbortSignal) {
  isSame<ReturnType<HashRing['handle']>, string>(true)
  isSame<ReturnType<(typeof HashRing)['attach']>, HashRing>(true)
  isSame<RingChange['transfers'], readonly Readonly<Transfer>[]>(true)
  isSame<RingChange['movedArc' | 'otherArc'], bigint>(true)

  const stop: StopWatching = ring.watch((change) => change satisfies RingChange, { signal })
  stop() satisfies void
  stop.close()
  stop[Symbol.dispose]()
  const options: WatchOptions = { signal: undefined, queueLimit: 5 }
  ring.watch(options) satisfies AsyncIterableIterator<RingChange>
  return ring.watch() satisfies AsyncIterableIterator<RingChange>
}

/** Absent, `undefined` and read-only are all fine, with and without exactOptionalPropertyTypes. */
export const described = {
  id: 'a',
  address: undefined,
  weight: undefined,
  zone: undefined,
  status: undefined,
  capabilities: ['ssd'] as const,
  metadata: { rack: '1' } as const,
} satisfies NodeSpec

export const options = [
  {},
  { nodes: ['a', { id: 'b' }], routableStatuses: new Set<NodeStatus>(['alive']) },
  { nodes: undefined, virtualNodeCount: undefined, hashSeed: undefined, zoneAware: undefined },
  { hashFunction: 'sha256', hashSeed: 0n, replicationFactor: 2, zoneAware: true },
  { hashFunction: (bytes: Uint8Array) => BigInt(bytes.length) },
  { hashFunction: undefined, lookupCache: undefined, lookupCacheSize: undefined },
] as const satisfies readonly HashRingOptions[]

export const changed = {} satisfies NodeChange

export const planned = [
  {},
  { add: undefined, remove: undefined, update: undefined, set: undefined },
  { update: [{ id: 'a', weight: undefined, zone: null, status: 'alive' } satisfies PlannedUpdate] },
] as const satisfies readonly PlannedChange[]

export function refusedOptions() {
  // @ts-expect-error -- no such option
  new HashRing({ vnodes: 1 })
  // @ts-expect-error -- a bigint
  new HashRing({ hashSeed: 1 })
  // @ts-expect-error -- a number
  new HashRing({ virtualNodeCount: '256' })
  // @ts-expect-error -- not null
  new HashRing({ replicationFactor: null })
  // @ts-expect-error -- no such function
  new HashRing({ hashFunction: 'md5' })
  // @ts-expect-error -- no such status
  new HashRing({ routableStatuses: ['up'] })
  // @ts-expect-error -- a list, not one
  new HashRing({ routableStatuses: 'alive' })
  // @ts-expect-error -- ids, or descriptions with one
  new HashRing({ nodes: [{ weight: 2 }] })
  // @ts-expect-error -- a list of ids is no options
  new HashRing(['a'])
  // @ts-expect-error -- not null
  new HashRing(null)
}

export function refusedHashes() {
  // @ts-expect-error -- a bigint, not a number
  new HashRing({ hashFunction: () => 5 })
  // @ts-expect-error -- bytes, not text
  new HashRing({ hashFunction: (key: string) => BigInt(key.length) })
  // @ts-expect-error -- not later
  new HashRing({ hashFunction: async () => Promise.resolve(1n) })
  // @ts-expect-error -- no such word
  new HashRing({ lookupCache: true })
  // @ts-expect-error -- a number
  new HashRing({ lookupCacheSize: '10' })
}

export function refusedMovement(ring: HashRing, plan: MovementPlan, movement: Movement) {
  // @ts-expect-error -- a change
  ring.plan()
  // @ts-expect-error -- a list
  ring.plan({ add: { id: 'a' } })
  // @ts-expect-error -- ids, not descriptions
  ring.plan({ remove: [{ id: 'a' }] })
  // @ts-expect-error -- with an id
  ring.plan({ update: [{ weight: 2 }] })
  // @ts-expect-error -- only weight, zone and status place
  ring.plan({ update: [{ id: 'a', address: 'h:1' }] })
  // @ts-expect-error -- null does not clear a weight
  ring.plan({ update: [{ id: 'a', weight: null }] })
  // @ts-expect-error -- no such part
  ring.plan({ change: [] })
  // @ts-expect-error -- a number
  ring.plan({ add: ['a'] }, { replicas: '3' })
  // @ts-expect-error -- two rings
  HashRing.diff(ring)
  // @ts-expect-error -- a comparison cannot be applied
  movement.apply()
  // @ts-expect-error -- one key is no list of keys
  void plan.analyze(5)
  // @ts-expect-error -- keys are strings or bytes
  void plan.analyze([5])
  // @ts-expect-error -- read only
  plan.movedArc = 0n
  // @ts-expect-error -- read only
  plan.transfers.push()
  // @ts-expect-error -- may be nobody
  plan.transfers[0]!.from satisfies string
  // @ts-expect-error -- may be absent
  plan.copies.length satisfies number
  // @ts-expect-error -- may stay where it is
  plan.ownerChange('key').from satisfies string
  // @ts-expect-error -- no number: it does not fit
  ring.ownership()[0]!.arc satisfies number
}

export function refusedCalls(ring: HashRing) {
  // @ts-expect-error -- no key
  ring.getNode()
  // @ts-expect-error -- a string or bytes
  ring.getNode(5)
  // @ts-expect-error -- other typed arrays are no keys
  ring.getNode(new Uint8ClampedArray(1))
  // @ts-expect-error -- bytes, not their buffer
  ring.getNode(new ArrayBuffer(1))
  // @ts-expect-error -- a number
  ring.getReplicas('key', '3')
  // @ts-expect-error -- keys are strings or bytes
  ring.getNodeBatch([1])
  // @ts-expect-error -- packed keys need offsets
  ring.getNodeBatchPacked({ bytes: new Uint8Array() })
  // @ts-expect-error -- offsets are integers of 32 bits
  ring.getNodeBatchPacked({ bytes: new Uint8Array(), offsets: new Float64Array(1) })
  // @ts-expect-error -- a number, and null does not clear it
  ring.updateNode('a', { weight: null })
  // @ts-expect-error -- null does not clear a status
  ring.updateNode('a', { status: null })
  // @ts-expect-error -- the id cannot change
  ring.updateNode('a', { id: 'b' })
  // @ts-expect-error -- not null in a description
  ring.addNode({ id: 'a', zone: null })
  // @ts-expect-error -- no such field
  ring.addNode({ id: 'a', port: 80 })
  // @ts-expect-error -- no such status
  ring.setNodeStatus('a', 'up')
  // @ts-expect-error -- values are strings
  ring.addNode({ id: 'a', metadata: { rack: 1 } })
  // @ts-expect-error -- ids, not descriptions
  ring.removeNodes([{ id: 'a' }])
  // @ts-expect-error -- an object of options
  ring.getNodeBounded('key', 1.25)
  // @ts-expect-error -- no such option
  ring.getNodeBounded('key', { factor: 2 })
  // @ts-expect-error -- a number, not null
  ring.getNodeBounded('key', { maxLoadFactor: null })
  // @ts-expect-error -- an id
  ring.acquire({ id: 'a' })
  // @ts-expect-error -- a function or options
  ring.watch('change')
  // @ts-expect-error -- a handle
  HashRing.attach(ring)
  // @ts-expect-error -- read only
  ring.version = 2
  // @ts-expect-error -- read only
  ring.nodeCount = 2
}

export function refusedAnswers(ring: HashRing, error: HyperCacheError) {
  // @ts-expect-error -- may be undefined
  ring.node('a').id satisfies string
  // @ts-expect-error -- never undefined
  ring.getNode('key') satisfies undefined
  // @ts-expect-error -- may be absent
  ring.nodes()[0]!.zone satisfies string
  // @ts-expect-error -- no such code
  error.code satisfies 'ERR_HYPERCACHE_NO_SUCH_CODE'
  // @ts-expect-error -- read only
  error.code = 'ERR_HYPERCACHE_UNKNOWN_NODE'
  // @ts-expect-error -- the native side is private
  ring.native satisfies object
}

export async function served(coordinator: CoordinatorService, ring: RingAnswer, plan: PlanAnswer) {
  isSame<ReturnType<typeof startHttpServer>, Promise<HttpServer>>(true)
  const server = await startHttpServer(coordinator, { port: 0, logger: console })
  server.url satisfies string
  server.port satisfies number
  await server.close()
  plan.before.nodes satisfies readonly { id: string; share: number }[]
  // @ts-expect-error -- the address is that of the configuration
  await startHttpServer(coordinator, { host: '0.0.0.0' })
  // @ts-expect-error -- a coordinator
  await startHttpServer({ port: 8080 })
  // @ts-expect-error -- read only
  server.port = 1
  // @ts-expect-error -- absent where the placement is secret
  ring.slices satisfies number[]
}
