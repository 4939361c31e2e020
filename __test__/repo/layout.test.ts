import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { badNames, strayEntries } from './checkers/layout'
import { handWritten, root, source } from './checkers/sources'

describe('the layout', () => {
  test('the top level holds what is known and nothing else', () => {
    expect(strayEntries(readdirSync(root), source('.gitignore').text)).toEqual([])
  })

  test('files are named in the manner of their language', () => {
    expect(badNames(handWritten())).toEqual([])
  })

  test('every crate has its tests beside its sources, and lib.rs', () => {
    const crates = readdirSync(join(root, 'crates'))
    expect(crates).toEqual(expect.arrayContaining(['hypercache_core', 'hypercache_node', 'hypercache_napi']))
    for (const crate of crates)
      expect(existsSync(join(root, 'crates', crate, 'src', 'lib.rs')), crate).toBe(true)
  })
})

describe('the checks bite', () => {
  test('on an entry that nobody decided on', () => {
    const ignored = '/dist/\n*.node\n/.cache/\n'
    expect(strayEntries(['ts', 'dist', 'x.linux.node', '.cache', '.git'], ignored)).toEqual([])
    expect(strayEntries(['notes.txt', 'dist2', 'xnode'], ignored)).toHaveLength(3)
  })

  test('on names of the other language', () => {
    const named = (path: string) => badNames([{ path, text: '' }])
    expect(named('crates/a/src/hash_ring.rs')).toEqual([])
    expect(named('ts/ring/hash-ring.ts')).toEqual([])
    expect(named('__test__/unit/hash-ring.test.ts')).toEqual([])
    expect(named('crates/a/src/hash-ring.rs')).toHaveLength(1)
    expect(named('ts/ring/hash_ring.ts')).toHaveLength(1)
    expect(named('ts/ring/HashRing.ts')).toHaveLength(1)
  })
})
