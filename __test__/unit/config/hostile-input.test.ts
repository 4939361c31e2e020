import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'

import { afterAll, describe, expect, test } from 'vitest'

import { LEAVES } from '../../../dist/config/leaves.js'
import { loadClusterConfig, validateClusterConfig } from '../../../dist/index.js'
import { problemsIn, problemsOf } from '../../helpers/config-problems.js'
import { temporaryFolder } from '../../helpers/temporary-folder.js'

const files = temporaryFolder('hostile')
afterAll(files.remove)

describe('files that are none', () => {
  const problemsWith = (path: string) => problemsOf(() => loadClusterConfig({ path }, { env: {} }))

  test.each([
    ['that is missing', () => `${files.path}/none`, 'no such file'],
    ['that is a directory', () => files.path, 'it is a directory'],
    ['below a file', () => `${__filename}/a`, 'a part of the path is not a directory'],
    ['with a NUL in its name', () => 'a\0b', 'cannot read the configuration file "a\\u0000b"'],
    ['without a name', () => '', 'no such file'],
  ])('a file %s', (_, path, message) => {
    const [problem, ...more] = problemsWith(path())
    expect(problem).toMatchObject({ path: '', origin: 'file', message: expect.stringContaining(message) })
    expect(problem!.bound).toBe('a file in UTF-8 of at most 262,144 bytes')
    expect(more).toEqual([])
  })

  test.skipIf(process.platform === 'win32')('without an end', () => {
    expect(problemsWith('/dev/zero')[0]!.message).toBe(
      'the configuration file "/dev/zero" is larger than 262,144 bytes',
    )
  })

  test('of 10 MB', () => {
    const path = `${files.path}/large.yaml`
    const file = openSync(path, 'w')
    ftruncateSync(file, 10_000_000)
    closeSync(file)
    expect(problemsWith(path)[0]!.message).toContain('is larger than 262,144 bytes')
    const text = `cluster:\n${'  a: 1\n'.repeat(1_500_000)}`
    expect(problemsIn(text)).toMatchObject([{ message: expect.stringContaining('at most 262,144 bytes') }])
  })

  test('not in UTF-8, with the place of the first bad byte', () => {
    const path = `${files.path}/latin1.yaml`
    writeFileSync(path, Buffer.concat([Buffer.from('a: "é"\nb: "'), Buffer.from([0xe9]), Buffer.from('"\n')]))
    expect(problemsWith(path)).toMatchObject([
      { line: 2, column: 5, message: expect.stringMatching(/is not UTF-8$/) },
    ])
  })

  test('of another kind', () => {
    const path = `${files.path}/noise`
    writeFileSync(path, Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * index) % 251)))
    expect(problemsWith(path)).toHaveLength(1)
    expect(problemsIn(`${'line of a log\n'.repeat(1_000)}`).length).toBeGreaterThan(0)
  })
})

describe('YAML that blows up', () => {
  const bomb = Array.from({ length: 30 }, (_, level) => {
    const items = Array(9).fill(level === 0 ? 'x' : `*l${level - 1}`)
    return `l${level}: &l${level} [${items.join(', ')}]`
  })

  test('aliases of aliases take no memory, and are refused where they stand', () => {
    const problems = problemsIn(
      `${bomb.join('\n')}\ncluster: { seeds: *l29, metadata: *l29, node_id: *l29 }\n`,
    )
    expect(problems.map(({ path }) => path).slice(0, 3)).toEqual(['l0', 'l1', 'l2'])
    expect(problems).toHaveLength(30 + 9 + 2)
    expect(problems).toContainEqual(
      expect.objectContaining({ path: 'cluster.seeds[8]', value: 'an array of 9' }),
    )
  })

  test('aliases in a circle', () => {
    expect(problemsIn('&a\ncluster: *a\n')[0]).toMatchObject({ path: 'cluster.cluster' })
    expect(problemsIn('cluster:\n  seeds: &s [*s]\n')[0]).toMatchObject({ path: 'cluster.seeds[0]' })
    expect(problemsIn('cluster: &c\n  hash_ring: *c\n').length).toBeGreaterThan(0)
  })

  test.each([
    ['[', 30_000],
    ['{a: ', 20_000],
    ['- ', 20_000],
    ['? ', 20_000],
    ['a: [', 20_000],
  ])('%j, %i times: nested too deeply', (piece, count) => {
    const problems = problemsIn(piece.repeat(count))
    expect(problems.map(({ message }) => message)).toContain('nested too deeply')
    expect(problems.length).toBeLessThanOrEqual(1_000)
  })

  test('very many names: a bounded number of problems, and a count of the rest', () => {
    const names = Array.from({ length: 15_000 }, (_, index) => `name${index}: 1`)
    const problems = problemsIn(names.join('\n'))
    expect(problems).toHaveLength(101)
    expect(problems.map(({ message }) => message)).toContain(
      'the configuration has 14,900 more names that are not known',
    )
    expect(problemsIn('a: 1\n'.repeat(20_000))).toHaveLength(1_000)
  })

  test('a number with very many digits', () => {
    const [problem] = problemsIn(`cluster: { bind_port: ${'9'.repeat(100_000)} }`)
    expect(problem!.message.length).toBeLessThan(200)
  })
})

