import { describe, expect, test } from 'vitest'

import { problemsIn } from '../../helpers/config-problems.js'
import { type Broken, gossip } from './broken-gossip.js'

const LONG = 'x'.repeat(256)

const unknownKeys: Broken[] = [
  ['§clutser: {}\n', 'clutser', 'did you mean cluster?'],
  ['cluster:\n  node_id: a\n§Cluster:\n', 'Cluster', 'did you mean cluster?'],
  ['§port: 80\n', 'port', 'did you mean http.port?'],
  ['§node_id: a\n', 'node_id', 'did you mean cluster.node_id?'],
  ['§bind_address: 1.2.3.4\n', 'bind_address', 'cluster.bind_address or http.bind_address?'],
  ['§hash_ring: {}\n', 'hash_ring', 'did you mean cluster.hash_ring?'],
  ['§replication_factor: 2\n', 'replication_factor', 'cluster.hash_ring.replication_factor?'],
  ['§level: info\n', 'level', 'did you mean logging.level?'],
  ['§xyzzy: 1\n', 'xyzzy', 'known are cluster, http, logging, events'],
  ['cluster:\n  §nodeId: a\n', 'cluster.nodeId', 'did you mean node_id?'],
  ['cluster:\n  §node-id: a\n', 'cluster.node-id', 'did you mean node_id?'],
  ['cluster:\n  §bindAddress: a\n', 'cluster.bindAddress', 'did you mean bind_address?'],
  ['http:\n  §bindAddress: a\n', 'http.bindAddress', 'did you mean bind_address?'],
  ['http:\n  §prot: 1\n', 'http.prot', 'did you mean port?'],
  ['cluster:\n  §bind_prot: 1\n', 'cluster.bind_prot', 'did you mean bind_port?'],
  ['cluster:\n  §wieght: 1\n', 'cluster.wieght', 'did you mean weight?'],
  ['cluster:\n  §port: 1\n', 'cluster.port', 'did you mean http.port?'],
  ['cluster:\n  §token: s3cret\n', 'cluster.token', 'did you mean http.token?'],
  [
    'cluster:\n  §virtual_node_count: 1\n',
    'cluster.virtual_node_count',
    'cluster.hash_ring.virtual_node_count?',
  ],
  [
    'cluster:\n  §heartbeat_interval: 5\n',
    'cluster.heartbeat_interval',
    'did you mean heartbeat_interval_seconds?',
  ],
  ['cluster:\n  hash_ring:\n    §vnodes: 5\n', 'cluster.hash_ring.vnodes', 'known are virtual_node_count'],
  ['cluster:\n  hash_ring:\n    §hash: 5\n', 'cluster.hash_ring.hash', 'did you mean hash_function?'],
  [
    'cluster:\n  hash_ring: { §hash_functoin: sha256 }\n',
    'cluster.hash_ring.hash_functoin',
    'hash_function?',
  ],
  ['http:\n  §host: a\n', 'http.host', 'known are enabled'],
  ['http:\n  §bind_port: 1\n', 'http.bind_port', 'did you mean cluster.bind_port?'],
  ['http:\n  §drain_second: 1\n', 'http.drain_second', 'did you mean drain_seconds?'],
  ['logging:\n  §levle: info\n', 'logging.levle', 'did you mean level?'],
  ['events:\n  §log_sizes: 1\n', 'events.log_sizes', 'did you mean log_size?'],
  ['events:\n  §size: 1\n', 'events.size', 'did you mean log_size?'],
  ['§__proto__: { x: 1 }\n', '__proto__', 'not a known field'],
  ['cluster: { §constructor: 1 }\n', 'cluster.constructor', 'not a known field'],
  ['§"a b": 1\n', '["a b"]', 'not a known field'],
  ['? §[a]\n: 1\n', '["(a key that is no text)"]', 'not a known field'],
  ['§7: 1\n', '7', 'not a known field'],
  ['cluster:\n  §<<: { node_id: a }\n', 'cluster["<<"]', 'not a known field'],
]

