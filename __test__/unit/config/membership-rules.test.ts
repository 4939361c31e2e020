import { describe, expect, test } from 'vitest'

import { loadClusterConfig, resolveClusterConfig } from '../../../dist/index.js'
import { problemsOf } from '../../helpers/config-problems.js'

const KEY = Buffer.alloc(32, 'key').toString('base64')
const OTHER_KEY = Buffer.alloc(32, 255).toString('base64')
const HOST = { hostName: 'h', addresses: [{ address: '10.0.0.1', isInternal: false }] }
const NO_ENV = { env: {}, host: HOST }

test('gossip that others can reach has a key, or somebody who says that it need not', () => {
  const open = 'cluster: { membership: gossip, bind_address: 0.0.0.0'
  expect(loadClusterConfig(`${open}, encryption_keys: [${KEY}] }`, NO_ENV).cluster.encryptionKeys).toEqual([
    KEY,
  ])
  const env = { HYPERCACHE_CLUSTER_ENCRYPTION_KEYS: `${KEY}, ${OTHER_KEY}` }
  expect(loadClusterConfig(`${open} }`, { env, host: HOST }).cluster.encryptionKeys).toEqual([KEY, OTHER_KEY])
  expect(loadClusterConfig(`${open}, allow_unencrypted: true }`, NO_ENV).cluster).not.toHaveProperty(
    'encryptionKeys',
  )
  for (const address of ['127.8.9.1', '::1', 'localhost'])
    expect(
      loadClusterConfig(`cluster: { membership: gossip, bind_address: "${address}" }`, NO_ENV).cluster
        .membership,
    ).toBe('gossip')
  // The agent listens, or nobody.
  for (const membership of ['serf', 'simple'])
    expect(
      loadClusterConfig(`cluster: { membership: ${membership}, bind_address: 0.0.0.0 }`, NO_ENV).cluster
        .membership,
    ).toBe(membership)
  const [lost] = problemsOf(() =>
    loadClusterConfig(open + ' }', { env: { HYPERCACHE_CLUSTER_ENCRYPTION_KEYS: '' }, host: HOST }),
  )
  expect(lost).toMatchObject({
    origin: 'HYPERCACHE_CLUSTER_ENCRYPTION_KEYS',
    path: 'cluster.encryption_keys',
  })
})

describe('warnings', () => {
  const gossip = (fields: string) => `cluster: { node_id: a, membership: gossip, ${fields} }`

  test.each([
    [
      `cluster: { node_id: a, encryption_keys: [${KEY}] }`,
      'cluster.encryption_keys are not used: membership simple contacts nobody',
    ],
    [
      `cluster: { node_id: a, membership: serf, encryption_keys: [${KEY}] }`,
      'cluster.encryption_keys are not used: membership serf leaves that to the agent',
    ],
    [
      gossip('serf: { rpc_auth_key: abc }'),
      'cluster.serf.rpc_auth_key is not used: it is for membership serf',
    ],
    [
      'cluster: { node_id: a, membership: serf, serf: { rpc_address: "10.0.0.1:7373" } }',
      'cluster.serf.rpc_address is 10.0.0.1:7373: the RPC of Serf is not encrypted',
    ],
    ['cluster: { membership: serf, preset: local }', 'cluster.node_id is not set'],
    [
      `cluster: { membership: gossip, preset: local, bind_address: 10.0.0.1, encryption_keys: [${KEY}] }`,
      'cluster.node_id is not set',
    ],
    [
      gossip('seeds: ["127.0.0.1:7946", "LOCALHOST:7946", "[::1]:7946"]'),
      'cluster.seeds names nobody but this node',
    ],
    [
      gossip(`bind_address: 10.0.0.1, encryption_keys: [${KEY}], seeds: ["10.0.0.1:7946"]`),
      'cluster.seeds names nobody but this node',
    ],
    [
      gossip(
        `bind_address: 0.0.0.0, encryption_keys: [${KEY}], advertise_address: n1.internal, ` +
          'advertise_port: 9, seeds: ["N1.internal:9"]',
      ),
      'cluster.seeds names nobody but this node',
    ],
    [
      gossip('seeds: ["127.0.0.1:7946", "10.0.0.2:7946"]'),
      'cluster.bind_address is 127.0.0.1, this machine alone, and cluster.seeds has 10.0.0.2:7946',
    ],
    [
      gossip(`bind_address: 0.0.0.0, advertise_address: 127.0.0.1, encryption_keys: [${KEY}]`),
      'cluster.advertise_address is 127.0.0.1: nodes on other machines cannot reach this one there',
    ],
    [
      gossip('advertise_address: 10.0.0.1'),
      'cluster.bind_address is 127.0.0.1: what other machines send to cluster.advertise_address (10.0.0.1)',
    ],
    [
      gossip('failure_detection_timeout_seconds: 10, gossip: { gossip_interval_seconds: 1 }'),
      'a suspicion lasts 4 s in a small cluster, less than 5 × cluster.gossip.gossip_interval_seconds (1)',
    ],
    [
      gossip('gossip: { divergence_seconds: 5 }'),
      'cluster.gossip.divergence_seconds (5) is not more than cluster.gossip.sync_interval_seconds (5)',
    ],
  ])('%s', (text, warning) => {
    expect(resolveClusterConfig(text, NO_ENV).warnings).toEqual([expect.stringContaining(warning)])
  })
})

describe('no warnings of a cluster', () => {
  const warningsOf = (cluster: object, host = HOST) => {
    const text = JSON.stringify({ cluster: { node_id: 'a', ...cluster } })
    return resolveClusterConfig({ text }, { env: {}, host }).warnings
  }
  const open = { membership: 'gossip', bind_address: '0.0.0.0', encryption_keys: [KEY] }

  test.each(['local', 'lan', 'wan'])('with preset %s, on one machine and on several', (preset) => {
    expect(warningsOf({ preset, membership: 'gossip' })).toEqual([])
    expect(warningsOf({ preset, membership: 'gossip', seeds: ['127.0.0.1:7947'] })).toEqual([])
    expect(warningsOf({ preset, ...open, seeds: ['10.0.0.1:7946', 'b:7946'] })).toEqual([])
    expect(warningsOf({ preset, membership: 'serf', serf: { rpc_auth_key: 'x' } })).toEqual([])
  })

  test('and one where the machine has no address that others could reach, or only itself as a seed', () => {
    const lonely = { hostName: 'h', addresses: [] }
    expect(warningsOf(open, lonely)).toEqual([
      expect.stringContaining('cluster.advertise_address is 127.0.0.1'),
    ])
    expect(warningsOf({ ...open, seeds: ['10.0.0.1:7946'] })).toEqual([
      expect.stringContaining('names nobody but this node'),
    ])
  })
})
