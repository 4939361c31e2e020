// A hash function of your own: from bytes to a token, 0n to 2^64 − 1. Every process must use the same.

import { createHash } from 'node:crypto'
import { startCluster } from '@hypercache/cluster'

const blake2b = (bytes) => createHash('blake2b512').update(bytes).digest().readBigUInt64BE()

const coordinator = await startCluster({ cluster: { nodeId: 'node1' } }, { hashFunction: blake2b })
coordinator.routing.ring.addNode('node2')
console.log('user:42 →', coordinator.routing.routeKey('user:42'))
console.log('user:43 →', coordinator.routing.routeKey('user:43'))

await coordinator.close()
