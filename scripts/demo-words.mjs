// `npm run demo:words`: builds what is missing, then routes real words over five nodes and shows how they spread.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { main, root } from './run.mjs'

const nodes = ['node1', 'node2', 'node3', 'node4', 'node5']
const source = 'an-array-of-english-words'

await main(async () => {
  buildWhatIsMissing()
  const words = JSON.parse(readFileSync(join(root, 'node_modules', source, 'index.json'), 'utf8'))
  const count = words.length.toLocaleString('en-US')
  console.log(
    `Routing the ${count} words of the npm package ${source}, a key each, over ${nodes.join(', ')}:`,
  )
  process.exitCode = await analyze(words.join('\n') + '\n')
})

/** Hands the keys to the command line tool, and answers its exit code. */
function analyze(lines) {
  const args = ['ring', 'analyze', '--nodes', nodes.join(','), '--keys', '-']
  const tool = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  // A tool that ends early closes its input. Its exit code says why.
  tool.stdin.on('error', () => {})
  tool.stdin.end(lines)
  return new Promise((resolve, reject) => {
    tool.on('error', reject)
    tool.on('close', (code) => resolve(code ?? 1))
  })
}
