import { describe, expect, test } from 'vitest'
import { codeDifferences, codesIn, codesOfTable, unknownScripts } from './checkers/documents'
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

  test('on a command that is not there', () => {
    const text = 'Run\n`npm run build:addon` and `npm run nothing`.'
    expect(unknownScripts([{ path: 'README.md', text }], ['build:addon'])).toEqual([
      'README.md:2: package.json has no script nothing',
    ])
  })
})
