// The lookup cache remembers tokens of keys, where hashing costs more than remembering. It never changes an answer.

import { startCluster } from '@hypercache/cluster'

for (const lookupCache of ['auto', 'on', 'off']) {
  const hashRing = { hashFunction: 'xxhash64', lookupCache, lookupCacheSize: 1_000 }
  const coordinator = await startCluster({ cluster: { nodeId: 'node1', hashRing } })
  for (let index = 0; index < 10; index += 1) coordinator.routing.routeKey('a hot key')
  const { hitCount, missCount } = coordinator.metrics().ring.cache
  console.log(`${lookupCache}: ${hitCount} hits, ${missCount} misses`)
  await coordinator.close()
}
