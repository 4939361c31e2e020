import { writeFileSync } from 'node:fs'

import { afterAll, describe, expect, test } from 'vitest'

import {
  type ClusterConfig,
  loadClusterConfig,
  resolveClusterConfig,
  validateClusterConfig,
} from '../../../dist/index.js'
import { problemsIn, problemsOf } from '../../helpers/config-problems.js'
import { temporaryFolder } from '../../helpers/temporary-folder.js'

const files = temporaryFolder('config')
afterAll(files.remove)

const HOST = { hostName: 'machine', addresses: [] }
const NO_ENV = { env: {}, host: HOST }

const SEED = `# hypercache.yaml cluster section
cluster:
  node_id: "hypercache-node-1"
  cluster_name: "hypercache-prod"
  
  bind_address: "0.0.0.0"
  bind_port: 7946
  
  hash_ring:
    virtual_node_count: 256
    replication_factor: 3
    hash_function: "xxhash64"
    lookup_cache_size: 10000
  
  heartbeat_interval_seconds: 5
  failure_detection_timeout_seconds: 30
`

describe('what loads', () => {
  test('the block of a production cluster, with HTTP on loopback still', () => {
    const { config, warnings } = resolveClusterConfig(SEED, {
      env: {},
      host: {
        hostName: 'machine',
        addresses: [
          { address: '127.0.0.1', isInternal: true },
          { address: 'fe80::1', isInternal: false },
          { address: '169.254.1.1', isInternal: false },
          { address: '10.1.2.3', isInternal: false },
        ],
      },
    })
    expect(warnings).toEqual([])
    expect(config.cluster).toMatchObject({
      nodeId: 'hypercache-node-1',
      clusterName: 'hypercache-prod',
      bindAddress: '0.0.0.0',
      bindPort: 7946,
      advertiseAddress: '10.1.2.3',
      advertisePort: 7946,
      hashRing: {
        virtualNodeCount: 256,
        replicationFactor: 3,
        hashFunction: 'xxhash64',
        lookupCacheSize: 10000,
      },
      heartbeatIntervalSeconds: 5,
      failureDetectionTimeoutSeconds: 30,
    })
    expect(config.http).toMatchObject({ bindAddress: '127.0.0.1', port: 8080 })
  })

  test.each([
    '',
    '\n',
    '# nothing\n',
    '---\n',
    'cluster:\n',
    'cluster:\nhttp:\n  # port: 1\n',
    '{}',
    '{"cluster":{}}',
  ])('defaults only: %j', (text) => {
    expect(loadClusterConfig(text, NO_ENV)).toEqual(loadClusterConfig(undefined, NO_ENV))
  })

  test('numbers in the ways of YAML, and a seed as a text of digits', () => {
    const config = loadClusterConfig(
      'cluster:\n  bind_port: 0x1F0A\n  weight: 2.0\n' +
        '  hash_ring: { hash_seed: "9007199254740993", lookup_cache_size: 1e3 }\n',
      NO_ENV,
    )
    expect(config.cluster).toMatchObject({ bindPort: 7946, weight: 2 })
    expect(config.cluster.hashRing).toMatchObject({ hashSeed: 9007199254740993n, lookupCacheSize: 1000 })
  })

  test('anchors and aliases', () => {
    const text = 'cluster:\n  node_id: &name n1\n  capabilities: &words [a]\n  zone: *name\n'
    expect(loadClusterConfig(text, NO_ENV).cluster).toMatchObject({ zone: 'n1', capabilities: ['a'] })
  })

  test('from a file, by its path; { path } and { text } say which', () => {
    const path = `${files.path}/node.yaml`
    writeFileSync(path, '\uFEFFcluster:\r\n  node_id: from-file\r\n')
    for (const source of [path, { path }, { text: 'cluster: { node_id: from-file }' }])
      expect(loadClusterConfig(source, NO_ENV).cluster.nodeId).toBe('from-file')
    const [problem] = problemsOf(() => loadClusterConfig({ path: 'cluster: {}' }, NO_ENV))
    expect(problem!.message).toBe('cannot read the configuration file "cluster: {}": no such file')
  })

  test.each([
    [5, 'source is 5'],
    [null, 'source is null'],
    [{}, 'source is an object'],
    [{ path: 'a', text: 'b' }, 'source is an object'],
  ])('what is no source: %j', (source, message) => {
    expect(() => loadClusterConfig(source as never)).toThrow(message)
  })
})

