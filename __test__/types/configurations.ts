/** What the types of configurations promise, and what they refuse: compiled, never run. */

import {
  type ClusterConfig,
  type ClusterConfigInput,
  type GossipConfig,
  type ResolvedClusterConfig,
  type SerfConfig,
  SimpleCoordinator,
  loadClusterConfig,
  resolveClusterConfig,
  startCluster,
  validateClusterConfig,
} from '../../dist/index.js'

export function configurations(config: ClusterConfig, resolved: ResolvedClusterConfig) {
  config.cluster.hashRing.hashSeed satisfies bigint
  config.cluster.membership satisfies 'simple' | 'gossip' | 'serf'
  config.cluster.encryptionKeys satisfies readonly string[] | undefined
  config.cluster.gossip satisfies GossipConfig
  config.cluster.gossip.probeIntervalSeconds satisfies number
  config.cluster.serf satisfies SerfConfig
  config.cluster.serf.rpcAddress satisfies string
  config.http.token satisfies string | undefined
  resolved.config satisfies ClusterConfig
  resolved.origins['cluster.node_id'] satisfies string | undefined
  validateClusterConfig(JSON.parse('{}')) satisfies ClusterConfig
  loadClusterConfig() satisfies ClusterConfig
  loadClusterConfig({ path: 'a.yaml' }, { env: {}, overrides: { 'http.port': 0 } }) satisfies ClusterConfig
  // @ts-expect-error -- read only
  config.http.port = 1
  // @ts-expect-error -- read only throughout
  config.cluster.seeds.push('a:1')
  // @ts-expect-error -- may be absent
  config.cluster.zone satisfies string
  // @ts-expect-error -- there is no consensus in this version
  config.cluster.consensusEnabled satisfies true
  // @ts-expect-error -- a path or a text, not both
  loadClusterConfig({ path: 'a.yaml', txt: '' })
  // @ts-expect-error -- no such option
  resolveClusterConfig('a.yaml', { environment: {} })
}

export async function writtenConfigurations(config: ClusterConfig) {
  config satisfies ClusterConfigInput
  const seeds = ['a:1'] as const
  await startCluster({ cluster: { nodeId: 'x', seeds, zone: undefined, metadata: { rack: 'r7' } } })
  await startCluster({ cluster: { membership: 'gossip', gossip: { gossipFanout: 4 }, serf: {} } })
  for (const hashSeed of [7n, 7, '7']) await startCluster({ cluster: { hashRing: { hashSeed } } })
  await startCluster(config)
  new SimpleCoordinator({ http: { port: 0 } })
  // @ts-expect-error -- nodeId
  await startCluster({ cluster: { nodeID: 'x' } })
  // @ts-expect-error -- a number
  await startCluster({ http: { port: '8080' } })
  // @ts-expect-error -- one of the presets
  new SimpleCoordinator({ cluster: { preset: 'man' } })
  // @ts-expect-error -- one of the three
  await startCluster({ cluster: { membership: 'raft' } })
  // @ts-expect-error -- a list
  await startCluster({ cluster: { encryptionKeys: 'a' } })
  // @ts-expect-error -- a text
  await startCluster({ cluster: { metadata: { rack: 7 } } })
}
