/** What git keeps: sources and listed data, never what a build makes of them. */

import { execFileSync } from 'node:child_process'

/** A file that git tracks. */
export interface TrackedFile {
  /** From the top of the work tree, with `/`. */
  path: string
  /** As it is in the index. */
  bytes: number
}

const BYTES_MAX = 256 * 1024
/** Data that may be larger. Each is a decision: a clone carries every version of it for ever. */
export const LARGE_DATA: ReadonlySet<string> = new Set<string>()
/** Folders that builds, package managers and fuzzers fill. */
const built = new Set(['target', 'dist', 'node_modules', 'npm', 'artifacts', 'coverage', '.cache'])
/** Addons and packages: both hold what was compiled. */
const compiled = /\.(node|tgz|tar\.gz|so|dylib|dll|exe|rlib|o|a)$/

/** The files that git tracks in the work tree whose top is `folder`, whether they are there or not. */
export function trackedFiles(folder: string): TrackedFile[] {
  const git = (args: string[], input?: string) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', input })
  const entries = git(['ls-files', '-z', '--stage'])
    .split('\0')
    .flatMap((line) => {
      const entry = /^\d+ ([0-9a-f]+) \d\t(.*)$/s.exec(line)
      return entry === null ? [] : [{ object: entry[1]!, path: entry[2]! }]
    })
  const ids = entries.map(({ object }) => `${object}\n`).join('')
  const sizes = git(['cat-file', '--batch-check=%(objectsize)'], ids).split('\n')
  return entries.map(({ path }, at) => ({ path, bytes: Number(sizes[at]) }))
}

/** Tracked files that a build made, and such as are too large for a source. */
export function strayFiles(files: TrackedFile[], largeData = LARGE_DATA): string[] {
  return files.flatMap(({ path, bytes }) => {
    const folder = path
      .split('/')
      .slice(0, -1)
      .find((name) => built.has(name))
    if (folder !== undefined) return [`${path}: is in ${folder}/, which a build fills`]
    if (compiled.test(path)) return [`${path}: is built, not written`]
    if (bytes <= BYTES_MAX || largeData.has(path)) return []
    return [`${path}: ${bytes} bytes, at most ${BYTES_MAX}, but for data that LARGE_DATA lists`]
  })
}
