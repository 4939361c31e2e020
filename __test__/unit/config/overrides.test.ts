import { describe, expect, test } from 'vitest'

import { loadClusterConfig, resolveClusterConfig } from '../../../dist/index.js'
import { problemsOf } from '../../helpers/config-problems.js'

const resolved = (
  text: string | undefined,
  env: Record<string, string | undefined> = {},
  overrides: Record<string, unknown> = {},
) => resolveClusterConfig(text, { env, overrides })

/** A configuration without warnings. */
const NAMED = 'cluster: { node_id: a }'

test('default, preset, file, environment, flag: the later wins, and is told', () => {
  const text = 'cluster:\n  preset: wan\n  cluster_name: file\n  zone: file\n  weight: 2\n'
  const env = { HYPERCACHE_CLUSTER_ZONE: 'env', HYPERCACHE_CLUSTER_WEIGHT: '3' }
  const { config, origins } = resolved(text, env, { 'cluster.weight': '4', 'http.port': undefined })
  expect(config.cluster).toMatchObject({ clusterName: 'file', zone: 'env', weight: 4, bindPort: 7946 })
  expect(origins).toMatchObject({
    'cluster.bind_port': 'default',
    'cluster.heartbeat_interval_seconds': 'preset',
    'cluster.cluster_name': 'file:3',
    'cluster.zone': 'env HYPERCACHE_CLUSTER_ZONE',
    'cluster.weight': 'flag',
    'http.port': 'default',
  })
  expect(origins).not.toHaveProperty('http.token')
})

test('a preset from the environment sets the timers', () => {
  const { config, origins } = resolved('cluster: { preset: wan }', { HYPERCACHE_CLUSTER_PRESET: 'local' })
  expect(config.cluster.heartbeatIntervalSeconds).toBe(1)
  expect(origins['cluster.heartbeat_interval_seconds']).toBe('preset')
})

describe('texts are read by the type of the field', () => {
  test('from the environment', () => {
    const { config } = resolved(undefined, {
      HYPERCACHE_CLUSTER_NODE_ID: '7',
      HYPERCACHE_CLUSTER_SEEDS: 'a:1, [::1]:2',
      HYPERCACHE_CLUSTER_CAPABILITIES: '',
      HYPERCACHE_CLUSTER_METADATA: 'rack=r7,url=a=b,empty=',
      HYPERCACHE_CLUSTER_HASH_RING_VIRTUAL_NODE_COUNT: '128',
      HYPERCACHE_CLUSTER_HASH_RING_HASH_SEED: '18446744073709551615',
      HYPERCACHE_CLUSTER_HASH_RING_ZONE_AWARE: 'true',
      HYPERCACHE_CLUSTER_HEARTBEAT_INTERVAL_SECONDS: '.5',
      HYPERCACHE_HTTP_ENABLED: 'false',
    })
    expect(config.cluster).toMatchObject({
      nodeId: '7',
      seeds: ['a:1', '[::1]:2'],
      capabilities: [],
      metadata: { rack: 'r7', url: 'a=b', empty: '' },
      hashRing: { virtualNodeCount: 128, hashSeed: 2n ** 64n - 1n, zoneAware: true },
      heartbeatIntervalSeconds: 0.5,
    })
    expect(config.http.enabled).toBe(false)
  })

  test('from flags, where values of their own types do too, and names of both spellings', () => {
    const { config } = resolved(
      undefined,
      {},
      { 'http.port': '0', 'cluster.seeds': ['a:1'], 'cluster.hashRing.zoneAware': true },
    )
    expect(config.http.port).toBe(0)
    expect(config.cluster).toMatchObject({ seeds: ['a:1'], hashRing: { zoneAware: true } })
  })

  test.each([
    ['HYPERCACHE_HTTP_PORT', '80a', 'http.port is "80a"; it must be a whole number from 0 to 65,535'],
    ['HYPERCACHE_HTTP_PORT', '0x50', 'http.port is "0x50"'],
    ['HYPERCACHE_HTTP_PORT', ' 80', 'http.port is " 80"'],
    ['HYPERCACHE_HTTP_PORT', '', 'http.port is ""'],
    ['HYPERCACHE_HTTP_PORT', 'Infinity', 'http.port is "Infinity"'],
    ['HYPERCACHE_HTTP_ENABLED', 'yes', 'http.enabled is "yes" (a text); it must be true or false'],
    ['HYPERCACHE_HTTP_TOKEN', '', 'http.token has a value that will not do (it is not shown)'],
    ['HYPERCACHE_CLUSTER_SEEDS', 'a:1,,b:1', 'cluster.seeds[1] is ""'],
    ['HYPERCACHE_CLUSTER_METADATA', 'rack', 'cluster.metadata is "rack"'],
    ['HYPERCACHE_CLUSTER_NODE_ID', '', 'cluster.node_id is ""'],
    ['HYPERCACHE_CLUSTER_HASH_RING_HASH_SEED', '1.5', 'cluster.hash_ring.hash_seed is "1.5"'],
    ['HYPERCACHE_CLUSTER_WEIGHT', 'tcp:/x', 'cluster.weight is "tcp:/x"'],
  ])('%s=%j is a problem with the name of the variable', (name, value, message) => {
    const problems = problemsOf(() => resolved(undefined, { [name]: value }))
    expect(problems).toHaveLength(1)
    expect(problems[0]!.message.slice(0, message.length)).toBe(message)
    expect(problems[0]).toMatchObject({ origin: name })
    expect(problems[0]).not.toHaveProperty('line')
  })
})

