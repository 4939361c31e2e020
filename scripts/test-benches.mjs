// The benchmarks compile without warnings, and each JavaScript one runs once. It measures nothing.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildWhatIsMissing, needCargo } from './build-state.mjs'
import { main, root, run } from './run.mjs'

await main(() => {
  needCargo()
  const { packages } = JSON.parse(
    run('cargo', ['metadata', '--locked', '--no-deps', '--format-version', '1'], {
      stdio: ['ignore', 'pipe', 2],
    }),
  )
  if (packages.some(({ name }) => name === 'hypercache_benches')) {
    run('cargo', ['clippy', '--locked', '-p', 'hypercache_benches', '--all-targets', '--', '-D', 'warnings'])
  } else {
    console.log('skipped: there is no crate hypercache_benches')
  }
  const script = join(root, 'benches', 'js', 'main.mjs')
  if (existsSync(script)) {
    buildWhatIsMissing()
    run(process.execPath, [script, '--once'])
  } else {
    console.log('skipped: there is no benches/js/main.mjs')
  }
})
