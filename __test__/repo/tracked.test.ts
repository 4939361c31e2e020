import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../helpers/temporary-folder'
import { root } from './checkers/sources'
import { LARGE_DATA, strayFiles, trackedFiles } from './checkers/tracked'

const checkout = import('../../scripts/checkout.mjs')

test('git tracks no build output and nothing large', async (context) => {
  const { isCheckout } = await checkout
  if (!isCheckout(root)) {
    console.log('not checked: this is no git checkout, so nothing says which files are tracked')
    return context.skip('this is no git checkout')
  }
  const files = trackedFiles(root)
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  console.log(`git tracks ${files.length} files of ${Math.round(total / 1024)} KiB in all`)
  expect(files.map(({ path }) => path)).toContain('package.json')
  expect(strayFiles(files)).toEqual([])
  expect([...LARGE_DATA].filter((data) => !files.some(({ path }) => path === data))).toEqual([])
})

describe('the checks bite', () => {
  const folders: ReturnType<typeof temporaryFolder>[] = []
  afterEach(() => folders.splice(0).forEach(({ remove }) => remove()))

  /** A work tree with these files in the index, ignored or not. */
  function planted(files: Record<string, string>): string {
    const folder = temporaryFolder('tracked')
    folders.push(folder)
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder.path })
    git('init', '--quiet')
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder.path, path)), { recursive: true })
      writeFileSync(join(folder.path, path), text)
      git('add', '--force', path)
    }
    return folder.path
  }

  test('on planted build output, though .gitignore names it', async () => {
    const { isCheckout } = await checkout
    const tree = planted({
      '.gitignore': 'target/\n*.node\n',
      'src/target.rs': '',
      'a/fuzz/target/release/deps/a.d': '',
      'hypercache.linux-x64-gnu.node': '',
      'größe.tgz': '',
    })
    expect(isCheckout(tree)).toBe(true)
    expect(strayFiles(trackedFiles(tree)).sort()).toEqual([
      'a/fuzz/target/release/deps/a.d: is in target/, which a build fills',
      'größe.tgz: is built, not written',
      'hypercache.linux-x64-gnu.node: is built, not written',
    ])
  })

  test('on a large file, unless it is listed', () => {
    const files = trackedFiles(planted({ 'fits.csv': 'x'.repeat(262_144), 'large.csv': 'x'.repeat(262_145) }))
    expect(strayFiles(files)).toEqual([
      'large.csv: 262145 bytes, at most 262144, but for data that LARGE_DATA lists',
    ])
    expect(strayFiles(files, new Set(['large.csv']))).toEqual([])
  })

  test('on a folder that git does not know, or knows only as a part of another', async () => {
    const { isCheckout } = await checkout
    const tree = planted({ 'unpacked/package.json': '{}' })
    expect(isCheckout(join(tree, 'unpacked'))).toBe(false)
    const folder = temporaryFolder('unpacked')
    folders.push(folder)
    expect(isCheckout(folder.path)).toBe(false)
  })
})