test('what is wrong in a file stays wrong, whatever overrides it', () => {
  const problems = problemsOf(() =>
    resolved('http:\n  port: -1\n', { HYPERCACHE_HTTP_PORT: '1' }, { 'http.port': 'x' }),
  )
  expect(problems.map(({ origin, line }) => [origin, line])).toEqual([
    ['file', 2],
    ['flag', undefined],
  ])
})

test('a rule across fields names the one who broke it', () => {
  const problems = problemsOf(() => resolved('http:\n  port: 80\n', { HYPERCACHE_CLUSTER_BIND_PORT: '80' }))
  expect(problems).toMatchObject([{ path: 'http.port', origin: 'file', line: 2 }])
  const byFlag = problemsOf(() => resolved('http: { port: 80 }', {}, { 'http.bind_address': '0.0.0.0' }))
  expect(byFlag).toMatchObject([{ path: 'http.bind_address', origin: 'flag' }])
})

test('a rule across fields tells where the other value comes from', () => {
  const broken = (text: string, env = {}, flags = {}) =>
    problemsOf(() => resolved(text, env, flags))[0]!.message
  const heartbeat = 'cluster: { heartbeat_interval_seconds: 30 }'
  const timeout = 'cluster.failure_detection_timeout_seconds'
  expect(broken(heartbeat)).toMatch(/; cluster\.failure_detection_timeout_seconds is that of preset lan$/)
  expect(broken('cluster: { bind_port: 8080 }')).toMatch(/; http\.port is the default$/)
  const env = { HYPERCACHE_CLUSTER_HEARTBEAT_INTERVAL_SECONDS: '30' }
  expect(broken('', env, { [timeout]: 30 })).toMatch(
    / is set by HYPERCACHE_CLUSTER_HEARTBEAT_INTERVAL_SECONDS$/,
  )
  expect(broken('http: { port: 80 }', {}, { 'cluster.bind_port': 80 })).toMatch(/bind_port is set by a flag$/)
})

