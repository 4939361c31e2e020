// The benchmarks of the JavaScript side: `npm run bench`. See `benches/README.md`.
//
// Options: --once (each case for a moment, as a test; no record), --node PATH (another Node), --rounds N (9 unless
// told), --only TEXT (cases whose name has it; no record).

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { plan, ratios } from './ratios.mjs'

const root = join(import.meta.dirname, '../..')
const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean' },
    node: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
})
const node = options.node ?? process.execPath
const [rounds, seconds] = options.once ? [1, 0.01] : [Number(options.rounds ?? 9), 0.15]

buildFloor()
const results = runCases()
const rows = ratios(results)
print(rows, results)
if (!options.once && !options.only) record(rows, results)

/** Builds the addon with the functions to compare with. It never leaves `target/`. */
function buildFloor() {
  const folder = join(root, 'target/floor')
  mkdirSync(folder, { recursive: true })
  const flags = ['--release', '--no-js', '--features', 'floor', '--output-dir', folder]
  const manifest = ['--manifest-path', 'crates/hypercache_napi/Cargo.toml']
  const napi = join(root, 'node_modules/.bin/napi')
  execFileSync(napi, ['build', ...flags, ...manifest, '--', '--locked'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Each case in a process of its own, one after another. */
function runCases() {
  const results = {}
  for (const { name, size } of plan) {
    const label = size ? `${name} ${size}` : name
    if (options.only && !label.includes(options.only)) continue
    process.stderr.write(`${label} …\n`)
    const script = join(root, 'benches/js/cases.mjs')
    const run = spawnSync(node, [script, name, `${size}`, `${rounds}`, `${seconds}`], { encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`${label} failed:\n${run.stderr}`)
    results[label] = JSON.parse(run.stdout)
  }
  return results
}

function print(rows, results) {
  console.log(
    `\nNode ${version()}, ${cpus()[0].model.trim()}, ${availableParallelism()} cores, Linux ${release()}`,
  )
  console.log('\nmedian ns per operation (half the range between the quartiles)\n')
  for (const [label, tests] of Object.entries(results)) {
    for (const [test, { ns, spread }] of Object.entries(tests)) {
      console.log(
        `  ${label.padEnd(22)} ${test.padEnd(32)} ${ns.toFixed(1).padStart(11)}  ±${(spread * 100).toFixed(0)} %`,
      )
    }
  }
  console.log('\nratios and times against their bars\n')
  for (const { what, value, unit, must, goal } of rows) {
    const isMet =
      must === undefined ? '' : (unit === 'min' ? value >= must : value <= must) ? 'met' : 'NOT MET'
    const bars = must === undefined ? '' : `must ${unit === 'min' ? '≥' : '≤'} ${must}, goal ${goal}`
    console.log(`  ${what.padEnd(58)} ${value.toFixed(2).padStart(9)}  ${isMet.padEnd(7)}  ${bars}`)
  }
}

function version() {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)
}

function record(rows, results) {
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim()
  const date = new Date().toISOString().slice(0, 10)
  const machine = { cpu: cpus()[0].model.trim(), cores: availableParallelism(), kernel: release() }
  const file = join(root, `benches/record/${date}-node${version().split('.')[0]}.json`)
  const content = {
    date,
    commit,
    node: version(),
    machine,
    effort: { rounds, seconds },
    ratios: rows,
    results,
  }
  writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`)
  console.log(`\nwritten to ${file.slice(root.length + 1)}`)
}
