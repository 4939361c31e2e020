// How files of a package are laid out.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandFailed } from '../run.mjs'

/** Copies a file or a folder that belongs to a package. */
export function copy(from, to) {
  if (!existsSync(from)) throw new CommandFailed(`${from} is missing: it belongs to a package`)
  cpSync(from, to, { recursive: true })
}

/** Writes a text, and makes its folder. */
export function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Reads a manifest. */
export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Writes a manifest. */
export function writeJson(file, value) {
  write(file, `${JSON.stringify(value, null, 2)}\n`)
}
