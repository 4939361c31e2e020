/**
 * What the public types promise, and what they refuse: compiled with everything else (`npm run types`), never
 * run.
 *
 * A line below `@ts-expect-error` must not compile; where it does, the compiler complains of the comment.
 */

import {
  type Distribution,
  type ErrorCode,
  type Explanation,
  HashRing,
  type HashRingOptions,
  HyperCacheError,
  type Key,
  type NodeChange,
  type NodeSpec,
  type NodeStatus,
  type PackedOwners,
  type RingNode,
  type RingPoint,
  type SetNodesResult,
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
] as const satisfies readonly HashRingOptions[]

export const changed = {} satisfies NodeChange

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
  // @ts-expect-error -- read only
  ring.epoch = 2
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
