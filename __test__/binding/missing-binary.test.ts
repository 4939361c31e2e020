/** An install without the native package says which one is wanted. */

import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { runNode } from './child.js'

const ROOT = resolve(__dirname, '../..')
const LIBC = { linux: '(gnu|musl)', win32: 'msvc' }[process.platform as string] ?? ''
let folder = ''

beforeAll(() => {
  // Outside the project: no node_modules above it.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hypercache-missing-')))
  for (const name of ['dist', 'index.js', 'package.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PROGRAM = `
  .then(() => console.log('loaded'), ({ name, code, message, cause }) => {
    console.log(JSON.stringify({ name, code, message, hasCause: cause instanceof Error }))
  })`

async function loading(how: string) {
  const { code, stdout, stderr } = await runNode(['-e', how + PROGRAM], folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as { name: string; code: string; message: string; hasCause: boolean }
}

test.each([
  ['require', "Promise.resolve().then(() => require('./dist/index.js'))"],
  ['import', "import('./dist/index.js')"],
  ['require again', "import('./dist/index.js').catch(() => require('./dist/index.js'))"],
])('%s fails with a code, and names what is missing', async (_, how) => {
  const { name, code, message, hasCause } = await loading(how)
  expect([name, code, hasCause]).toEqual(['HyperCacheError', 'ERR_HYPERCACHE_NATIVE_MISSING', true])
  const { platform, arch } = process
  const wanted = `@hypercache/binding-${platform}-${arch}${LIBC && `-${LIBC}`}`
  expect(message).toMatch(
    new RegExp(`no native binary for ${platform} ${arch}${LIBC && ` ${LIBC}`}: .*${wanted} `),
  )
})

test('a binary that does not load is the same error, and no crash', async () => {
  const file = join(folder, `hypercache.${process.platform}-${process.arch}${LIBC && '-gnu'}.node`)
  writeFileSync(file, 'no library')
  try {
    expect((await loading("import('./dist/index.js')")).code).toBe('ERR_HYPERCACHE_NATIVE_MISSING')
  } finally {
    rmSync(file)
  }
})

test('the command says the same, in one line', async () => {
  for (const name of ['commander', 'yaml']) {
    cpSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  }
  const program = join('dist', 'cli', 'main.js')
  const { code, stdout, stderr } = await runNode([program, 'route', '--nodes', 'a', 'key'], folder)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^hypercache: no native binary for [^\n]*\n$/)
})
