import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let licensesOf: (crates: ReturnType<typeof crate>[]) => string
let folder: string
beforeAll(async () => {
  ;({ licensesOf } = await import('../../scripts/pack/licenses.mjs'))
  folder = mkdtempSync(join(tmpdir(), 'hypercache-licenses-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A crate whose folder has these files. */
function crate(name: string, license: string | null, files: Record<string, string>) {
  const place = mkdtempSync(join(folder, name))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text)
  return { name, version: '1.0.0', license, repository: null, folder: place }
}

test('a text of several crates is there once, under their names', () => {
  const text = 'Permission is granted.\r\n'
  const said = licensesOf([
    crate('one', 'MIT', { LICENSE: text }),
    crate('two', '(MIT OR Apache-2.0) AND Unicode-3.0', { 'license-mit.txt': text.trim(), COPYING: 'Other' }),
  ])
  expect(said).toContain('\none 1.0.0: MIT, https://crates.io/crates/one/1.0.0\n')
  expect(said).toContain('\none 1.0.0, two 1.0.0\n\nPermission is granted.\n')
  expect(said).toContain('\ntwo 1.0.0\n\nOther\n')
})

test.each([
  ['GPL-3.0-only', 'bad 1.0.0 is under GPL-3.0-only; accepted are Apache-2.0,'],
  ['MIT AND CC0-1.0', 'bad 1.0.0 is under MIT AND CC0-1.0; accepted are'],
  [null, 'bad 1.0.0 names no licence; accepted are'],
])('a crate under %s is refused', (license, message) => {
  expect(() => licensesOf([crate('bad', license, { LICENSE: 'text' })])).toThrow(message)
})

test('a crate without the text of its licence is refused', () => {
  const made = crate('bad', 'MIT', { 'README.md': 'MIT' })
  expect(() => licensesOf([made])).toThrow(`bad 1.0.0 has no text of its licence in ${made.folder}`)
})