describe('objects that misbehave', () => {
  const thrower = () => {
    throw new Error('mine')
  }
  const everything = new Proxy({}, { get: thrower, ownKeys: thrower, getPrototypeOf: thrower, has: thrower })
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()

  test.each([
    [
      'a getter that throws',
      {
        get node_id() {
          return thrower()
        },
      },
      'node_id',
      'cannot be read: its getter throws',
    ],
    ['a proxy that throws', { node_id: everything }, 'node_id', 'is an object; it must be a text'],
    ['a proxy for a block', { hash_ring: everything }, 'hash_ring', 'it must be a mapping'],
    ['a revoked proxy', { node_id: revoked }, 'node_id', 'is a revoked proxy'],
    ['a revoked proxy for a block', { hash_ring: revoked }, 'hash_ring', 'is a revoked proxy'],
    ['a revoked proxy for a list', { seeds: revoked }, 'seeds', 'it must be a list'],
    ['a revoked proxy for a mapping', { metadata: revoked }, 'metadata', 'it must be a mapping'],
    [
      'a list with a getter that throws',
      { seeds: new Proxy([1], { get: thrower }) },
      'seeds',
      'it must be a list',
    ],
    ['a list with holes', { seeds: Array(1) }, 'seeds[0]', 'is undefined'],
    [
      'a list without an end',
      { seeds: new Proxy([], { get: (_, name) => (name === 'length' ? 1e9 : 'a:1') }) },
      'seeds',
      'a list of at most 256',
    ],
    ['a function', { node_id: thrower }, 'node_id', 'is a function'],
    ['a symbol', { node_id: Symbol('x') }, 'node_id', 'is a symbol'],
    ['an instance', { metadata: new Date() }, 'metadata', 'is an object'],
    ['a text object', { node_id: new String('a') }, 'node_id', 'is an object'],
    ['a bigint that is no port', { bind_port: 2n ** 70n }, 'bind_port', 'it must be a whole number'],
    [
      'a seed that a number cannot hold',
      { hashRing: { hashSeed: 2 ** 60 } },
      'hashRing.hashSeed',
      'as a text of digits',
    ],
    ['NaN', { weight: NaN }, 'weight', 'is NaN'],
    ['minus nothing', { weight: -0 }, 'weight', 'above 0'],
  ])('%s', (_, cluster, path, message) => {
    const problems = problemsOf(() => validateClusterConfig({ cluster }))
    expect(problems).toMatchObject([{ path: `cluster.${path}`, message: expect.stringContaining(message) }])
    // Whoever logs a problem gets nothing back that throws.
    expect(() => JSON.stringify(problems)).not.toThrow()
  })

  test('as a whole', () => {
    for (const value of [everything, revoked, thrower, Symbol('x'), 1n])
      expect(problemsOf(() => validateClusterConfig(value))).toMatchObject([{ path: '' }])
  })

  test.each(LEAVES.map(({ path }) => path))('Z-57 %s does not take everything', (path) => {
    const names = path.split('.')
    const config = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), Symbol('x'))
    expect(problemsOf(() => validateClusterConfig(config))).toMatchObject([{ path }])
  })

  test('an object that contains itself', () => {
    const circle: Record<string, unknown> = { weight: 1 }
    circle.hash_ring = circle
    circle.metadata = circle
    const problems = problemsOf(() => validateClusterConfig({ cluster: circle }))
    expect(problems.map(({ path }) => path)).toContain('cluster.metadata.hash_ring')
  })

  test('__proto__ as a name is a name', () => {
    const parsed: unknown = JSON.parse(
      '{"__proto__":{"http":{"port":1}},"cluster":{"__proto__":{"weight":9}}}',
    )
    expect(problemsOf(() => validateClusterConfig(parsed)).map(({ path }) => path)).toEqual([
      '__proto__',
      'cluster.__proto__',
    ])
    expect(validateClusterConfig(Object.create(null)).http.port).toBe(8080)
    expect(({} as { http?: unknown }).http).toBeUndefined()
  })

  test('names that every object has are no fields', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      expect(problemsOf(() => validateClusterConfig({ [name]: 1 }))).toHaveLength(1)
  })
})
