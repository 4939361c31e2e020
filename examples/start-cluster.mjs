// A node: who is in the cluster, who owns a key, what a change would move.

import { startCluster } from '@hypercache/cluster'

const coordinator = await startCluster({ cluster: { nodeId: 'node1' } })
const { routing, membership, events } = coordinator

events.subscribe('ring:changed', ({ payload }) => {
  console.log(`version ${payload.version}: ${(payload.movedShare * 100).toFixed(1)} % of the keys moved`)
})

console.log('members:', membership.members().map(({ id, status }) => `${id} (${status})`).join(', '))
console.log('user:42 is owned by', routing.routeKey('user:42'), routing.isLocal('user:42') ? '(here)' : '')

// Nothing has happened yet: a plan says what would.
const plan = coordinator.planRebalance({ add: ['node2'] })
console.log(`node2 would take ${(plan.movedShare * 100).toFixed(1)} % of the keys`)
plan.apply()
console.log('user:42 is owned by', routing.routeKey('user:42'))

await coordinator.close()
