/**
 * What users write: programs to run and programs to compile, as text, for they belong into the user's folder.
 */

/** Loads the package in both ways and says which classes it got. */
export const modules = `
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as imported from '@hypercache/cluster'
import { HashRing, HyperCacheError } from '@hypercache/cluster'

const required = createRequire(import.meta.url)('@hypercache/cluster')
assert.equal(required.HashRing, HashRing)
assert.equal(required.HyperCacheError, HyperCacheError)
assert.equal(imported.HashRing, HashRing)
const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
console.log(ring.getNode('key:0'), ring.getReplicas('key:0').length, ring.checksum)
ring.close()
`

/** The same from CommonJS. */
export const commonJs = `
'use strict'
const { HashRing } = require('@hypercache/cluster')
const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
console.log(ring.getNode('key:0'), ring.getReplicas('key:0').length, ring.checksum)
ring.close()
`

/** A strict program that names each kind of thing the types have. */
export const typed = `
import { HashRing, HyperCacheError } from '@hypercache/cluster'
import type {
  ErrorCode, HashFunction, HashRingOptions, MovedKeys, MovementPlan, NodeStatus, RingMetrics, RingNode,
} from '@hypercache/cluster'

const options: HashRingOptions = {
  nodes: ['node1', { id: 'node2', weight: 2, zone: 'a', status: 'suspected' }],
  virtualNodeCount: 128,
  replicationFactor: 2,
  hashFunction: 'xxhash64',
  hashSeed: 7n,
  zoneAware: true,
}
const ring: HashRing = new HashRing(options)
const owner: string = ring.getNode('key:0')
const ofBytes: string = ring.getNode(new Uint8Array([1, 2, 3]))
const replicas: string[] = ring.getReplicas(owner + ofBytes, 2)
const checksum: string = ring.checksum
const node: RingNode | undefined = ring.node('node1')
const status: NodeStatus = 'alive'
export const isClosed: (error: unknown) => boolean = (error) => {
  const code: ErrorCode = 'ERR_HYPERCACHE_RING_CLOSED'
  return error instanceof HyperCacheError && error.code === code
}
const hashFunction: HashFunction = (bytes) => BigInt(bytes.length)
const plan: MovementPlan = ring.plan({ update: [{ id: 'node2', weight: 3, zone: null }] }, { replicas: 2 })
const moved: MovedKeys = plan.analyze([owner, new Uint8Array(1)])
const movedLater: Promise<MovedKeys> = plan.analyze((async function* () { yield owner })())
for (const { start, end, from, to } of plan.ranges()) console.log(end - start, from ?? 'nobody', to)
const metrics: RingMetrics = new HashRing({ hashFunction, lookupCache: 'on' }).getMetrics()
ring.acquire(ring.getNodeBounded(owner, { maxLoadFactor: 1.5 }))
const watch = ring.watch(({ version, movedArc }) => console.log(version, movedArc))
// @ts-expect-error a key is text or bytes
ring.getNode(42)
// @ts-expect-error no such status
export const wrong: NodeStatus = 'unwell'
watch.close()
ring[Symbol.dispose]()
ring.close()
export const all = [replicas, checksum, node, status, moved, movedLater, metrics, watch]
`

const strict = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  lib: ['es2022'],
  // Not one is named: what the declarations need of Node they have to ask for themselves.
  types: [],
  noEmit: true,
}

/** How users compile: by the rules of Node from both kinds of module, and for a bundler. */
export const projects = [
  {
    name: 'node16',
    files: ['main.cts', 'main.mts'],
    compilerOptions: { ...strict, module: 'node16', moduleResolution: 'node16' },
  },
  {
    name: 'bundler',
    files: ['main.ts'],
    compilerOptions: { ...strict, module: 'esnext', moduleResolution: 'bundler' },
  },
]
