// What the installed packages are for, in a few lines, run from the folder that has them: imported or required, both
// have to give the same objects, over one addon.

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
console.log(`packages passed on Node ${process.version}`)