const nesting: Broken[] = [
  ['§cluster', '', 'the configuration is a text'],
  ['§[cluster]', '', 'the configuration is a list'],
  ['§42', '', 'the configuration is a number'],
  ['cluster: §node1\n', 'cluster', 'is a text; it must be a mapping with any of preset'],
  ['cluster: §[]\n', 'cluster', 'is a list; it must be a mapping'],
  ['cluster:\n  §- node_id: a\n', 'cluster', 'is a list'],
  ['cluster: §null\n', 'cluster', 'is empty; it must be a mapping'],
  ['http: §~\n', 'http', 'is empty'],
  ['http: §true\n', 'http', 'is a boolean'],
  ['cluster:\n  hash_ring: §xxhash64\n', 'cluster.hash_ring', 'is a text'],
  ['cluster:\n  node_id: §{ a: 1 }\n', 'cluster.node_id', 'is an object'],
  ['cluster:\n  node_id: §[a]\n', 'cluster.node_id', 'is an array of 1'],
  ['cluster:\n  bind_port:\n    §value: 1\n', 'cluster.bind_port', 'is an object'],
  ['cluster:\n  seeds: §a:1\n', 'cluster.seeds', 'is "a:1" (a text); it must be a list'],
  ['cluster:\n  seeds: §{ a: 1 }\n', 'cluster.seeds', 'is an object'],
  ['cluster:\n  seeds:\n    - a:1\n    - §[b:1]\n', 'cluster.seeds[1]', 'is an array of 1'],
  ['cluster:\n  metadata: §[a]\n', 'cluster.metadata', 'is an array of 1'],
  ['cluster:\n  metadata: { rack: §{ a: 1 } }\n', 'cluster.metadata.rack', 'is an object'],
  ['http: { token: §{ a: 1 } }\n', 'http.token', 'will not do (it is not shown)'],
]

