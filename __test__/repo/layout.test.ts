import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { minVersion } from 'semver'
import { describe, expect, test } from 'vitest'
import { badNames, strayEntries } from './checkers/layout'
import { handWritten, root, source } from './checkers/sources'

describe('the layout', () => {
  test('the top level holds what is known and nothing else', () => {
    expect(strayEntries(readdirSync(root), source('.gitignore').text)).toEqual([])
  })

  test('editors, formatters and the rule of the style agree on the width of a line', () => {
    const widths = [
      /^\[\*\]\n(?:.+\n)*max_line_length = (\d+)$/m.exec(source('.editorconfig').text),
      /"printWidth": (\d+)/.exec(source('.prettierrc.json').text),
      /^max_width = (\d+)$/m.exec(source('rustfmt.toml').text),
      /^const columnsMax = (\d+)$/m.exec(source('__test__/repo/checkers/style.ts').text),
    ]
    expect(widths.map((found) => found?.[1])).toEqual(Array(4).fill('110'))
  })

  test('the compiler that is pinned is one that the crates take', () => {
    const oldest = /^rust-version = "(.*)"$/m.exec(source('Cargo.toml').text)![1]!
    const pinned = /^channel = "(.*)"$/m.exec(source('rust-toolchain.toml').text)![1]!
    expect(pinned).toMatch(/^\d+\.\d+\.\d+$/)
    expect(minVersion(`>=${oldest}`)!.compare(pinned)).toBeLessThanOrEqual(0)
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
