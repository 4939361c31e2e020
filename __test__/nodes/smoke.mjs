// What the package is for, in a few lines, without a test runner: any Node that can load the addon can run this.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { HashRing, HyperCacheError } from '../../dist/index.js'

const required = createRequire(import.meta.url)('../../dist/index.js')
assert.equal(required.HashRing, HashRing)

const ring = new HashRing({ nodes: ['node1', 'node2', 'node3'] })
assert.equal(ring.getNode('key:0'), 'node2')
assert.equal(ring.getNode(Buffer.from('key:0')), 'node2')
assert.equal(ring.getReplicas('key:0').length, 3)
assert.match(ring.checksum, /^[0-9a-f]{16}$/)

ring.removeNode('node2')
assert.notEqual(ring.getNode('key:0'), 'node2')

assert.throws(
  () => new HashRing({ nodes: [''] }),
  (error) => error instanceof HyperCacheError && error.code === 'ERR_HYPERCACHE_INVALID_TEXT',
)

ring.close()
ring[Symbol.dispose]?.()
assert.throws(() => ring.getNode('key:0'), { code: 'ERR_HYPERCACHE_RING_CLOSED' })
console.log(`smoke test passed on Node ${process.version}`)
