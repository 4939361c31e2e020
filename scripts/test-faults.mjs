// Nodes in processes of their own, in network namespaces, and what they survive: kill -9, SIGSTOP, partitions,
// loss. Arguments are parts of the names of the scenarios to run. Needs Linux, root, `ip` and `nft`; where one is
// missing it is skipped, which is a failure in continuous integration (`CI` is set) where it could be installed.

import { spawnSync } from 'node:child_process'
import { Cluster } from '../__test__/faults/cluster.mjs'
import { scenarios } from '../__test__/faults/index.mjs'
import { Network, closeNetworks, closeNetworksAtExit, removeLeftOvers } from '../__test__/faults/network.mjs'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, hasProgram, main } from './run.mjs'

await main(async () => {
  const why = whyNot()
  if (why !== undefined) {
    if (process.env.CI && isInstallable()) throw new CommandFailed(`the tests of faults cannot run: ${why}`)
    console.log(`skipped: ${why}`)
    return
  }
  buildWhatIsMissing()
  closeNetworksAtExit()
  removeLeftOvers()
  const words = process.argv.slice(2)
  const chosen = scenarios.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  )
  if (chosen.length === 0) throw new CommandFailed(`no scenario has a name with ${words.join(' or ')}`)
  const failed = []
  for (const scenario of chosen) if (!(await passes(scenario))) failed.push(scenario.name)
  console.log(`\n${chosen.length - failed.length} scenarios passed, ${failed.length} failed`)
  for (const name of failed) console.log(`again: npm run test:faults -- '${name}'`)
  if (failed.length > 0) process.exitCode = 1
})

/** Whether only programs are missing. */
function isInstallable() {
  return process.platform === 'linux' && process.getuid() === 0 && !(hasProgram('ip') && hasProgram('nft'))
}

/** What is missing here. */
function whyNot() {
  if (process.platform !== 'linux') return `network namespaces are for Linux; this is ${process.platform}`
  if (process.getuid() !== 0) return 'network namespaces need root'
  if (!hasProgram('ip')) return 'there is no ip (the Debian package iproute2 has it)'
  if (!hasProgram('nft')) return 'there is no nft (the Debian package nftables has it)'
  const probe = `hypercache-faults-${process.pid}-probe`
  const made = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' })
  if (made.status !== 0) return `no network namespace can be made: ${made.stderr.trim()}`
  const ruled = spawnSync('ip', ['netns', 'exec', probe, 'nft', 'list', 'ruleset'], { encoding: 'utf8' })
  spawnSync('ip', ['netns', 'delete', probe])
  return ruled.status === 0 ? undefined : `nft does not work in a namespace: ${ruled.stderr.trim()}`
}

/** Runs one scenario, prints how it went, and leaves nothing behind. */
async function passes({ name, run }) {
  console.log(`\n=== ${name}`)
  const begunMs = performance.now()
  let cluster
  const make = async (size, options) => {
    const names = Array.from({ length: size }, (_, number) => `n${number + 1}`)
    cluster = new Cluster(await Network.open(names), options)
    return cluster
  }
  const start = async (size, options) => {
    await make(size, options)
    time(`${size} nodes agree`, await cluster.startAll(cluster.network.names))
    return cluster
  }
  const time = (what, ms) => console.log(`  ${what}: ${seconds(ms)}`)
  try {
    const note = await run({ make, start, time })
    if (note !== undefined) console.log(`  ${note}`)
    console.log(`passed in ${seconds(performance.now() - begunMs)}`)
    return true
  } catch (error) {
    console.log(`FAILED after ${seconds(performance.now() - begunMs)}: ${error.message}`)
    console.log(cluster?.story() ?? '')
    return false
  } finally {
    closeNetworks()
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`
}
