/** Every example runs, and prints what it is there to show. */

import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const folder = join(__dirname, '..', '..', '..', 'examples')
const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'))

async function linesOf(file: string): Promise<string[]> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, file)], {
    timeout: 15_000,
  })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

describe('the examples', () => {
  test('are those that the list names', () => {
    const listed = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| `(.*?)`/gm)].map(
      ([, name]) => name,
    )
    expect(listed.sort()).toEqual(files.sort())
  })

  test('start-cluster', async () => {
    const lines = await linesOf('start-cluster.mjs')
    expect(lines[0]).toBe('members: node1 (alive)')
    expect(lines[1]).toBe('user:42 is owned by node1 (here)')
    expect(lines[2]).toMatch(/^node2 would take 4\d\.\d % of the keys$/)
    expect(lines[3]).toBe('user:42 is owned by node2')
  })

  test('health-check', async () => {
    const lines = await linesOf('health-check.mjs')
    expect(lines).toEqual(['ready', 'not ready: store: no connection', 'ready'])
  })

  test('replica-selection', async () => {
    const lines = await linesOf('replica-selection.mjs')
    const replicas = lines[0]!.replace('replicas: ', '').split(', ')
    expect(lines.slice(1)).toEqual([
      `first: ${replicas[0]}`,
      'leastLoaded: node2',
      `sameZoneFirst: ${replicas.find((id) => id !== 'node2')}`,
      `the last: ${replicas.at(-1)}`,
    ])
  })

  test('hash-function', async () => {
    const lines = await linesOf('hash-function.mjs')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toMatch(/^user:4[23] → node[12]$/)
  })

  test('lookup-cache', async () => {
    expect(await linesOf('lookup-cache.mjs')).toEqual([
      'auto: 0 hits, 0 misses',
      'on: 9 hits, 1 misses',
      'off: 0 hits, 0 misses',
    ])
  })

  test('event-handler', async () => {
    expect(await linesOf('event-handler.mjs')).toEqual([
      '1: coordinator:started on node1',
      '7: coordinator:stopped on node1',
      ...['saved a', 'saved b', 'saved c', 'too slow for 2'],
      'the stream gave 7 events',
      'the log has 5 events of our own',
    ])
  })
})
