// `npm test`: the whole gate. Two lanes of steps run side by side, for neither keeps two cores busy. What a step prints
// is shown when it ends. The first step that fails ends all.

import { needCargo, needPackages } from './build-state.mjs'
import { isCheckout } from './checkout.mjs'
import { endChildren, ended, start } from './children.mjs'
import { CommandFailed, main, root, run } from './run.mjs'

const script = (name) => () => printed('npm', ['run', '--silent', name])

const lanes = [
  [
    ['build the addon', script('build:addon')],
    ['compile the TypeScript', script('build:ts')],
    ['generated files are those that are committed', checkGenerated],
    ['lint of JavaScript', script('lint:js')],
    ['types', script('types')],
    ['JavaScript tests', script('test:js')],
  ],
  // It builds in another folder than the release does, so that neither waits for the other.
  [
    ['lint of Rust', script('lint:rust')],
    ['Rust tests', script('test:rust')],
  ],
]

/** Runs a command, and answers what it printed. */
async function printed(command, args) {
  const child = start(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => (text += part))
  }
  const how = await ended(child)
  if (how === 0) return text
  throw new CommandFailed(`${text.trimEnd()}\n${[command, ...args].join(' ')} ended with ${how}`)
}

/** The build writes `index.js` and `index.d.ts` anew: a difference is a file that somebody forgot to commit. */
function checkGenerated() {
  if (!isCheckout()) return 'skipped: this is no git checkout, so there is nothing to compare with'
  const files = ['index.js', 'index.d.ts']
  const stdio = ['ignore', 'pipe', 'pipe']
  run('git', ['ls-files', '--error-unmatch', '--', ...files], { stdio })
  return run('git', ['--no-pager', 'diff', '--exit-code', '--', ...files], { stdio })
}

await main(async () => {
  needPackages()
  needCargo()
  const begunMs = performance.now()
  const stepCount = lanes.flat().length
  const passed = []
  const runLane = async (steps) => {
    for (const [name, step] of steps) {
      const stepBegunMs = performance.now()
      console.log(`... ${name}`)
      try {
        const text = await step()
        passed.push(name)
        const place = `${passed.length}/${stepCount}`
        console.log(
          ['', `=== ${place} ${name}: ${seconds(stepBegunMs)}`, text.trimEnd()].join('\n').trimEnd(),
        )
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error
        const others = stepCount - passed.length - 1
        const counts = `${passed.length} passed, 1 failed (${name}), ${others} not run to their end`
        throw new CommandFailed(`\n=== ${name}: ${seconds(stepBegunMs)}\n${error.message}\n\n${counts}`)
      }
    }
  }
  try {
    await Promise.all(lanes.map(runLane))
  } finally {
    endChildren()
  }
  console.log(`\n${stepCount} steps passed, 0 failed, in ${seconds(begunMs)} (${root})`)
})

function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
}
