// Tests the page in a real browser: the Chromium that CHROMIUM_PATH names, or one in a usual place. Where there is
// none the tests are skipped, which is a failure in continuous integration (`CI` is set).

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, main, runTool } from './run.mjs'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

await main(() => {
  const browser = findBrowser()
  if (browser === undefined) {
    const why = `no Chromium: CHROMIUM_PATH is not set, and none of these is there: ${usualPlaces.join(', ')}`
    if (process.env.CI) throw new CommandFailed(`the tests of the page cannot run: ${why}`)
    console.log(`skipped: ${why}`)
    return
  }
  buildWhatIsMissing()
  const config = join('__test__', 'browser', 'vitest.config.mts')
  runTool('vitest/vitest.mjs', ['run', '--root', '.', '--config', config, ...process.argv.slice(2)], {
    env: { ...process.env, CHROMIUM_PATH: browser },
  })
})

/** The program of the browser. One that is named and not there is a mistake, and not looked for elsewhere. */
function findBrowser() {
  const named = process.env.CHROMIUM_PATH
  if (named === undefined || named === '') return usualPlaces.find((path) => existsSync(path))
  if (existsSync(named)) return named
  throw new CommandFailed(`CHROMIUM_PATH is ${named}, and there is no such file`)
}
