/** The files of the project, and what a checker finds in them. */

import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The folder of the project. */
export const root = join(__dirname, '..', '..', '..')

/** A file as a checker reads it. Samples of the checkers' own tests are such files too. */
export interface Source {
  /** From the project's folder, with `/`. */
  path: string
  text: string
}

/** Folders that no file of the project is in. */
const notOurs = new Set(['node_modules', 'target', 'dist', '.git', '.cache'])

/** Reads a file of the project. */
export function source(path: string): Source {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** Reads the files under the folders whose path matches. A folder that is not there has none. */
export function sources(folders: string[], pattern: RegExp): Source[] {
  return folders
    .flatMap(pathsUnder)
    .filter((path) => pattern.test(path))
    .map(source)
}

function pathsUnder(folder: string): string[] {
  let entries
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true })
  } catch {
    return []
  }
  return entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (notOurs.has(entry.name)) return []
    return entry.isDirectory() ? pathsUnder(path) : [path]
  })
}

/** Everything that is written by hand in a programming language. */
export function handWritten(): Source[] {
  const places = ['crates', 'ts', '__test__', 'benches', 'scripts', 'page']
  return [
    ...sources(places, /\.(rs|ts|mts|cts|mjs|js)$/),
    source('eslint.config.mjs'),
    source('vitest.config.mts'),
  ]
}

/** The Rust files of the crates. */
export function rustSources(): Source[] {
  return sources(['crates'], /\.rs$/)
}

/** A broken rule, as a reader is to see it: an editor can jump to it. */
export function finding(file: Source, line: number, rule: string): string {
  return `${file.path}:${line}: ${rule}`
}

/** A finding for each line that matches. */
export function linesMatching(file: Source, pattern: RegExp, rule: string): string[] {
  return file.text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [finding(file, index + 1, rule)] : []))
}

/** The number of the line that holds a place of the text, from 1. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}
