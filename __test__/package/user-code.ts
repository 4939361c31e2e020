/**
 * What users write: programs to run and programs to compile, as text, for they belong into the user's folder.
 */

/** Loads both packages in both ways: all have to give the same objects, over one addon. */
export const modules = `
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as cluster from '@hypercache/cluster'
import * as ring from '@hypercache/ring'
import { HashRing as OfCluster, RingRouting } from '@hypercache/cluster'
import { HashRing, HyperCacheError } from '@hypercache/ring'

const require = createRequire(import.meta.url)
const names = Object.keys(ring).filter((name) => name !== 'default' && name !== 'module.exports')
assert.deepEqual(names, ['HashRing', 'HyperCacheError'])
for (const name of names) {
  for (const other of [cluster, require('@hypercache/ring'), require('@hypercache/cluster')]) {
    assert.equal(other[name], ring[name], name)
  }
}
const addons = Object.keys(require.cache).filter((file) => file.endsWith('.node'))
assert.equal(addons.length, 1)

// One table of handles, one class of error, and rings that the cluster takes.
const made = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
const attached = OfCluster.attach(made.handle())
made.removeNode('node3')
assert.equal(attached.nodeCount, 2)
attached.addNode('node3')
assert.throws(() => made.addNode('node3'), cluster.HyperCacheError)
assert.throws(() => cluster.validateClusterConfig({ cluster: { membership: 'none' } }), HyperCacheError)
const routing = new RingRouting({ localNodeId: 'node1', ring: made, isSeeded: true })
console.log(routing.routeKey('key:0'), attached.getReplicas('key:0').length, attached.checksum)
made.close()
attached.close()
`

/** Routes by the ring alone, and says which files that took. */
export const ringAlone = `
'use strict'
const { HashRing } = require('@hypercache/ring')
const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
console.log(ring.getNode('key:0'), ring.getReplicas('key:0').length, ring.checksum)
ring.close()
const files = Object.keys(require.cache).filter((file) => file !== __filename)
console.log(files.map((file) => file.split(/[\\\\/]/).slice(-2).join('/')).join(' '))
`

/** The first example of a document, as a program that fails where an answer is not what `// →` says. */
export function exampleIn(markdown: string): string {
  const [, code] = /^```js\n(.*?)^```$/ms.exec(markdown)!
  const checked = code!.replace(/^(.+?) \/\/ → (.+)$/gm, 'assert.deepEqual($1, $2)')
  return `import assert from 'node:assert/strict'\n${checked}`
}

/** A strict program that names each kind of thing the types of the ring have. */
export const typedRing = (name: string): string => `
import { HashRing, HyperCacheError } from '${name}'
import type {
  ErrorCode, HashFunction, HashRingOptions, MovedKeys, MovementPlan, NodeStatus, RingMetrics, RingNode,
} from '${name}'

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

/** A strict program that takes from one package what the other one wants. */
export const typedCluster = `
import { HashRing as OfCluster, RingRouting, startCluster, systemClock } from '@hypercache/cluster'
import type { Clock, ClusterConfigInput, CoordinatorService, MembershipProvider } from '@hypercache/cluster'
import { HashRing, HyperCacheError } from '@hypercache/ring'
import type { NodeStatus, RingChange } from '@hypercache/ring'

const ring: OfCluster = new HashRing({ nodes: ['node1'] })
const attached: HashRing = OfCluster.attach(ring.handle())
export const routing = new RingRouting({ localNodeId: 'node1', ring: attached, isSeeded: true })
export const clock: Clock = systemClock
const config: ClusterConfigInput = { cluster: { nodeId: 'node1' } }
const started: Promise<CoordinatorService> = startCluster(config)
started.then(
  (coordinator) => {
    const members: MembershipProvider = coordinator.membership
    const statuses: NodeStatus[] = members.members().map(({ status }) => status)
    coordinator.events.subscribe('ring:changed', ({ payload }) => {
      const change: Pick<RingChange, 'version'> = payload
      console.log(change.version, statuses)
    })
    // @ts-expect-error there is no such event
    coordinator.events.subscribe('ring:burnt', () => undefined)
  },
  (error: unknown) => console.log(error instanceof HyperCacheError && error.code),
)
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

/** How a user compiles, and the kinds of module that they write. */
export interface Project {
  name: string
  endings: string[]
  compilerOptions: object
}

/** By the rules of Node from both kinds of module, and for a bundler. */
export const projects: Project[] = [
  {
    name: 'node16',
    endings: ['.cts', '.mts'],
    compilerOptions: { ...strict, module: 'node16', moduleResolution: 'node16' },
  },
  {
    name: 'bundler',
    endings: ['.ts'],
    compilerOptions: { ...strict, module: 'esnext', moduleResolution: 'bundler' },
  },
]