const values: Broken[] = [
  ['cluster:\n  preset: §man\n', 'cluster.preset', 'it must be one of local, lan, wan'],
  ['cluster:\n  §node_id:\n', 'cluster.node_id', 'is empty (leave it out for the default)'],
  ['cluster:\n  node_id: §null\n', 'cluster.node_id', 'is empty'],
  ['cluster:\n  node_id: §""\n', 'cluster.node_id', 'is ""; it must be a text of 1 to 255 bytes'],
  ['cluster:\n  node_id: §7\n', 'cluster.node_id', 'is 7 (quote it)'],
  ['cluster:\n  node_id: §true\n', 'cluster.node_id', 'is true (quote it)'],
  ['cluster:\n  node_id: §1.5\n', 'cluster.node_id', 'is 1.5 (quote it)'],
  ['cluster:\n  node_id: §"a\\nb"\n', 'cluster.node_id', 'without control characters'],
  ['cluster:\n  node_id: §"\\x85"\n', 'cluster.node_id', 'without control characters'],
  ['cluster:\n  node_id: §"\\uD800"\n', 'cluster.node_id', 'a text of 1 to 255 bytes'],
  [`cluster:\n  node_id: §${LONG}\n`, 'cluster.node_id', '…"; it must be'],
  [`cluster:\n  cluster_name: §${'ü'.repeat(128)}\n`, 'cluster.cluster_name', 'a text of 1 to 255 bytes'],
  ['cluster:\n  bind_address: §"127.0.0.1:80"\n', 'cluster.bind_address', 'an IP address'],
  ['cluster:\n  bind_address: §256.0.0.1\n', 'cluster.bind_address', 'an IP address'],
  ['cluster:\n  bind_address: §"[::1]"\n', 'cluster.bind_address', 'without brackets'],
  ['cluster:\n  bind_address: §http://a\n', 'cluster.bind_address', 'a host name'],
  ['cluster:\n  bind_address: §a b\n', 'cluster.bind_address', 'a host name'],
  ['cluster:\n  bind_address: §-a.b\n', 'cluster.bind_address', 'a host name'],
  ['cluster:\n  bind_port: §0\n', 'cluster.bind_port', 'is 0; it must be a whole number from 1 to 65,535'],
  ['cluster:\n  bind_port: §65536\n', 'cluster.bind_port', 'is 65536; it must'],
  ['cluster:\n  bind_port: §-1\n', 'cluster.bind_port', 'is -1; it must'],
  ['cluster:\n  bind_port: §79.5\n', 'cluster.bind_port', 'is 79.5; it must'],
  ['cluster:\n  bind_port: §"7946"\n', 'cluster.bind_port', 'is "7946" (a text: write it without quotes)'],
  ['cluster:\n  bind_port: §.nan\n', 'cluster.bind_port', 'is NaN; it must'],
  ['cluster:\n  bind_port: §.inf\n', 'cluster.bind_port', 'is Infinity; it must'],
  ['cluster:\n  bind_port: §true\n', 'cluster.bind_port', 'is true; it must'],
  ['cluster:\n  bind_port: §100000000000000000000\n', 'cluster.bind_port', 'it must be a whole number'],
  ['cluster:\n  advertise_address: §"a:1"\n', 'cluster.advertise_address', 'an IP address'],
  ['cluster:\n  advertise_port: §0\n', 'cluster.advertise_port', 'from 1 to 65,535'],
  ['cluster:\n  seeds: [§a]\n', 'cluster.seeds[0]', 'it must be host:port'],
  ['cluster:\n  seeds: [a:1, §"b:0"]\n', 'cluster.seeds[1]', 'with a port from 1 to 65,535'],
  ['cluster:\n  seeds: [§"b:65536"]\n', 'cluster.seeds[0]', 'host:port'],
  ['cluster:\n  seeds:\n    - a:1\n    - §::1:7946\n', 'cluster.seeds[1]', '[IPv6 address]:port'],
  ['cluster:\n  seeds: [§"[1.2.3.4]:1"]\n', 'cluster.seeds[0]', 'host:port'],
  ['cluster:\n  seeds: [§7946]\n', 'cluster.seeds[0]', 'is 7946 (quote it)'],
  [
    `cluster: { seeds: §[${'a:1,'.repeat(257)}] }`,
    'cluster.seeds',
    'an array of 257; it must be a list of at most 256',
  ],
  ['cluster:\n  weight: §0\n', 'cluster.weight', 'a number above 0, at most 16,000,000'],
  ['cluster:\n  weight: §-1\n', 'cluster.weight', 'a number above 0'],
  ['cluster:\n  weight: §"2"\n', 'cluster.weight', 'without quotes'],
  ['cluster:\n  weight: §.inf\n', 'cluster.weight', 'a number above 0'],
  ['cluster:\n  zone: §1\n', 'cluster.zone', 'is 1 (quote it)'],
  ['cluster:\n  capabilities: [a, §5]\n', 'cluster.capabilities[1]', 'is 5 (quote it)'],
  ['cluster:\n  capabilities: [§""]\n', 'cluster.capabilities[0]', '1 to 255 bytes'],
  ['cluster:\n  metadata: { rack: §7 }\n', 'cluster.metadata.rack', 'is 7 (quote it)'],
  [
    'cluster:\n  metadata: { "": §a }\n',
    'cluster.metadata[""]',
    'it must be a name that is a text of 1 to 255',
  ],
  [`cluster:\n  metadata: { a: §${'x'.repeat(4097)} }\n`, 'cluster.metadata.a', 'at most 4,096 bytes'],
  ['cluster:\n  membership: §raft\n', 'cluster.membership', 'it must be one of simple, gossip, serf'],
  [
    'cluster:\n  heartbeat_interval_seconds: §0\n',
    'cluster.heartbeat_interval_seconds',
    'from 0.01 to 86,400',
  ],
  ['cluster:\n  heartbeat_interval_seconds: §0.001\n', 'cluster.heartbeat_interval_seconds', 'from 0.01'],
  [
    'cluster:\n  heartbeat_interval_seconds: §5s\n',
    'cluster.heartbeat_interval_seconds',
    'a number of seconds',
  ],
  [
    'cluster:\n  failure_detection_timeout_seconds: §86401\n',
    'cluster.failure_detection_timeout_seconds',
    'above 0, at most 86,400',
  ],
  [
    'cluster:\n  consensus_enabled: §true\n',
    'cluster.consensus_enabled',
    'there is no consensus in this version',
  ],
  [
    'cluster:\n  consensus_enabled: §"no"\n',
    'cluster.consensus_enabled',
    'is "no" (a text); it must be false',
  ],
  ['cluster:\n  snapshot_threshold: §0\n', 'cluster.snapshot_threshold', 'a whole number from 1'],
  ['http:\n  enabled: §yes\n', 'http.enabled', 'is "yes" (a text); it must be true or false'],
  ['http:\n  enabled: §1\n', 'http.enabled', 'is 1; it must be true or false'],
  ['http:\n  bind_address: §""\n', 'http.bind_address', 'an IP address'],
  ['http:\n  port: §65536\n', 'http.port', 'from 0 to 65,535'],
  ['http:\n  port: §"80"\n', 'http.port', 'without quotes'],
  ['http:\n  token: §a b\n', 'http.token', '1 to 1,024 printable ASCII characters'],
  ['http:\n  token: §"geheimü"\n', 'http.token', 'it is not shown'],
  ['http:\n  token: §12345678901234567890\n', 'http.token', 'it is not shown'],
  ['http:\n  §token:\n', 'http.token', 'it is not shown'],
  [`http:\n  token: §${'x'.repeat(1025)}\n`, 'http.token', 'it is not shown'],
  ['http:\n  drain_seconds: §-1\n', 'http.drain_seconds', 'from 0 to 600'],
  ['http:\n  drain_seconds: §601\n', 'http.drain_seconds', 'from 0 to 600'],
  ['logging:\n  level: §verbose\n', 'logging.level', 'one of trace, debug, info'],
  ['logging:\n  level: §INFO\n', 'logging.level', 'one of trace, debug, info'],
  ['events:\n  log_size: §-1\n', 'events.log_size', 'from 0 to 1,000,000'],
  ['events:\n  log_size: §1000001\n', 'events.log_size', 'from 0 to 1,000,000'],
  ['events:\n  log_file: §""\n', 'events.log_file', '1 to 4,096 bytes'],
  ['events:\n  log_file: §"a\\0b"\n', 'events.log_file', 'without control characters'],
  ['events:\n  log_file_max_bytes: §1023\n', 'events.log_file_max_bytes', 'from 1,024 to 1,099,511,627,776'],
  ['events:\n  log_file_max_bytes: §16MiB\n', 'events.log_file_max_bytes', 'from 1,024'],
  ['events:\n  queue_limit: §0\n', 'events.queue_limit', 'from 1 to 1,000,000'],
]

