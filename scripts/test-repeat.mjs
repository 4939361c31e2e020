// `npm run test:repeat -- COUNT [SCRIPT]`: runs the gate, or another script of package.json such as `test:js`, so many
// times with two busy neighbours, and stops at the first run that fails. A test that fails now and then shows here.

import { Worker } from 'node:worker_threads'
import { ended, start } from './children.mjs'
import { CommandFailed, main } from './run.mjs'

const NEIGHBOUR_COUNT = 2
const COUNT_MAX = 1000

await main(async () => {
  const [given = '10', script = 'test', ...rest] = process.argv.slice(2)
  const count = Number(given)
  if (!(Number.isInteger(count) && count > 0 && count <= COUNT_MAX) || rest.length > 0)
    throw new CommandFailed(`usage: npm run test:repeat -- COUNT [SCRIPT], with a COUNT of 1 to ${COUNT_MAX}`)
  // Threads of this process: they end with it, even where it is killed.
  const neighbours = Array.from({ length: NEIGHBOUR_COUNT }, () => new Worker('for (;;) {}', { eval: true }))
  const durations = []
  try {
    for (let number = 1; number <= count; number += 1) {
      const begunMs = performance.now()
      const how = await ended(start('npm', ['run', '--silent', script]))
      durations.push(`${((performance.now() - begunMs) / 1000).toFixed(1)} s`)
      if (how !== 0)
        throw new CommandFailed(`run ${number} of ${count} failed with ${how}: ${durations.join(', ')}`)
      console.log(`\nrun ${number} of ${count} passed in ${durations.at(-1)}`)
    }
  } finally {
    for (const neighbour of neighbours) void neighbour.terminate()
  }
  console.log(
    `\n${count} runs of ${script} passed beside ${NEIGHBOUR_COUNT} busy loops: ${durations.join(', ')}`,
  )
})