describe('defaults of the machine', () => {
  test('the node id is the host name with a suffix that stays for the life of the process', () => {
    const first = loadClusterConfig(undefined, NO_ENV).cluster.nodeId
    expect(first).toMatch(/^machine-[0-9a-f]{6}$/)
    expect(loadClusterConfig(undefined, NO_ENV).cluster.nodeId).toBe(first)
    expect(loadClusterConfig().cluster.nodeId.slice(-7)).toBe(first.slice(-7))
  })

  test('a host name of any kind makes an id that is good', () => {
    for (const hostName of ['', '\u0000', 'ü'.repeat(300), '\uD800x']) {
      const { nodeId } = loadClusterConfig(undefined, { env: {}, host: { hostName, addresses: [] } }).cluster
      expect(validateClusterConfig({ cluster: { nodeId } }).cluster.nodeId).toBe(nodeId)
    }
  })

  test('the advertised address is one that others can reach', () => {
    const advertised = (bind: string, ...addresses: string[]) => {
      const found = addresses.map((address) => ({ address, isInternal: address === '127.0.0.1' }))
      const host = { hostName: 'h', addresses: found }
      return loadClusterConfig(`cluster: { bind_address: "${bind}" }`, { env: {}, host }).cluster
        .advertiseAddress
    }
    expect(advertised('10.0.0.9', '10.0.0.1')).toBe('10.0.0.9')
    expect(advertised('0.0.0.0', '127.0.0.1', 'fd00::1', '10.0.0.1')).toBe('10.0.0.1')
    expect(advertised('::', '10.0.0.1', 'fe80::1', 'fd00::1')).toBe('fd00::1')
    expect(advertised('0.0.0.0', '127.0.0.1')).toBe('127.0.0.1')
    expect(advertised('::')).toBe('::1')
  })
})

describe('objects', () => {
  const full = (): ClusterConfig =>
    loadClusterConfig(
      'cluster: { metadata: { a_b: x }, hash_ring: { hash_seed: 7 } }\nhttp: { token: t }',
      NO_ENV,
    )

  test('a configuration that was answered is good again, and so is a copy of it', () => {
    const config = full()
    expect(validateClusterConfig(config)).toBe(config)
    expect(validateClusterConfig(structuredClone(config))).toEqual(config)
  })

  test('in the spelling of YAML too', () => {
    const config = full()
    const snake = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
      const names = Object.entries(value).map(([name, inner]) => {
        return [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(inner)]
      })
      return Object.fromEntries(names) as unknown
    }
    expect(validateClusterConfig(snake(config))).toEqual(config)
  })

  test('undefined is absent, null is not', () => {
    expect(
      validateClusterConfig({ cluster: { zone: undefined }, http: undefined }).cluster,
    ).not.toHaveProperty('zone')
    expect(problemsOf(() => validateClusterConfig({ cluster: { zone: null }, http: null }))).toHaveLength(2)
    for (const nothing of [null, undefined, 5, 'cluster: {}', [], new Map(), new Date(), () => ({})])
      expect(problemsOf(() => validateClusterConfig(nothing))[0]!.path).toBe('')
  })

  test('both spellings of one field at once are a problem', () => {
    const [problem, ...more] = problemsOf(() =>
      validateClusterConfig({ cluster: { bind_port: 1, bindPort: 1 } }),
    )
    expect(problem).toMatchObject({
      path: 'cluster.bindPort',
      message: 'cluster.bindPort is the same field as cluster.bind_port; give one of them',
      origin: 'value',
    })
    expect(more).toEqual([])
  })

  test('paths and suggestions are in the spelling that was used', () => {
    const wrong = { cluster: { bindPort: 0, hashRing: { zoneaware: true } } }
    const problems = problemsOf(() => validateClusterConfig(wrong))
    expect(problems.map(({ path }) => path)).toEqual(['cluster.bindPort', 'cluster.hashRing.zoneaware'])
    expect(problems[1]!.message).toContain('did you mean zoneAware?')
    const [swapped] = problemsOf(() => validateClusterConfig({ http: { prot: 1 } }))
    expect(swapped!.message).toBe('http.prot is not a known field; did you mean port?')
  })

  test('no environment is looked at', () => {
    process.env.HYPERCACHE_CLUSTER_ZONE = 'from-environment'
    try {
      expect(validateClusterConfig({}).cluster).not.toHaveProperty('zone')
      expect(loadClusterConfig().cluster.zone).toBe('from-environment')
    } finally {
      delete process.env.HYPERCACHE_CLUSTER_ZONE
    }
  })

  test('what is answered is frozen throughout, and what was given is not', () => {
    const given = { cluster: { seeds: ['a:1'], metadata: { a: 'b' } } }
    const thawed: unknown[] = []
    const look = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) thawed.push(value)
      Object.values(value).forEach(look)
    }
    look(validateClusterConfig(given))
    look(resolveClusterConfig('cluster: { seeds: [a:1] }', NO_ENV))
    look(problemsIn('cluster: 5'))
    expect(thawed).toEqual([])
    expect(Object.isFrozen(given.cluster.seeds)).toBe(false)
    expect(Object.isFrozen(given.cluster.metadata)).toBe(false)
  })
})

