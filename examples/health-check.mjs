// A health check of your own: while it fails, the node is not ready.

import { startCluster } from '@hypercache/cluster'

const coordinator = await startCluster({ cluster: { nodeId: 'node1' } })
const watching = coordinator.events.subscribe('health:changed', ({ payload }) => {
  console.log(payload.isReady ? 'ready' : `not ready: ${payload.reasons.join('; ')}`)
})

// It fails where it throws, rejects, answers false, or takes longer than timeoutMs.
const store = { isConnected: true }
coordinator.registerHealthCheck(
  'store',
  () => {
    if (!store.isConnected) throw new Error('no connection')
    return 'connected'
  },
  { timeoutMs: 500 },
)

await coordinator.health()
store.isConnected = false
await coordinator.health()
store.isConnected = true
await coordinator.health()

watching.close()
await coordinator.close()
