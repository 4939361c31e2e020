// `npm test`: the whole gate, step by step. It stops at the first step that fails.

import { needCargo, needPackages } from './build-state.mjs'
import { isCheckout } from './checkout.mjs'
import { CommandFailed, main, root, run, runTool } from './run.mjs'

const steps = [
  ['build the addon and the TypeScript', () => run('npm', ['run', '--silent', 'build'])],
  ['generated files are those that are committed', checkGenerated],
  ['lint', () => run('npm', ['run', '--silent', 'lint'])],
  ['types', () => run('npm', ['run', '--silent', 'types'])],
  ['Rust tests', () => run('npm', ['run', '--silent', 'test:rust'])],
  ['JavaScript tests', () => runTool('vitest/vitest.mjs', ['run'])],
]

/** The build writes `index.js` and `index.d.ts` anew: a difference is a file that somebody forgot to commit. */
function checkGenerated() {
  if (!isCheckout()) {
    console.log('skipped: this is no git checkout, so there is nothing to compare with')
    return
  }
  const files = ['index.js', 'index.d.ts']
  run('git', ['ls-files', '--error-unmatch', '--', ...files], { stdio: ['ignore', 'pipe', 'pipe'] })
  run('git', ['--no-pager', 'diff', '--exit-code', '--', ...files])
}

await main(() => {
  needPackages()
  needCargo()
  const begunMs = performance.now()
  steps.forEach(([name, step], number) => {
    const stepBegunMs = performance.now()
    console.log(`\n=== ${number + 1}/${steps.length} ${name}`)
    try {
      step()
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      const skipped = steps.length - number - 1
      throw new CommandFailed(`${error.message}\n\n${number} passed, 1 failed (${name}), ${skipped} not run`)
    }
    console.log(`=== ${name}: ${seconds(stepBegunMs)}`)
  })
  console.log(`\n${steps.length} steps passed, 0 failed, in ${seconds(begunMs)} (${root})`)
})

function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
}
