// `npm run test:fuzz -- SECONDS`: fuzzes what reads bytes from outside, guided by coverage, each for 10
// seconds unless told. It begins with the committed corpora and fails at the first input that breaks a
// promise. Needs a C++ compiler.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needCargo } from './build-state.mjs'
import { CommandFailed, hasProgram, main, root, run } from './run.mjs'

const targets = [
  ['hypercache_core', 'deserialize'],
  ['hypercache_gossip', 'datagram'],
  ['hypercache_gossip', 'frame'],
]

// What makes LLVM report coverage to libFuzzer, as `cargo fuzz` has it, but with a stable compiler.
const flags = [
  '--cfg=fuzzing',
  '-Cpasses=sancov-module',
  '-Ccodegen-units=1',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map(
    (option) => `-Cllvm-args=-sanitizer-coverage-${option}`,
  ),
]

await main(() => {
  const seconds = Number(process.argv[2] ?? 10)
  if (!(seconds > 0)) throw new CommandFailed('usage: npm run test:fuzz -- SECONDS')
  needCargo()
  if (!hasProgram('c++') && !hasProgram('g++'))
    throw new CommandFailed('There is no C++ compiler, which libFuzzer needs.')
  const host = /^host: (.*)$/m.exec(run('rustc', ['-vV'], { stdio: ['ignore', 'pipe', 2] }))[1]
  // With a target of its own, so that the flags are for the program and not for the build scripts.
  const build = [
    'build',
    '--locked',
    '--release',
    '--target',
    host,
    '--target-dir',
    join(root, 'target', 'fuzz'),
  ]
  for (const [crate, target] of targets) {
    const folder = join(root, 'crates', crate, 'fuzz')
    run('cargo', [...build, '--bin', target], {
      cwd: folder,
      env: { ...process.env, RUSTFLAGS: flags.join(' ') },
    })
    fuzz(join(root, 'target', 'fuzz', host, 'release', target), join(folder, 'corpus', target), seconds)
  }
})

// Runs one program, beginning with what is in a folder.
function fuzz(program, examples, seconds) {
  const scratch = mkdtempSync(join(tmpdir(), 'hypercache-fuzz-'))
  const crashes = join(root, 'target', 'fuzz', 'crashes') + '/'
  mkdirSync(crashes, { recursive: true })
  try {
    // A copy: what libFuzzer finds interesting is not for the repository.
    const corpus = join(scratch, 'corpus')
    cpSync(examples, corpus, { recursive: true })
    const limits = [`-max_total_time=${seconds}`, '-max_len=4096', '-timeout=60', '-rss_limit_mb=4096']
    run(program, [...limits, `-artifact_prefix=${crashes}`, '-print_final_stats=1', corpus])
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    throw new CommandFailed(`${error.message}\nreplay: ${program} FILE, with the file named above`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
