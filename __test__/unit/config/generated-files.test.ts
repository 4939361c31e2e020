import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { FIELDS } from '../../../dist/config/fields.js'
import { LEAVES } from '../../../dist/config/leaves.js'
import { loadClusterConfig, resolveClusterConfig } from '../../../dist/index.js'
import { problemsIn } from '../../helpers/config-problems.js'

const root = resolve(__dirname, '../../..')

/** A JSON Schema, as far as it is looked at here. */
interface Schema {
  type?: string
  description?: string
  additionalProperties?: unknown
  properties?: Record<string, Schema>
}

let generated: Record<string, string>
beforeAll(async () => {
  const path = join(root, 'scripts', 'generate-config.mjs')
  const script = (await import(path)) as { generatedFiles: () => Record<string, string> }
  generated = script.generatedFiles()
})

test.each([
  'config/hypercache.schema.json',
  'config/hypercache.yaml',
  'docs/config.md',
  'ts/config/cluster-config.ts',
])('%s is what npm run generate:config makes', (path) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(generated[path])
})

describe('the example', () => {
  test('loads without a warning, and is the defaults with a name', () => {
    const { config, warnings } = resolveClusterConfig(
      { path: join(root, 'config/hypercache.yaml') },
      { env: {} },
    )
    expect(warnings).toEqual([])
    expect(config).toEqual(loadClusterConfig('cluster: { node_id: node1 }', { env: {} }))
  })

  test('loads with every line that is commented out, but for the words in place of a key', () => {
    const text = generated['config/hypercache.yaml']!.replace(/^( *)#(?=\w+:)/gm, '$1')
    const [problem, ...others] = problemsIn(text)
    expect([problem!.path, others]).toEqual(['cluster.encryption_keys[0]', []])
    const key = randomBytes(32).toString('base64')
    const { origins, warnings } = resolveClusterConfig(
      { text: text.replace('what-npx-hypercache-keygen-prints', key) },
      { env: {} },
    )
    expect(warnings).toEqual([
      expect.stringMatching(/^cluster\.encryption_keys are not used/),
      expect.stringMatching(/^cluster\.serf\.rpc_auth_key is not used/),
    ])
    expect(Object.values(origins).filter((origin) => !/^file:\d+$/.test(origin))).toEqual([])
    expect(Object.keys(origins)).toHaveLength(LEAVES.length)
  })
})

describe('the schema', () => {
  const schema = () => JSON.parse(generated['config/hypercache.schema.json']!) as Schema

  test('describes every field, and takes no other', () => {
    const lacking: string[] = []
    const look = (path: string, { type, description, properties, additionalProperties }: Schema) => {
      if ((description ?? '').length < 20) lacking.push(path)
      if (properties === undefined) return
      if (type !== 'object' || additionalProperties !== false) lacking.push(path)
      for (const [name, inner] of Object.entries(properties)) look(`${path}.${name}`, inner)
    }
    look('', schema())
    expect(lacking).toEqual([])
    const blocks = schema().properties!
    expect(Object.keys(blocks)).toEqual(Object.keys(FIELDS.fields))
    expect(Object.keys(blocks.cluster!.properties!.hash_ring!.properties!)).toContain('hash_seed')
  })

  test('asks for no field', () => {
    expect(generated['config/hypercache.schema.json']).not.toContain('"required"')
  })
})

test('the variables of all fields differ', () => {
  expect(new Set(LEAVES.map(({ variable }) => variable)).size).toBe(LEAVES.length)
})

test('importing the package loads no library for configurations', () => {
  const load = `require(${JSON.stringify(join(root, 'dist/index.js'))})`
  const tell = String.raw`console.log(Object.keys(require.cache).join('\n'))`
  const loaded = execFileSync(process.execPath, ['-e', `${load}; ${tell}`]).toString()
  expect(loaded).toContain(join('dist', 'config', 'load-config.js'))
  expect(loaded).not.toMatch(/node_modules[/\\](zod|yaml|fastify|pino|prom-client)[/\\]/)
})
