// The licences of what is compiled into the addon: crates of others, and Rust's own library.

import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandFailed, root, run } from '../run.mjs'
import { copy, write } from './files.mjs'

/** What was looked at, and may be in the addon. Another one is a decision: add it here, and to the README. */
const accepted = new Set(['Apache-2.0', 'BSL-1.0', 'ISC', 'MIT', 'MPL-2.0', 'Unicode-3.0', 'Unlicense'])

/** Repositories whose crates are published without the text of their licence, and where it is. */
const textsElsewhere = new Map([
  ['https://github.com/napi-rs/napi-rs', join(root, 'node_modules', '@napi-rs', 'cli')],
])

const TEXTS = 'THIRD-PARTY-LICENSES'
const RUST_TEXTS = 'THIRD-PARTY-LICENSES-RUST.html'

const head = `The binary in this package is made of HyperCache (see LICENSE), of the Rust standard library (see
${RUST_TEXTS}), and of the crates below, unchanged. Their sources are at the addresses given.
`

/** Writes what belongs beside an addon for `target`, and answers the names of the files. */
export function stageLicenses(folder, target) {
  write(join(folder, TEXTS), licensesOf(cratesFor(target)))
  const sysroot = run('rustc', ['--print', 'sysroot'], { stdio: ['ignore', 'pipe', 2] }).trim()
  const notices = join(sysroot, 'share', 'doc', 'rust', 'COPYRIGHT-library.html')
  copy(notices, join(folder, RUST_TEXTS))
  return [TEXTS, RUST_TEXTS]
}

/** The crates of others that the addon for `target` depends on, macros too: what they write is compiled. */
function cratesFor(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', target]
  const { packages, resolve } = JSON.parse(
    run('cargo', args, { stdio: ['ignore', 'pipe', 2], maxBuffer: 1 << 28 }),
  )
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]))
  const reached = new Set([packages.find(({ name }) => name === 'hypercache_napi').id])
  for (const id of reached) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) reached.add(pkg)
    }
  }
  return packages
    .filter(({ id, source }) => reached.has(id) && source !== null)
    .map(({ name, version, license, repository, manifest_path: manifest }) => {
      return { name, version, license, repository, folder: dirname(manifest) }
    })
}

/**
 * One text for crates: a list of them, then each text of a licence once, with the crates that have it. Fails
 * where a licence is not accepted, and where a crate has no text.
 */
export function licensesOf(crates) {
  const crateNames = crates.map(({ name, version }) => `${name} ${version}`)
  const byText = new Map()
  crates.forEach((crate, index) => {
    checkAccepted(crate)
    for (const text of textsOf(crate)) byText.set(text, [...(byText.get(text) ?? []), crateNames[index]])
  })
  const list = crates.map(({ name, version, license }) => {
    return `${name} ${version}: ${license}, https://crates.io/crates/${name}/${version}`
  })
  const rule = `\n${'-'.repeat(80)}\n`
  const texts = [...byText].map(([text, names]) => `${rule}${names.join(', ')}\n\n${text}\n`)
  return `${head}\n${list.join('\n')}\n${texts.join('')}`
}

function checkAccepted({ name, version, license }) {
  const words = (license ?? '').split(/[\s()/]+/).filter((word) => !['', 'AND', 'OR'].includes(word))
  const unknown = words.filter((word) => !accepted.has(word))
  if (words.length > 0 && unknown.length === 0) return
  const said = license === null ? 'names no licence' : `is under ${license}`
  throw new CommandFailed(`${name} ${version} ${said}; accepted are ${[...accepted].join(', ')}`)
}

function textsOf({ name, version, repository, folder }) {
  const place = textsElsewhere.get(repository) ?? folder
  const named = /^(licen[cs]e|copying|copyright|notice|unlicense)/i
  const files = readdirSync(place).filter((file) => named.test(file))
  if (files.length === 0) throw new CommandFailed(`${name} ${version} has no text of its licence in ${place}`)
  return files.map((file) => readFileSync(join(place, file), 'utf8').replaceAll('\r\n', '\n').trim())
}
