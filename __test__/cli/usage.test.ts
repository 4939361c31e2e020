import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { ENTRY, complaintOf, numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const ROUTE = ['ring', 'route']

describe('wrong usage: code 2 and one line', () => {
  test.each<[string, string[], string]>([
    ['no command', [], 'a command is missing; --help lists them'],
    ['no command below ring', ['ring'], 'a command is missing; --help lists them'],
    ['an unknown command', ['rnig'], "unknown command 'rnig' (Did you mean ring?)"],
    ['an unknown command below ring', ['ring', 'rout'], "unknown command 'rout' (Did you mean route?)"],
    ['an unknown option', [...ROUTE, '--nods', 'a', 'k'], "unknown option '--nods' (Did you mean --nodes?)"],
    ['an unknown option in front', ['--foo'], "unknown option '--foo'"],
    ['no nodes', [...ROUTE, 'k'], 'the nodes are missing: give --nodes or --ring'],
    [
      'both',
      [...ROUTE, '--nodes', 'a', '--ring', 'f', 'k'],
      "'-n, --nodes <ids>' cannot be used with option '-r, --ring",
    ],
    [
      '--hash with a file',
      [...ROUTE, '--ring', 'f', '--hash', 'sha256', 'k'],
      "'--hash <name>' cannot be used with",
    ],
    [
      '--virtual-nodes with a file',
      [...ROUTE, '--ring', 'f', '--virtual-nodes', '9', 'k'],
      'cannot be used with',
    ],
    ['no keys', [...ROUTE, '--nodes', 'a'], 'the keys are missing: give them as arguments, or --keys'],
    [
      'no keys to analyze',
      ['ring', 'analyze', '--nodes', 'a'],
      'the keys are missing: give them as arguments, or --keys',
    ],
    [
      'keys twice',
      [...ROUTE, '--nodes', 'a', '--keys', 'f', 'k'],
      'keys are given as arguments and with --keys: give one',
    ],
    ['no key to explain', ['ring', 'explain', '--nodes', 'a'], "missing required argument 'key'"],
    [
      'two keys to explain',
      ['ring', 'explain', '--nodes', 'a', 'k', 'l'],
      "too many arguments for 'explain'",
    ],
    ['an option without its value', [...ROUTE, '--nodes'], "option '-n, --nodes <ids>' argument missing"],
    ['--keys twice', [...ROUTE, '--nodes', 'a', '--keys', 'x', '--keys', 'y'], 'It is given twice.'],
    [
      'an unknown hash',
      [...ROUTE, '--nodes', 'a', '--hash', 'md5', 'k'],
      'Allowed choices are xxhash64, sha256.',
    ],
    [
      'replicas 0',
      [...ROUTE, '--nodes', 'a', '--replicas', '0', 'k'],
      'It must be a whole number from 1 to 65,535.',
    ],
    [
      'replicas 1.5',
      [...ROUTE, '--nodes', 'a', '--replicas', '1.5', 'k'],
      'It must be a whole number from 1 to 65,535.',
    ],
    [
      'replicas for analyze',
      ['ring', 'analyze', '--nodes', 'a', '--replicas', '2', 'k'],
      "unknown option '--replicas'",
    ],
    ['virtual nodes', [...ROUTE, '--nodes', 'a', '--virtual-nodes', '65537', 'k'], 'from 1 to 65,536.'],
    ['an empty id', [...ROUTE, '--nodes', 'a,,b', 'k'], '--nodes has an empty id'],
    ['an id twice', [...ROUTE, '--nodes', 'a,b,a', 'k'], 'the node "a" is given twice'],
    [
      'an id with a space',
      [...ROUTE, '--nodes', 'a, b', 'k'],
      'the node id " b" begins or ends with a space',
    ],
    [
      'a long id',
      [...ROUTE, '--nodes', 'x'.repeat(256), 'k'],
      'has 256 bytes of UTF-8; it must have 1 to 255',
    ],
    [
      'a file of keys that is missing',
      [...ROUTE, '--nodes', 'a', '--keys', 'no\nsuch'],
      'cannot open the keys "no\\nsuch": no such file',
    ],
    [
      'a file of keys that is a directory',
      [...ROUTE, '--nodes', 'a', '--keys', '.'],
      'cannot open the keys ".": it is a directory',
    ],
    [
      'a ring file that is missing',
      [...ROUTE, '--ring', 'nope', 'k'],
      'cannot read the ring file "nope": no such file',
    ],
    [
      'a ring file that is a directory',
      [...ROUTE, '--ring', '.', 'k'],
      'cannot read the ring file ".": it is a directory',
    ],
  ])('%s', (_, args, message) => {
    expect(complaintOf(args, 2, '', files.path)).toContain(message)
  })
})

test('--version', () => {
  const { version } = JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8')) as {
    version: string
  }
  expect(run(['--version'])).toMatchObject({ code: 0, text: `${version}\n`, stderr: '' })
})

test('the entry can be run by name', () => {
  expect(readFileSync(ENTRY, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node')
})

describe.skipIf(process.platform === 'win32')('examples in the help run', () => {
  files.write('keys.txt', numberedKeys(50))
  const below = ['route', 'analyze', 'explain', 'ownership', 'plan', 'diff']
  const inConfig = ['check', 'show', 'schema', 'init'].map((name) => ['config', name])
  const commands = [[], ['ring'], ['config'], ['keygen'], ...inConfig, ...below.map((name) => ['ring', name])]
  const helps = commands.map((command) => run([...command, '--help']))
  const shim = join(files.path, 'hypercache')
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${ENTRY}' "$@"\n`)
  chmodSync(shim, 0o755)
  // The ring file of the help is the one that the examples use.
  const description = /^A ring file is .*\n((?: {2}.*\n)+)/m.exec(helps[1]!.text)![1]!
  files.write('ring.yaml', description)
  files.write('next.yaml', `${description}    - node3\n`)
  files.write('hypercache.yaml', 'cluster: { node_id: node1 }\n')

  test.each(helps)('help on stdout %#', ({ code, text, stderr }) => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(text).toMatch(/^Usage: hypercache/)
    expect(text.split('\n').filter((line) => line.startsWith('  $ ')).length).toBeGreaterThanOrEqual(3)
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  })

  const examples = helps.flatMap(({ text }) =>
    [...text.matchAll(/^ {2}\$ (.+)$/gm)].map((match) => match[1]!),
  )
  test.each([...new Set(examples)])('%s', (example) => {
    const env = { ...process.env, PATH: `${files.path}:${process.env.PATH}` }
    expect(execFileSync('sh', ['-c', example], { cwd: files.path, env }).length).toBeGreaterThan(0)
  })
})
