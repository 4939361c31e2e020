/** Where things are: the top level, and the names of files. */

import { basename } from 'node:path'
import type { Source } from './sources'

/** What the top level may hold. A new entry is a decision: add it here, and to CONTRIBUTING.md. */
const topLevel = new Set([
  '.ci',
  '.editorconfig',
  '.github',
  '.gitignore',
  '.npmrc',
  '.prettierignore',
  '.prettierrc.json',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'Cargo.lock',
  'Cargo.toml',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  '__test__',
  'benches',
  'config',
  'crates',
  'docs',
  'eslint.config.mjs',
  'examples',
  'index.d.ts',
  'index.js',
  'package-lock.json',
  'package.json',
  'page',
  'rust-toolchain.toml',
  'rustfmt.toml',
  'scripts',
  'ts',
  'tsconfig.build.json',
  'tsconfig.json',
  'vitest.config.mts',
])

/** Entries of the top level that nobody decided on. `ignored` is the text of `.gitignore`. */
export function strayEntries(entries: string[], ignored: string): string[] {
  const patterns = ignored.split('\n').flatMap((line) => {
    const name = line.trim().replace(/^\/|\/$/g, '')
    return name === '' ? [] : [new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)]
  })
  const isKnown = (entry: string) =>
    entry === '.git' || topLevel.has(entry) || patterns.some((pattern) => pattern.test(entry))
  return entries.filter((entry) => !isKnown(entry)).map((entry) => `${entry} is not known at the top level`)
}

/** File names that break the convention: snake_case in Rust, kebab-case in TypeScript and JavaScript. */
export function badNames(files: Source[]): string[] {
  return files.flatMap(({ path }) => {
    const name = basename(path)
    const isRust = name.endsWith('.rs')
    const pattern = isRust
      ? /^[a-z][a-z0-9]*(_[a-z0-9]+)*\.rs$/
      : /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.(test|browser|bench|config|d))?\.(ts|mts|cts|mjs|js)$/
    return pattern.test(name) ? [] : [`${path}: file names are ${isRust ? 'snake_case' : 'kebab-case'}`]
  })
}
