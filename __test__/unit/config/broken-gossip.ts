/** Broken configurations of clusters of many nodes. */

/** A text with `§` where the problem is, the path of the problem, and a part of its message. */
export type Broken = [text: string, path: string, message: string]

/** A key, and what is none, for lack or excess of a bit. */
const KEY = Buffer.alloc(32, 'k').toString('base64')
const KEY_31 = Buffer.alloc(31, 'k').toString('base64')
const KEY_33 = Buffer.alloc(33, 'k').toString('base64')
const KEY_URL = Buffer.alloc(32, 255).toString('base64url')

export const gossip: Broken[] = [
  ...(
    [
      ['encryption_keys: §[]', 'encryption_keys', 'it must be a list of 1 to 8 keys'],
      [`encryption_keys: §${KEY}`, 'encryption_keys', 'it must be a list of 1 to 8 keys'],
      [`encryption_keys: §[${`${KEY}, `.repeat(9)}]`, 'encryption_keys', 'a list of 1 to 8 keys'],
      ['§encryption_keys:', 'encryption_keys', 'it must be a list of 1 to 8 keys'],
      [`encryption_keys: [§${KEY_31}]`, 'encryption_keys[0]', 'base64 of 32 bytes (44 characters'],
      [`encryption_keys: [${KEY}, §${KEY_33}]`, 'encryption_keys[1]', '"npx hypercache keygen"'],
      [`encryption_keys: [§${KEY_URL}]`, 'encryption_keys[0]', 'base64 of 32 bytes'],
      [`encryption_keys: [§${KEY.replace('=', '')}]`, 'encryption_keys[0]', 'base64 of 32 bytes'],
      [`encryption_keys: [§${KEY.replace(/.=$/, 'b=')}]`, 'encryption_keys[0]', 'base64 of 32 bytes'],
      [`encryption_keys: [§${'6b'.repeat(32)}]`, 'encryption_keys[0]', 'base64 of 32 bytes'],
      ['encryption_keys: [§42]', 'encryption_keys[0]', 'it is not shown'],
      [`§encryption_key: ${KEY}`, 'encryption_key', 'did you mean encryption_keys?'],
      ['allow_unencrypted: §yes', 'allow_unencrypted', 'is "yes" (a text); it must be true or false'],
      ['§probe_interval_seconds: 1', 'probe_interval_seconds', 'did you mean cluster.gossip.probe_'],
      ['gossip: §fast', 'gossip', 'it must be a mapping with any of probe_interval_seconds'],
      ['gossip: { probe_interval_seconds: §0 }', 'gossip.probe_interval_seconds', 'from 0.01 to 86,400'],
      ['gossip: { probe_timeout_seconds: §500ms }', 'gossip.probe_timeout_seconds', 'from 0.01'],
      ['gossip: { §probe_interval: 1 }', 'gossip.probe_interval', 'did you mean probe_interval_seconds?'],
      ['gossip: { indirect_probe_count: §0 }', 'gossip.indirect_probe_count', 'from 1 to 64'],
      ['gossip: { suspicion_multiplier: §0.5 }', 'gossip.suspicion_multiplier', 'a number from 1 to 100'],
      ['gossip: { gossip_interval_seconds: §-1 }', 'gossip.gossip_interval_seconds', 'from 0.01'],
      ['gossip: { gossip_fanout: §2.5 }', 'gossip.gossip_fanout', 'a whole number from 1 to 64'],
      ['gossip: { retransmit_multiplier: §21 }', 'gossip.retransmit_multiplier', 'from 1 to 20'],
      ['gossip: { sync_interval_seconds: §0 }', 'gossip.sync_interval_seconds', 'from 0.01'],
      ['gossip: { sync_timeout_seconds: §.inf }', 'gossip.sync_timeout_seconds', 'from 0.01'],
      ['gossip: { seed_retry_max_seconds: §0 }', 'gossip.seed_retry_max_seconds', 'from 0.01'],
      ['gossip: { leave_timeout_seconds: §0 }', 'gossip.leave_timeout_seconds', 'from 0.01'],
      ['gossip: { reap_after_seconds: §0 }', 'gossip.reap_after_seconds', 'above 0, at most 7,776,000'],
      ['gossip: { divergence_seconds: §86401 }', 'gossip.divergence_seconds', 'from 0.01 to 86,400'],
      ['serf: { rpc_address: §127.0.0.1 }', 'serf.rpc_address', 'it must be host:port'],
      ['serf: { rpc_auth_key: §"" }', 'serf.rpc_auth_key', 'it is not shown'],
    ] satisfies Broken[]
  ).map(([line, name, message]): Broken => [`cluster:\n  ${line}\n`, `cluster.${name}`, message]),
  [
    'cluster:\n  membership: gossip\n  bind_address: §0.0.0.0\n',
    'cluster.bind_address',
    'npx hypercache keygen prints a key',
  ],
  ['cluster: { membership: gossip, bind_address: §10.0.0.1 }', 'cluster.bind_address', 'allow_unencrypted'],
  [
    'cluster: { membership: gossip, bind_address: §"::" }',
    'cluster.bind_address',
    'needs cluster.encryption_keys',
  ],
  ['cluster: { membership: gossip, bind_address: §n1.internal }', 'cluster.bind_address', 'needs'],
  [
    `cluster:\n  encryption_keys: [${KEY}]\n  allow_unencrypted: §true\n`,
    'cluster.allow_unencrypted',
    'take one of the two away; cluster.encryption_keys is set in line 2',
  ],
  [
    `cluster: { encryption_keys: §[${KEY_URL.replaceAll('_', '/')}=, ${KEY}, ${KEY}] }`,
    'cluster.encryption_keys',
    'cluster.encryption_keys: [1] and [2] are the same key',
  ],
  [
    'cluster:\n  gossip: { probe_timeout_seconds: §1 }\n',
    'cluster.gossip.probe_timeout_seconds',
    'must be less than cluster.gossip.probe_interval_seconds (1), for other members are asked in between; ' +
      'cluster.gossip.probe_interval_seconds is that of preset lan',
  ],
  [
    'cluster:\n  preset: wan\n  gossip: { probe_interval_seconds: §2 }\n',
    'cluster.gossip.probe_interval_seconds',
    'probe_timeout_seconds is that of preset wan',
  ],
]
