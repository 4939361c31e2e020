// What of the build is there, and what is older than its sources.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, hasProgram, root, run } from './run.mjs'

/** What the addon is built from. */
const RUST_SOURCES = ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', 'crates']
/** The files of it that decide, by their names. */
export const RUST_FILE = /\.(rs|toml|lock)$/
/** What `dist/` is built from. */
const TYPESCRIPT_SOURCES = ['ts', 'tsconfig.json', 'tsconfig.build.json']

/** The built addon's file name, or nothing where there is none. */
export function addonFile() {
  return readdirSync(root).find((name) => /^hypercache\..+\.node$/.test(name))
}

/** Builds what is missing or older than its sources, and says so on standard error. */
export function buildWhatIsMissing() {
  needPackages()
  const needsAddon = isAddonStale()
  const needsScripts = needsAddon || isTypeScriptStale()
  if (needsAddon) {
    needCargo()
    console.error('Building the addon (the first time takes about a minute) …')
    run('npm', ['run', '--silent', 'build:addon'], { stdio: ['ignore', 2, 2] })
  }
  if (needsScripts) {
    console.error('Compiling the TypeScript …')
    run('npm', ['run', '--silent', 'build:ts'], { stdio: ['ignore', 2, 2] })
  }
}

/** Fails with one line where the packages are not installed. */
export function needPackages() {
  if (existsSync(join(root, 'node_modules', '@napi-rs', 'cli'))) return
  throw new CommandFailed('The packages are not installed: run `npm ci` first.')
}

/** Fails with one line where there is no Rust. */
export function needCargo() {
  if (hasProgram('cargo')) return
  throw new CommandFailed(
    'The addon has to be built and cargo is not on the PATH: get Rust from https://rustup.rs',
  )
}

/** Whether the addon is missing or older than the Rust sources. */
export function isAddonStale() {
  const addon = addonFile()
  const products = ['index.js', 'index.d.ts'].map((name) => join(root, name))
  if (addon === undefined || !products.every((file) => existsSync(file))) return true
  // The generated files are part of a checkout, so their times say nothing.
  return changedAtMs(join(root, addon)) < newest(RUST_SOURCES, RUST_FILE)
}

function isTypeScriptStale() {
  const products = ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js'].map((name) => join(root, name))
  if (!products.every((file) => existsSync(file))) return true
  const oldest = Math.min(...products.map(changedAtMs))
  return oldest < newest(TYPESCRIPT_SOURCES, /\.(ts|json)$/)
}

/** When the newest file under `places` with such a name was changed, in milliseconds since 1970. */
function newest(places, pattern) {
  let newestMs = 0
  for (const place of places.map((name) => join(root, name))) {
    const isFolder = statSync(place).isDirectory()
    const names = isFolder
      ? readdirSync(place, { recursive: true }).map((name) => join(place, name))
      : [place]
    for (const file of names.filter((name) => pattern.test(name))) {
      newestMs = Math.max(newestMs, changedAtMs(file))
    }
  }
  return newestMs
}

function changedAtMs(file) {
  return statSync(file).mtimeMs
}