const ring: Broken[] = (
  [
    ['virtual_node_count: §0', 'virtual_node_count', 'from 1 to 65,536'],
    ['virtual_node_count: §-256', 'virtual_node_count', 'from 1 to 65,536'],
    ['virtual_node_count: §65537', 'virtual_node_count', 'from 1 to 65,536'],
    ['virtual_node_count: §2.5', 'virtual_node_count', 'from 1 to 65,536'],
    ['replication_factor: §0', 'replication_factor', 'from 1 to 65,535'],
    ['replication_factor: §-3', 'replication_factor', 'from 1 to 65,535'],
    ['hash_function: §md5', 'hash_function', 'is "md5"; it must be one of xxhash64, sha256'],
    ['hash_function: §xxHash64', 'hash_function', 'one of xxhash64, sha256'],
    ['hash_seed: §-1', 'hash_seed', 'a whole number from 0 to 18446744073709551615'],
    ['hash_seed: §18446744073709551616', 'hash_seed', 'a whole number from 0'],
    ['hash_seed: §1.5', 'hash_seed', 'a whole number from 0'],
    ['hash_seed: §"0x1"', 'hash_seed', 'a whole number from 0'],
    ['hash_seed: §1e300', 'hash_seed', 'a whole number from 0'],
    ['lookup_cache: §true', 'lookup_cache', 'one of auto, on, off'],
    ['lookup_cache_size: §-1', 'lookup_cache_size', 'from 0 to 16,000,000'],
    ['lookup_cache_size: §16000001', 'lookup_cache_size', 'from 0 to 16,000,000'],
    ['routable_statuses: §[]', 'routable_statuses', 'a list of 1 to 5 statuses'],
    ['routable_statuses: §alive', 'routable_statuses', 'a list of 1 to 5 statuses'],
    ['routable_statuses: [alive, §ded]', 'routable_statuses[1]', 'one of alive, suspected, dead'],
    ['zone_aware: §on', 'zone_aware', 'is "on" (a text); it must be true or false'],
  ] satisfies Broken[]
).map(([line, name, message]) => [
  `cluster:\n  hash_ring:\n    ${line}\n`,
  `cluster.hash_ring.${name}`,
  message,
])

const across: Broken[] = [
  [
    'cluster:\n  heartbeat_interval_seconds: 5\n  failure_detection_timeout_seconds: §9.9\n',
    'cluster.failure_detection_timeout_seconds',
    '(9.9) must be at least 2 × cluster.heartbeat_interval_seconds (5); ' +
      'cluster.heartbeat_interval_seconds is set in line 2',
  ],
  [
    'cluster:\n  heartbeat_interval_seconds: §16\n',
    'cluster.heartbeat_interval_seconds',
    '; cluster.failure_detection_timeout_seconds is that of preset lan',
  ],
  [
    'cluster: { preset: local, heartbeat_interval_seconds: §2 }',
    'cluster.heartbeat_interval_seconds',
    'failure_detection_timeout_seconds (3) must be at least 2 ×',
  ],
  ['http:\n  port: §7946\n', 'http.port', 'http.port and cluster.bind_port must differ'],
  ['cluster:\n  bind_port: §8080\n', 'cluster.bind_port', 'must differ'],
  ['cluster: { bind_address: "0.0.0.0" }\nhttp: { port: §7946 }', 'http.port', 'must differ'],
  ['cluster: { bind_address: 10.0.0.1 }\nhttp: { port: §7946 }', 'http.port', 'whatever the addresses'],
  ['cluster: { bind_address: localhost }\nhttp: { port: §7946 }', 'http.port', 'must differ'],
  ['http:\n  bind_address: §0.0.0.0\n', 'http.bind_address', 'needs http.token'],
  ['http:\n  bind_address: §"::"\n', 'http.bind_address', 'needs http.token'],
  ['http:\n  bind_address: §10.1.2.3\n', 'http.bind_address', 'needs http.token'],
  ['http:\n  bind_address: §node1.internal\n', 'http.bind_address', 'needs http.token'],
  ['cluster:\n  weight: §62500.002\n', 'cluster.weight', 'at most 16,000,000 are allowed'],
  [
    'cluster:\n  weight: §244.2\n  hash_ring: { virtual_node_count: 65536 }\n',
    'cluster.weight',
    '16,000,000',
  ],
  [
    'cluster: { hash_ring: { hash_function: sha256, hash_seed: §7 } }',
    'cluster.hash_ring.hash_seed',
    'sha256 takes no seed',
  ],
  ['cluster:\n  advertise_address: §0.0.0.0\n', 'cluster.advertise_address', 'this one stands for all'],
  ['cluster:\n  advertise_address: §"0::0"\n', 'cluster.advertise_address', 'this one stands for all'],
]

