import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { complaintOf, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const GOOD = 'cluster:\n  node_id: n1\n  hash_ring: { hash_seed: 18446744073709551615 }\n'
const BAD = 'cluster:\n  bind_prot: 1\n  weight: "2"\nhttp:\n  token: "s3cret s3cret"\n'

/** The rows of `config show`, by field: value, and where it came from. */
function shown(args: string[]): Record<string, string[]> {
  const { code, text } = run(['config', 'show', ...args])
  expect(code).toBe(0)
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  return Object.fromEntries(rows.map(([field, ...rest]) => [field!, rest]))
}

describe('config check', () => {
  test('one line and code 0 for a good file', () => {
    const path = files.write('good.yaml', GOOD)
    expect(run(['config', 'check', path])).toMatchObject({
      code: 0,
      text: `${path}: no problems\n`,
      stderr: '',
    })
  })

  test('every problem on a line of its own, with file, line and column, and code 2', () => {
    files.write('bad.yaml', BAD)
    const { code, text, stderr } = run(['config', 'check', 'bad.yaml'], '', files.path)
    expect({ code, text }).toEqual({ code: 2, text: '' })
    expect(stderr.split('\n')).toEqual([
      'bad.yaml:2:3: cluster.bind_prot is not a known field; did you mean bind_port?',
      'bad.yaml:3:11: cluster.weight is "2" (a text: write it without quotes); it must be a number above ' +
        '0, at most 16,000,000',
      expect.stringMatching(/^bad\.yaml:5:10: http\.token has a value that will not do \(it is not shown\)/),
      'hypercache: bad.yaml: 3 problems',
      '',
    ])
  })

  test('flags are checked too, and nothing of a value that may be a secret is shown', () => {
    const { code, stderr } = run([
      'config',
      'check',
      '--set',
      'http.tokn=s3cret',
      '--set',
      'http.token=s3cret ü',
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('flag: http.tokn is not a known field; did you mean http.token?\n')
    expect(stderr).not.toContain('s3cret')
    expect(complaintOf(['config', 'check', '--set', 's3cret'])).toBe(
      '--set must have the form path=value, as in http.port=8081',
    )
    expect(complaintOf(['config', 'check', '--http-port', '1', '--set', 'http.port=2'])).toBe(
      'http.port is set twice',
    )
  })

  test('a file that cannot be read, and no file at all', () => {
    const { code, stderr } = run(['config', 'check', 'none.yaml'], '', files.path)
    expect(code).toBe(2)
    expect(stderr.split('\n')[0]).toBe('cannot read the configuration file "none.yaml": no such file')
    expect(run(['config', 'check', '--node-id', 'n1'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('warnings go to stderr, with code 0', () => {
    const path = files.write('seeds.yaml', 'cluster: { node_id: n1, seeds: [a:1] }')
    const { code, stderr } = run(['config', 'check', path])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^hypercache: warning: cluster\.seeds are not used: [^\n]+\n$/)
  })

  test('nothing in a file steers the terminal or breaks a line', () => {
    files.write('escape.yaml', '"\\e[31m\\n": 1\ncluster: { node_id: "\\e[2J" }\n')
    const { stderr } = run(['config', 'check', 'escape.yaml'], '', files.path)
    expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(stderr.split('\n')).toHaveLength(4)
  })
})

describe('config show', () => {
  test('each value that counts, and where it came from', () => {
    files.write('show.yaml', `${GOOD}http: { token: a-secret-of-some-length }\n`)
    const table = shown([
      '--config',
      `${files.path}/show.yaml`,
      '--set',
      'cluster.preset=wan',
      '--http-port',
      '0',
    ])
    expect(table).toMatchObject({
      'cluster.node_id': ['n1', `${files.path}/show.yaml:2`],
      'cluster.hash_ring.hash_seed': ['18446744073709551615', `${files.path}/show.yaml:3`],
      'cluster.preset': ['wan', 'flag'],
      'cluster.heartbeat_interval_seconds': ['10', 'preset'],
      'cluster.bind_port': ['7946', 'default'],
      'cluster.hash_ring.routable_statuses': ['["alive","suspected","updating"]', 'default'],
      'http.port': ['0', 'flag'],
      'http.token': ['(hidden)', `${files.path}/show.yaml:4`],
    })
    expect(table).not.toHaveProperty('cluster.zone')
  })

  test('the file may be an argument, as in config check', () => {
    const path = files.write('argument.yaml', GOOD)
    expect(shown([path])['cluster.node_id']).toEqual(['n1', `${path}:2`])
  })

  test('as an object, in the names of the file', () => {
    const { code, text, stderr } = run([
      'config',
      'show',
      '--json',
      '--set',
      'http.token=a-secret',
      '--node-id',
      'n',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { config, origins, warnings } = JSON.parse(text)
    expect(config.cluster).toMatchObject({
      node_id: 'n',
      hash_ring: { hash_seed: '0', virtual_node_count: 256 },
    })
    expect(config.http.token).toBe('(hidden)')
    expect(origins['cluster.node_id']).toBe('flag')
    expect(warnings).toEqual([expect.stringContaining('less than 16 characters')])
    expect(text).not.toContain('a-secret')
  })

  test('no key is shown', () => {
    const key = Buffer.alloc(32, 'key').toString('base64')
    const flags = ['--set', `cluster.encryption_keys=${key}`, '--set', 'cluster.serf.rpc_auth_key=s3cret']
    expect(shown(flags)).toMatchObject({
      'cluster.encryption_keys': ['(hidden)', 'flag'],
      'cluster.serf.rpc_auth_key': ['(hidden)', 'flag'],
    })
    const { text, stderr } = run(['config', 'show', '--json', ...flags])
    expect(JSON.parse(text).config.cluster).toMatchObject({
      encryption_keys: '(hidden)',
      serf: { rpc_auth_key: '(hidden)' },
    })
    expect(text + stderr).not.toMatch(/s3cret|a2V5/)
  })

  test('a configuration that is refused is one line with the first problems', () => {
    files.write('bad.yaml', `${BAD}logging: { level: 1 }\n`)
    const line = complaintOf(['config', 'show', '--config', 'bad.yaml'], 2, '', files.path)
    expect(line).toMatch(
      /^the configuration cannot be used \(4 problems\): bad\.yaml:2:3: cluster\.bind_prot /,
    )
    expect(line).toMatch(/; and 1 more$/)
    expect(line).not.toContain('s3cret')
  })

  test('flags that are wrong', () => {
    expect(complaintOf(['config', 'show', '--config', ''])).toContain('It is empty.')
    expect(complaintOf(['config', 'show', '--log-level', 'loud'])).toContain('flag: logging.level is "loud"')
    expect(complaintOf(['config', 'show', 'a.yaml', 'b.yaml'])).toContain("too many arguments for 'show'")
    expect(complaintOf(['config', 'show', 'a.yaml', '--config', 'b.yaml'])).toBe(
      'the file is given twice: as an argument, and by --config',
    )
  })
})

test('config init and config schema print what is committed', () => {
  const committed = (name: string) => readFileSync(resolve(__dirname, '../../config', name), 'utf8')
  expect(run(['config', 'init']).text).toBe(committed('hypercache.yaml'))
  expect(run(['config', 'schema']).text).toBe(committed('hypercache.schema.json'))
})

test('a file that is given as an argument where there is none is told how to be given', () => {
  expect(complaintOf(['serve', 'a.yaml'])).toMatch(/^too many arguments for 'serve'.*; write --config FILE$/)
  expect(complaintOf(['config', 'init', 'a.yaml'])).toMatch(/^too many arguments for 'init'.*; write > FILE$/)
  expect(complaintOf(['config', 'schema', 'a.json'])).toMatch(/; write > FILE$/)
})
