import { expect, test } from 'vitest'

import { loadClusterConfig } from '../../../dist/index.js'

const KEY = Buffer.alloc(32, 1).toString('base64')
const OTHER_KEY = Buffer.alloc(32, 255).toString('base64')

const TEXT = `
cluster:
  preset: wan
  node_id: n
  cluster_name: c
  bind_address: "::"
  bind_port: 1
  advertise_address: node1.internal
  advertise_port: 2
  seeds: ["a.b:1", "[::1]:65535"]
  weight: 0.5
  zone: z
  capabilities: [x, y]
  metadata: { rack: r7, __proto__: p, empty: "" }
  membership: gossip
  encryption_keys: [${KEY}, ${OTHER_KEY}]
  allow_unencrypted: false
  hash_ring:
    virtual_node_count: 1
    replication_factor: 65535
    hash_function: xxhash64
    hash_seed: 18446744073709551615
    lookup_cache: "off"
    lookup_cache_size: 0
    routable_statuses: [alive]
    zone_aware: true
  heartbeat_interval_seconds: 0.01
  failure_detection_timeout_seconds: 0.02
  stall_timeout_seconds: 0.02
  consensus_enabled: false
  snapshot_threshold: 5
  gossip:
    probe_interval_seconds: 0.02
    probe_timeout_seconds: 0.01
    indirect_probe_count: 1
    suspicion_multiplier: 1.5
    gossip_interval_seconds: 86400
    gossip_fanout: 64
    retransmit_multiplier: 20
    sync_interval_seconds: 0.5
    sync_timeout_seconds: 1
    seed_retry_max_seconds: 2
    leave_timeout_seconds: 3
    reap_after_seconds: 7776000
    divergence_seconds: 4
  serf: { rpc_address: "[::1]:1", rpc_auth_key: secret word }
http: { enabled: false, bind_address: 0.0.0.0, port: 0, token: abcdefghijklmnop, drain_seconds: 0.5 }
logging: { level: silent }
events: { log_size: 0, log_file: ./a b.jsonl, log_file_max_bytes: 1024, queue_limit: 1 }
`

const CONFIG = {
  cluster: {
    preset: 'wan',
    nodeId: 'n',
    clusterName: 'c',
    bindAddress: '::',
    bindPort: 1,
    advertiseAddress: 'node1.internal',
    advertisePort: 2,
    seeds: ['a.b:1', '[::1]:65535'],
    weight: 0.5,
    zone: 'z',
    capabilities: ['x', 'y'],
    metadata: JSON.parse('{ "rack": "r7", "__proto__": "p", "empty": "" }') as object,
    membership: 'gossip',
    encryptionKeys: [KEY, OTHER_KEY],
    allowUnencrypted: false,
    hashRing: {
      virtualNodeCount: 1,
      replicationFactor: 65535,
      hashFunction: 'xxhash64',
      hashSeed: 2n ** 64n - 1n,
      lookupCache: 'off',
      lookupCacheSize: 0,
      routableStatuses: ['alive'],
      zoneAware: true,
    },
    heartbeatIntervalSeconds: 0.01,
    failureDetectionTimeoutSeconds: 0.02,
    stallTimeoutSeconds: 0.02,
    consensusEnabled: false,
    snapshotThreshold: 5,
    gossip: {
      probeIntervalSeconds: 0.02,
      probeTimeoutSeconds: 0.01,
      indirectProbeCount: 1,
      suspicionMultiplier: 1.5,
      gossipIntervalSeconds: 86400,
      gossipFanout: 64,
      retransmitMultiplier: 20,
      syncIntervalSeconds: 0.5,
      syncTimeoutSeconds: 1,
      seedRetryMaxSeconds: 2,
      leaveTimeoutSeconds: 3,
      reapAfterSeconds: 7776000,
      divergenceSeconds: 4,
    },
    serf: { rpcAddress: '[::1]:1', rpcAuthKey: 'secret word' },
  },
  http: { enabled: false, bindAddress: '0.0.0.0', port: 0, token: 'abcdefghijklmnop', drainSeconds: 0.5 },
  logging: { level: 'silent' },
  events: { logSize: 0, logFile: './a b.jsonl', logFileMaxBytes: 1024, queueLimit: 1 },
}

test('every field has the value it was given, under its other name', () => {
  expect(loadClusterConfig(TEXT, { env: {} })).toEqual(CONFIG)
})
