// Who of a key's replicas is asked. Placement stays as it is.

import { startCluster } from '@hypercache/cluster'

const coordinator = await startCluster({ cluster: { nodeId: 'node1', zone: 'east' } })
const { routing } = coordinator
routing.ring.addNodes([
  { id: 'node2', zone: 'west' },
  { id: 'node3', zone: 'east' },
])
routing.ring.updateNodeLoad('node1', 0.9)
routing.ring.updateNodeLoad('node2', 0.2)
routing.ring.updateNodeLoad('node3', 0.5)

const key = 'user:42'
console.log('replicas:', routing.getReplicas(key).join(', '))
for (const selection of ['first', 'leastLoaded', 'sameZoneFirst']) {
  console.log(`${selection}:`, routing.selectReplica(key, selection))
}

// One of your own: it gets the replicas, owner first, and answers the id of one.
const furthest = (replicas) => replicas.at(-1).id
console.log('the last:', routing.selectReplica(key, furthest))

await coordinator.close()
