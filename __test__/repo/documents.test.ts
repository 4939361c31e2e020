import { describe, expect, test } from 'vitest'
import {
  codeDifferences,
  codesIn,
  codesOfTable,
  commandsIn,
  eventTypesIn,
  unknownScripts,
  unnamedIn,
} from './checkers/documents'
import { source, sources } from './checkers/sources'

const table = () => codesOfTable(source('docs/errors.md').text)
const scripts = Object.keys((JSON.parse(source('package.json').text) as { scripts: object }).scripts)

describe('error codes', () => {
  const rust = sources(['crates'], /^crates\/[^/]+\/src\/.*\.rs$/)
  const typeScript = sources(['ts'], /\.ts$/)

  test('each in the code has a row in docs/errors.md, and the other way', () => {
    const code = codesIn([...rust, ...typeScript].map(({ text }) => text))
    expect(code.size).toBeGreaterThan(10)
    expect(codeDifferences(code, table())).toEqual([])
  })

  test('the public type has exactly those of the table', () => {
    expect(codeDifferences(codesIn([source('ts/errors.ts').text]), table())).toEqual([])
  })
})

describe('documents', () => {
  test('the README gives the two commands that a newcomer needs', () => {
    const { text } = source('README.md')
    expect(text).toContain('npm ci && npm start')
    expect(text).toContain('npm test')
  })

  test('name only commands that exist', () => {
    const documents = [...sources(['docs', 'benches'], /\.md$/), ...sources(['.'], /^[A-Z]+\.md$/)]
    expect(documents.length).toBeGreaterThan(2)
    expect(unknownScripts(documents, scripts)).toEqual([])
  })

  test('have each command of the tool, and each type of event', () => {
    const commands = commandsIn(sources(['ts/cli'], /\.ts$/))
    expect(commands).toEqual(expect.arrayContaining(['serve', 'events', 'route']))
    expect(unnamedIn(source('docs/cli.md'), commands)).toEqual([])
    const types = eventTypesIn(source('ts/events/payloads.ts'))
    expect(types).toEqual(expect.arrayContaining(['member:joined', 'ring:changed', 'health:changed']))
    expect(unnamedIn(source('docs/events.md'), types)).toEqual([])
  })
})

describe('the checks bite', () => {
  test('on codes that only one side has', () => {
    const code = codesIn(["throw new E('ERR_HYPERCACHE_ONE')", "if (code.startsWith('ERR_HYPERCACHE_')) …"])
    const rows = codesOfTable(
      '| code | means |\n|---|---|\n| `ERR_HYPERCACHE_TWO` | see `ERR_HYPERCACHE_ONE` |',
    )
    expect([...code, ...rows]).toEqual(['ERR_HYPERCACHE_ONE', 'ERR_HYPERCACHE_TWO'])
    expect(codeDifferences(code, rows)).toHaveLength(2)
    expect(codeDifferences(code, code)).toEqual([])
  })

  test('on a command, or a type of event, that a document does not have', () => {
    const files = [{ path: 'ts/cli/a.ts', text: "program.command('rout')\nring.command('plan <id>')" }]
    const document = {
      path: 'docs/cli.md',
      text: 'With `hypercache ring plan --add`, routes are planned: `route`.',
    }
    expect(unnamedIn(document, commandsIn(files))).toEqual(['docs/cli.md: nothing about rout'])
    const payloads = { path: 'ts/events/payloads.ts', text: "const SHAPES = {\n  'ring:torn': SHAPE,\n}" }
    expect(unnamedIn(document, eventTypesIn(payloads))).toEqual(['docs/cli.md: nothing about ring:torn'])
  })

  test('on a command that is not there', () => {
    const text = 'Run\n`npm run build:addon` and `npm run nothing`.'
    expect(unknownScripts([{ path: 'README.md', text }], ['build:addon'])).toEqual([
      'README.md:2: package.json has no script nothing',
    ])
  })
})
