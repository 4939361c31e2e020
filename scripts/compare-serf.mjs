// The same faults for a cluster of ours and for one of Serf agents, on the same hosts at the same time: how long
// each takes to see a failure, whom it takes for failed, how soon it is one again, what it sends. Prints a table
// in Markdown, and writes `benches/record/<date>-serf.json`.
//
// Options: --runs N (kills for each profile, 10 unless told), --profiles lan,local, --sizes 5,20,50, --only TEXT
// (measurements whose name has it; no record). Needs what `npm run test:faults` needs, and `serf`.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PORT } from '../__test__/faults/cluster.mjs'
import { Contest, SYSTEMS } from '../__test__/faults/contest.mjs'
import { closeNetworks, closeNetworksAtExit, removeLeftOvers } from '../__test__/faults/network.mjs'
import { SERF_PORT } from '../__test__/faults/serf-process.mjs'
import { countTraffic, trafficByPort } from '../__test__/faults/traffic.mjs'
import { buildWhatIsMissing } from './build-state.mjs'
import { CommandFailed, hasProgram, main, root } from './run.mjs'

const SIZE = 5
const LOSS_PERCENT = 20
const FAULT_MS = 60_000
const DEAF_MS = 15_000
const DEAF_RUNS = 5
const IDLE_MS = 30_000
/** Ours may take so many times as long as Serf to see a failure. */
const DETECTION_RATIO_MAX = 1.5

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    profiles: { type: 'string', default: 'lan,local' },
    sizes: { type: 'string', default: '5,20,50' },
    only: { type: 'string' },
  },
})
const profiles = options.profiles.split(',')

/** Kills every host in turn, and measures until the last survivor has declared it dead. */
async function detection(profile) {
  const contest = await Contest.start(SIZE, profile)
  const times = { ours: [], serf: [] }
  for (let run = 0; run < Number(options.runs); run++) {
    const victim = contest.names[run % SIZE]
    const survivors = contest.names.filter((id) => id !== victim)
    const atMs = await contest.kill(victim)
    const took = (system) => contest.allTold(system, 'failed', survivors, [victim], atMs)
    const [ours, serf] = await Promise.all(SYSTEMS.map(took))
    times.ours.push(ours)
    times.serf.push(serf)
    process.stderr.write(`  ${victim}: ours ${ours} ms, Serf ${serf} ms\n`)
    const backMs = Date.now()
    await contest.begin(victim)
    await contest.agreed(backMs, [victim])
    // The next fault is to come at any moment of the interval between probes.
    await delay(Math.random() * 1_000)
  }
  const parts = { p50: 0.5, p99: 0.99, max: 1 }
  return Object.entries(parts).map(([part, share]) => ({
    what: `detection of kill -9, ${part}`,
    profile,
    unit: 's',
    ours: quantile(times.ours, share) / 1000,
    serf: quantile(times.serf, share) / 1000,
    ratioMax: DETECTION_RATIO_MAX,
  }))
}

async function loss(profile) {
  const contest = await Contest.start(SIZE, profile)
  const atMs = Date.now()
  await contest.network.lose(contest.names, LOSS_PERCENT)
  await delay(FAULT_MS)
  await contest.cluster.assertDropped(contest.names, 'udp')
  const [ours, serf] = SYSTEMS.map((system) => contest.failureCount(system, atMs))
  return [{ what: '20 % loss for 60 s, false deaths', profile, unit: '', ours, serf, ratioMax: 1 }]
}

/** One node hears nobody, and all hear it: what it says of the others is wrong. */
async function deafness(profile) {
  const counts = { ours: 0, serf: 0 }
  for (let run = 0; run < DEAF_RUNS; run++) {
    const contest = await Contest.start(SIZE, profile)
    const [deaf, ...others] = contest.names
    const atMs = Date.now()
    await contest.network.deafen([deaf], others)
    await delay(DEAF_MS)
    await contest.cluster.assertDropped([deaf])
    for (const system of SYSTEMS) counts[system] += contest.failureCount(system, atMs, others)
    closeNetworks()
  }
  const what = `one of ${SIZE} hears nobody, ${DEAF_RUNS} times: false deaths among the others`
  return [{ what, profile, unit: '', ...counts, ratioMax: 1 }]
}

