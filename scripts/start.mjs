// `npm start`: builds what is missing, then runs a node until it is told to stop.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { main, root } from './run.mjs'

const config = join(root, 'config', 'hypercache.yaml')

// A signal to npm ends npm and the shell between, and reaches nobody here: the node must not be left behind.
const parent = process.ppid
const isLeftBehind = () => process.ppid !== parent

await main(async () => {
  buildWhatIsMissing()
  if (isLeftBehind()) return
  const args = [join(root, 'dist', 'cli', 'main.js'), 'serve', '--config', config, ...process.argv.slice(2)]
  // Ctrl-C on a terminal reaches both, and `kill` only this one: the node decides when all is over. Signals are listened
  // to before there is a node, which would be left behind by one in between.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (signal === 'SIGTERM' || !process.stdin.isTTY) node.kill(signal)
    })
  }
  const node = spawn(process.execPath, args, { stdio: 'inherit' })
  setInterval(() => isLeftBehind() && node.kill('SIGTERM'), 500).unref()
  process.exitCode = await new Promise((resolve, reject) => {
    node.on('error', reject)
    node.on('close', (code) => resolve(code ?? 1))
  })
})