test('rules across fields look at what counts in the end', () => {
  expect(loadClusterConfig('http: { bind_address: 0.0.0.0, enabled: false }', NO_ENV).http.enabled).toBe(
    false,
  )
  const token = { env: { HYPERCACHE_HTTP_TOKEN: 'a-token-of-some-length' }, host: HOST }
  expect(loadClusterConfig('http: { bind_address: 0.0.0.0 }', token).http.bindAddress).toBe('0.0.0.0')
  for (const address of ['127.8.9.1', '::1', '0:0::1', 'LOCALHOST', '::ffff:127.0.0.1'])
    expect(loadClusterConfig(`http: { bind_address: "${address}" }`, NO_ENV).http.bindAddress).toBe(address)
  expect(loadClusterConfig('http: { enabled: false, port: 7946 }', NO_ENV).http.port).toBe(7946)
})

describe('a ring that would place keys wrongly, or nowhere', () => {
  const refused = (hashRing: object) => problemsOf(() => validateClusterConfig({ cluster: { hashRing } }))

  test('Z-11 an unknown hash function is refused, and nothing takes its place', () => {
    for (const hashFunction of ['xxhash', 'XXHASH64', 'sha1', '', null])
      expect(refused({ hashFunction })).toMatchObject([{ path: 'cluster.hashRing.hashFunction' }])
  })

  test.each(['virtualNodeCount', 'replicationFactor'])(
    'Z-8, Z-10 %s of nothing, or less, is refused',
    (name) => {
      for (const count of [0, -1, -256, NaN, 0.5]) expect(refused({ [name]: count })).toHaveLength(1)
    },
  )

  test('Z-9 a lookup cache of size 0 is none, and never one without a bound', () => {
    expect(
      validateClusterConfig({ cluster: { hashRing: { lookupCacheSize: 0 } } }).cluster.hashRing
        .lookupCacheSize,
    ).toBe(0)
    for (const lookupCacheSize of [-1, Infinity, 16_000_001])
      expect(refused({ lookupCacheSize })).toHaveLength(1)
  })
})

test('of a text that cannot be parsed, only that is told', () => {
  const problems = problemsIn('cluster:\n  weight: "2"\n  node_id: "a\n')
  expect(problems.map(({ path, bound }) => [path, bound])).toEqual([['', 'YAML, or JSON']])
})

test('all problems at once, in the order of the text, and the message has the first', () => {
  const text =
    'cluster:\n  weight: 0\n  bind_prot: 1\n  zone: a\n  zone: b\n' +
    'http:\n  port: -1\n  token: ""\nlogging: { level: 5 }\nx: 1\n'
  const problems = problemsIn(text)
  expect(problems.map(({ path, line }) => [path, line])).toEqual([
    ['cluster.weight', 2],
    ['cluster.bind_prot', 3],
    ['cluster.zone', 5],
    ['http.port', 7],
    ['http.token', 8],
    ['logging.level', 9],
    ['x', 10],
  ])
  expect(() => loadClusterConfig(text, NO_ENV)).toThrow(
    /^the configuration has 7 problems:\n {2}line 2, column 11: cluster\.weight is 0; [^]*\n {2}and 2 more$/,
  )
})
