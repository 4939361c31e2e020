// `npm run test:instructions`: how many instructions the ring takes, compared with the committed record. It
// fails where a count rose by more than 5 %; `-- --update` writes the record anew. Needs valgrind.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { needCargo } from './build-state.mjs'
import { CommandFailed, hasProgram, main, root, run } from './run.mjs'

// The version of the library in benches/Cargo.toml: the two only talk to their like.
const RUNNER_VERSION = '0.16.1'
const RISE_MAX = 0.05
const recordFile = join(root, 'benches', 'record', 'instructions.json')
const captured = { stdio: ['ignore', 'pipe', 'inherit'] }

await main(() => {
  if (!hasProgram('valgrind')) {
    console.log('skipped: valgrind is not installed')
    return
  }
  needCargo()
  const rustc = run('rustc', ['--version'], captured).trim()
  const counts = measure(installedRunner())
  if (process.argv.includes('--update')) {
    write({ rustc, counts })
    return
  }
  if (!existsSync(recordFile)) throw new CommandFailed(`${recordFile} is missing: -- --update writes it`)
  const record = JSON.parse(readFileSync(recordFile, 'utf8'))
  if (record.rustc !== rustc) console.log(`note: the record is of ${record.rustc}, this is ${rustc}`)
  compare(record.counts, counts)
})

/** The program that starts valgrind, installed below target/ where it is not there yet. */
function installedRunner() {
  const folder = join(root, 'target', 'tools')
  const file = join(folder, 'bin', 'iai-callgrind-runner')
  // The runner has no way to tell its version; what cargo has installed in a folder stands in this file.
  const list = join(folder, '.crates.toml')
  const isThere =
    existsSync(file) &&
    existsSync(list) &&
    readFileSync(list, 'utf8').includes(`"iai-callgrind-runner ${RUNNER_VERSION} `)
  if (!isThere) {
    const version = ['--version', RUNNER_VERSION]
    run('cargo', ['install', '--locked', '--root', folder, 'iai-callgrind-runner', ...version])
  }
  return file
}

/** Instructions by the name of the benchmark. */
function measure(runner) {
  const bench = ['bench', '--locked', '-p', 'hypercache_benches', '--features', 'instructions']
  const output = run('cargo', [...bench, '--bench', 'instructions', '--', '--output-format=json'], {
    ...captured,
    env: { ...process.env, IAI_CALLGRIND_RUNNER: runner },
    maxBuffer: 2 ** 26,
  })
  const summaries = output.split('\n').filter((line) => line.startsWith('{'))
  const counts = Object.fromEntries(summaries.map((line) => countOf(JSON.parse(line))))
  if (Object.keys(counts).length === 0) throw new CommandFailed('the benchmark printed no summary')
  return counts
}

function countOf({ function_name: name, id, profiles }) {
  // Alone on the left where there was no run before, else beside the count of that run.
  const { Left, Both } = profiles[0].summaries.total.summary.Callgrind.Ir.metrics
  const count = (Left ?? Both?.[0])?.Int
  if (!Number.isSafeInteger(count)) throw new CommandFailed(`${name}/${id} has no instruction count`)
  return [`${name}/${id}`, count]
}

function write(record) {
  mkdirSync(dirname(recordFile), { recursive: true })
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`)
  console.log(`${Object.keys(record.counts).length} counts written to ${recordFile}`)
}

/** Prints a table, and fails where a count rose too far or is on one side only. */
function compare(recorded, counts) {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(counts)])].sort()
  const width = Math.max(...names.map((name) => name.length))
  const line = (name, ...cells) =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(14)).join('')
  console.log(line('instructions', 'record', 'now', 'change'))
  const bad = names.filter((name) => {
    const [before, now] = [recorded[name], counts[name]]
    const change = now / before - 1
    const isBad = !(change <= RISE_MAX)
    const shown = Number.isNaN(change) ? 'not compared' : `${(change * 100).toFixed(2)} %`
    console.log(line(name, before ?? '-', now ?? '-', shown) + (isBad ? '  <' : ''))
    return isBad
  })
  if (bad.length > 0) {
    const rule = `more than ${RISE_MAX * 100} % above the record, or without a count on both sides`
    throw new CommandFailed(`${bad.join(', ')}: ${rule}; -- --update accepts what is measured now`)
  }
  console.log(`${names.length} counts, none more than ${RISE_MAX * 100} % above the record`)
}
