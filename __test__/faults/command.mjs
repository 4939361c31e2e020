// Runs programs without stopping the event loop: times of what nodes say are taken meanwhile.

import { spawn } from 'node:child_process'

/** Runs a program with a text on its standard input; answers what it printed. Throws where it fails. */
export function command(program, args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(said)
      else reject(new Error(`${program} ${args.join(' ')} failed with ${code}: ${complaint}${input}`))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
