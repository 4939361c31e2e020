// `npm run dev`: keeps the build up to date while sources change, until it is ended. The addon is a debug one, with
// checks of overflow and assertions: an incremental build of it takes seconds, one for a release a minute.

import { watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RUST_FILE, isAddonStale, needCargo, needPackages } from './build-state.mjs'
import { ended, start } from './children.mjs'
import { main, root } from './run.mjs'

/** An editor that saves all its files makes many changes at once. */
const SETTLE_MS = 100

let isBuilding = false
let hasChanged = false

/** Builds the addon, and again where sources change meanwhile. */
async function buildAddon() {
  hasChanged = true
  if (isBuilding) return
  isBuilding = true
  while (hasChanged) {
    await pause(SETTLE_MS)
    hasChanged = false
    console.log('building the addon …')
    const begunMs = performance.now()
    const how = await ended(start('npm', ['run', '--silent', 'build:debug']))
    const took = `${((performance.now() - begunMs) / 1000).toFixed(1)} s`
    console.log(how === 0 ? `the addon is built: ${took}` : `the addon is not built: ${how} after ${took}`)
  }
  isBuilding = false
}

/** Has the addon built when a file changes that it is built from. */
function watchRust() {
  const heed = (_, file) => RUST_FILE.test(file ?? '') && void buildAddon()
  watch(root, heed)
  watch(join(root, 'crates'), { recursive: true }, heed)
}

await main(async () => {
  needPackages()
  needCargo()
  watchRust()
  if (isAddonStale()) await buildAddon()
  // It reads the types that the addon's build writes, and watches them with the rest.
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['--watch', '--preserveWatchOutput', '-p', 'tsconfig.build.json']
  process.exit(await ended(start(process.execPath, [compiler, ...flags])))
})