const syntax: Broken[] = [
  ['cluster:\n  node_id: a\n  §node_id: b\n', 'cluster.node_id', 'is given twice'],
  ['cluster: {}\n§cluster: {}\n', 'cluster', 'is given twice'],
  ['cluster:\n  metadata:\n    a: x\n    §a: y\n', 'cluster.metadata.a', 'is given twice'],
  ['{"http": {"port": 1, §"port": 2}}', 'http.port', 'is given twice'],
  ['cluster: {}\n§---\nhttp: {}\n', '', 'a second document begins'],
  ['cluster: { node_id: a\n§', '', 'a { is not closed'],
  ['cluster:\n  seeds: [a:1\n§http:\n  port: 1\n', '', 'a [ is not closed'],
  ['cluster:\n§\tnode_id: a\n', '', 'a tab in the indentation'],
  ['cluster:\n  node_id: "a\n§', '', 'a " is not closed'],
  ["cluster:\n  node_id: 'a\n§", '', "a ' is not closed"],
  ['cluster:\n  node_id: §a\n   zone: b\n', '', 'is indented too far'],
  ['cluster:\n  node_id: a\n§ zone: b\n', '', 'not indented like those beside it'],
  ['cluster:\n  §node_id:a\n  zone: b\n', '', 'the space after it, is missing'],
  ['cluster: {}\n§http\n', '', 'without a colon'],
  ['cluster: {"weight": §1 "zone": "b"}\n', '', 'a comma is missing'],
  ['cluster:\n  node_id: §@a\n', '', 'quote it'],
  ['http: {port: 1}§}\n', '', 'a bracket, a comma or a text too many'],
  ['cluster:\n  node_id: §!secret a\n', '', 'a tag that is not known'],
  ['http:\n  port: §!!int abc\n', '', 'does not fit its value'],
  [
    'cluster:\n  capabilities: [§*words]\n',
    'cluster.capabilities[0]',
    'is an alias, and there is no such anchor',
  ],
  ['cluster:\n  node_id: §a: b\n', '', 'needs quotes'],
]

const all = { unknownKeys, nesting, values, ring, gossip, across, syntax }

describe.each(Object.entries(all))('%s', (_, table) => {
  test.each(table)('%#: %.60j', (marked, path, message) => {
    const before = marked.slice(0, marked.indexOf('§')).split('\n')
    const [problem] = problemsIn(marked.replace('§', ''))
    expect(problem!.message).toContain(message)
    expect(problem).toMatchObject({
      path,
      origin: 'file',
      line: before.length,
      column: before.at(-1)!.length + 1,
    })
    expect(problem!.bound).not.toBe('')
  })
})

test('each of them has that problem and no other', () => {
  const others = Object.values({ unknownKeys, nesting, values, ring, gossip, across })
    .flat()
    .map(([text]) => [text, problemsIn(text.replace('§', '')).length] as const)
    .filter(([, count]) => count !== 1)
  expect(others).toEqual([])
})

test('one mistake in the syntax is one problem', () => {
  const texts = [
    'cluster:\n  node_id: a\n   zone: b\n',
    'cluster: { seeds: [a:1 }',
    'cluster:\n  seeds: [\n  a:1,\n]\nhttp: {}\n',
    '['.repeat(200_000),
  ]
  expect(texts.map((text) => problemsIn(text).length)).toEqual([1, 1, 1, 1])
})

test('there are many', () => {
  expect(Object.values(all).flat().length).toBeGreaterThan(160)
})