describe('variables that are no fields', () => {
  test('are ignored with a warning that knows what was meant', () => {
    const env = { HYPERCACHE_CLUSTER_NODEID: 'a', HYPERCACHE_SEED: '5', HYPERCACHED: 'x', PATH: '/bin' }
    expect(resolved(NAMED, env).warnings).toEqual([
      'the environment variable HYPERCACHE_CLUSTER_NODEID is no field, and is ignored; did you mean ' +
        'HYPERCACHE_CLUSTER_NODE_ID?',
      expect.stringMatching(/^the environment variable HYPERCACHE_SEED is no field, and is ignored/),
    ])
  })

  test.each([
    ['NODE_ID', 'HYPERCACHE_CLUSTER_NODE_ID'],
    ['HASH_RING_HASH_SEED', 'HYPERCACHE_CLUSTER_HASH_RING_HASH_SEED'],
    ['PORT', 'HYPERCACHE_HTTP_PORT'],
    ['HASH_SEED', 'HYPERCACHE_CLUSTER_HASH_RING_HASH_SEED'],
    ['BIND_ADDRESS', 'HYPERCACHE_CLUSTER_BIND_ADDRESS or HYPERCACHE_HTTP_BIND_ADDRESS'],
  ])('that lack their block: %s', (name, meant) => {
    const [warning] = resolved(NAMED, { [`HYPERCACHE_${name}`]: 'x' }).warnings
    expect(warning).toMatch(new RegExp(`; did you mean ${meant}\\?$`))
  })

  test.each(['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT_8080_TCP', 'PORT_8080_TCP_ADDR'])(
    'that Kubernetes makes: %s means no other',
    (name) => {
      const [warning] = resolved(NAMED, { [`HYPERCACHE_${name}`]: 'x' }).warnings
      expect(warning).toMatch(/ is no field, and is ignored$/)
    },
  )

  test('that Kubernetes makes of the services hypercache and hypercache-http', () => {
    const env = {
      HYPERCACHE_SERVICE_HOST: '10.0.0.1',
      HYPERCACHE_SERVICE_PORT: '8080',
      HYPERCACHE_PORT: 'tcp://10.0.0.1:8080',
      HYPERCACHE_PORT_8080_TCP_ADDR: '10.0.0.1',
      HYPERCACHE_HTTP_PORT: 'tcp://10.0.0.1:8080',
      HYPERCACHE_CLUSTER_BIND_PORT: 'udp://10.0.0.1:7946',
    }
    const { config, warnings } = resolved(NAMED, env)
    expect(config).toMatchObject({ http: { port: 8080 }, cluster: { bindPort: 7946 } })
    expect(warnings).toHaveLength(6)
    expect(warnings.join('\n')).not.toContain('did you mean')
    expect(warnings.join('\n')).toContain('HYPERCACHE_HTTP_PORT has the address of a service')
  })

  test('are few in the warnings, however many there are', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => [`HYPERCACHE_${'x'.repeat(500)}${index}`, ''])
    const { warnings } = resolved(NAMED, Object.fromEntries(names) as Record<string, string>)
    expect(warnings).toHaveLength(21)
    expect(warnings.at(-1)).toBe('4980 more environment variables are no fields, and are ignored')
    expect(warnings.every((warning) => warning.length < 300)).toBe(true)
  })
})

test.each([
  ['http.prot', 'http.prot is not a known field; did you mean http.port?'],
  ['port', 'port is not a known field; did you mean http.port?'],
  ['cluster', 'cluster is not a known field; it is a block: name one of its fields'],
  ['cluster.hash_ring', 'cluster.hash_ring is not a known field; it is a block: name one of its fields'],
  ['cluster.metadata.rack', 'cluster.metadata.rack is not a known field; did you mean cluster.metadata?'],
  ['', '[""] is not a known field'],
  ['__proto__', '__proto__ is not a known field'],
  ['x'.repeat(1000), '["xxx'],
])('a flag for no field: %.30j', (path, message) => {
  const problems = problemsOf(() => resolved(undefined, {}, JSON.parse(`{${JSON.stringify(path)}:"s3cret"}`)))
  expect(problems).toMatchObject([{ origin: 'flag' }])
  expect(problems[0]!.message.slice(0, message.length)).toBe(message)
  expect(JSON.stringify(problems)).not.toContain('s3cret')
})

describe('warnings', () => {
  test.each([
    [
      'cluster: { seeds: [a:1], node_id: a }',
      'cluster.seeds are not used: membership simple contacts nobody',
    ],
    ['http: { token: short }\ncluster: { node_id: a }', 'http.token has less than 16 characters'],
    ['{}', 'cluster.node_id is not set: the node has a random one, and takes over other keys'],
    ['cluster: { node_id: a, hash_ring: { zone_aware: true } }', 'zone_aware is true without cluster.zone'],
    ['cluster: { node_id: "${HOSTNAME}" }', 'cluster.node_id has "${" in it'],
    ['cluster: { node_id: a, cluster_name: "c-${ENV}" }', 'cluster.cluster_name has "${" in it'],
    [
      'http: { token: "\'a-token-of-some-length\'" }\ncluster: { node_id: a }',
      'begins and ends with a quote',
    ],
    ['events: { log_file: "~/a.jsonl" }\ncluster: { node_id: a }', 'events.log_file begins with ~'],
  ])('%s', (text, warning) => {
    expect(resolved(text).warnings).toEqual([expect.stringContaining(warning)])
  })

  test('none of a node without a name on a network of one machine, and none of a zone that is given', () => {
    expect(resolved('cluster: { preset: local }').warnings).toEqual([])
    expect(resolved('cluster: { node_id: a, zone: z, hash_ring: { zone_aware: true } }').warnings).toEqual([])
  })
})

test('wrong options are refused by name', () => {
  expect(() => loadClusterConfig(undefined, { evn: {} } as never)).toThrow(
    'options has the unknown field "evn"',
  )
  expect(() => loadClusterConfig(undefined, { overrides: 'a=b' } as never)).toThrow(
    'options.overrides is "a=b"',
  )
})
