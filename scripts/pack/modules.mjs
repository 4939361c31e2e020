// The modules of `dist/`, by what they import.

import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { root } from '../run.mjs'

const dist = join(root, 'dist')

/** The text of a compiled file, or of declarations. `path` is seen from `dist/`, as everywhere here. */
export function textOf(path) {
  return readFileSync(join(dist, path), 'utf8')
}

/** What a file imports by relative specifiers, each with its place between the quotes. */
export function importsOf(path) {
  const [readsImports, detectsRequire] = [true, true]
  const { importedFiles } = ts.preProcessFile(textOf(path), readsImports, detectsRequire)
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName, pos }) => ({
      start: pos + 1,
      end: pos + 1 + fileName.length,
      target: targetOf(path, fileName),
    }))
}

/** Declarations name the module, `./a.js`, and mean its declarations, `./a.d.ts`. */
function targetOf(path, specifier) {
  const target = posix.join(posix.dirname(path), specifier)
  return path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target
}

/** Files and all that they reach, but for what is `left` out: nothing that an older build has left there. */
export function reachedFrom(entries, left = new Map()) {
  const reached = new Set(entries)
  for (const path of reached) {
    for (const { target } of importsOf(path)) if (!left.has(target)) reached.add(target)
  }
  return reached
}

/** The text of a file, with the specifiers that `replaced` has for what it imports. */
export function withImports(path, replaced) {
  let text = textOf(path)
  for (const { start, end, target } of importsOf(path).reverse()) {
    text = text.slice(0, start) + (replaced.get(target) ?? text.slice(start, end)) + text.slice(end)
  }
  return text
}
