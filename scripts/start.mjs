// `npm start`: builds what is missing, then runs a node until it is told to stop.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { main, root } from './run.mjs'

const config = join(root, 'config', 'hypercache.yaml')

await main(async () => {
  buildWhatIsMissing()
  const args = [join(root, 'dist', 'cli', 'main.js'), 'serve', '--config', config, ...process.argv.slice(2)]
  const node = spawn(process.execPath, args, { stdio: 'inherit' })
  // Ctrl-C on a terminal reaches both, and `kill` only this one: the node decides when all is over.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (signal === 'SIGTERM' || !process.stdin.isTTY) node.kill(signal)
    })
  }
  // A signal to npm ends npm and the shell between, and reaches nobody here: the node must not be left behind.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && node.kill('SIGTERM'), 500).unref()
  process.exitCode = await new Promise((resolve, reject) => {
    node.on('error', reject)
    node.on('close', (code) => resolve(code ?? 1))
  })
})