async function partition(profile) {
  const contest = await Contest.start(SIZE, profile)
  const [few, many] = [contest.names.slice(0, 2), contest.names.slice(2)]
  const atMs = Date.now()
  await contest.network.cut(few, many)
  await delay(FAULT_MS)
  for (const system of SYSTEMS) {
    await contest.allTold(system, 'failed', few, many, atMs)
    await contest.allTold(system, 'failed', many, few, atMs)
  }
  const healedMs = Date.now()
  await contest.network.heal()
  const took = async (system) => {
    const back = system === 'ours' ? 'recovered' : 'joined'
    const sides = [contest.allTold(system, back, few, many, healedMs)]
    sides.push(contest.allTold(system, back, many, few, healedMs))
    return Math.max(...(await Promise.all(sides))) / 1000
  }
  const [ours, serf] = await Promise.all(SYSTEMS.map(took))
  return [
    { what: 'one again after 60 s of two and three apart', profile, unit: 's', ours, serf, ratioMax: 1 },
  ]
}

async function idle(profile, size) {
  const contest = await Contest.start(size, profile)
  await countTraffic(contest.network, [PORT, SERF_PORT])
  const beganMs = performance.now()
  const before = await trafficByPort(contest.network)
  await delay(IDLE_MS)
  const after = await trafficByPort(contest.network)
  const seconds = (performance.now() - beganMs) / 1000
  const rate = (port) => (after[port] - before[port]) / seconds / size
  const [ours, serf] = [rate(PORT), rate(SERF_PORT)]
  return [{ what: `sent by each of ${size} idle nodes`, profile, unit: 'B/s', ours, serf }]
}

/** The value that such a share of all is not above. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

const isMet = ({ ours, serf, ratioMax }) => ratioMax === undefined || ours <= serf * ratioMax

function table(rows) {
  const shown = (value, unit) => `${unit === 's' ? value.toFixed(2) : value.toFixed(0)} ${unit}`.trimEnd()
  const lines = rows.map((row) => {
    const { what, profile, unit, ours, serf, ratioMax } = row
    const bar = ratioMax === undefined ? '' : `≤ ${ratioMax} × Serf: ${isMet(row) ? 'met' : 'NOT MET'}`
    return `| ${what} | \`${profile}\` | ${shown(ours, unit)} | ${shown(serf, unit)} | ${bar} |`
  })
  return ['| what | preset | ours | Serf | bar |', '|---|---|---|---|---|', ...lines].join('\n')
}

function record(rows, failures) {
  const said = (...args) => execFileSync(args[0], args.slice(1), { cwd: root, encoding: 'utf8' }).trim()
  const date = new Date().toISOString().slice(0, 10)
  const content = {
    date,
    commit: said('git', 'rev-parse', 'HEAD'),
    node: process.versions.node,
    serf: said('serf', 'version').split('\n')[0],
    machine: { cpu: cpus()[0].model.trim(), cores: availableParallelism(), kernel: release() },
    loadAverage: loadavg(),
    effort: {
      nodes: SIZE,
      runs: Number(options.runs),
      faultSeconds: FAULT_MS / 1000,
      idleSeconds: IDLE_MS / 1000,
    },
    results: rows,
    ...(failures.length > 0 ? { notMeasured: failures } : {}),
  }
  const file = join('benches', 'record', `${date}-serf.json`)
  writeFileSync(join(root, file), `${JSON.stringify(content, null, 1)}\n`)
  console.log(`\n${file}`)
}

await main(async () => {
  const missing = ['ip', 'nft', 'serf'].filter((program) => !hasProgram(program))
  if (missing.length > 0) throw new CommandFailed(`not installed: ${missing.join(', ')}`)
  if (process.getuid() !== 0) throw new CommandFailed('network namespaces need root')
  buildWhatIsMissing()
  closeNetworksAtExit()
  removeLeftOvers()
  const measurements = profiles.flatMap((profile) => [
    [`detection ${profile}`, () => detection(profile)],
    [`loss ${profile}`, () => loss(profile)],
    [`deafness ${profile}`, () => deafness(profile)],
    [`partition ${profile}`, () => partition(profile)],
    ...options.sizes.split(',').map((size) => [`idle ${size} ${profile}`, () => idle(profile, Number(size))]),
  ])
  const rows = []
  const failures = []
  for (const [name, measure] of measurements) {
    if (options.only !== undefined && !name.includes(options.only)) continue
    process.stderr.write(`${name} …\n`)
    try {
      const measured = await measure()
      rows.push(...measured)
      process.stderr.write(`${table(measured)}\n`)
    } catch (error) {
      // What was measured before, and what is to come, is worth having all the same.
      failures.push(`${name}: ${error.message}`)
    } finally {
      closeNetworks()
    }
  }
  console.log(table(rows))
  if (options.only === undefined) record(rows, failures)
  if (failures.length > 0) throw new CommandFailed(`not measured:\n${failures.join('\n')}`)
  if (!rows.every(isMet)) process.exitCode = 1
})
