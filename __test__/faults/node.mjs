// A node for the tests of faults. Its configuration is its argument; it takes one command a line on standard
// input, answers each with a line of JSON, and tells what happens to members in lines that have an event.

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const { startCluster } = require('../../dist/index.js')

const ROUTED_IN_A_TURN = 200
const TURN_MS = 5

const { load: isLoaded, ...config } = JSON.parse(process.argv[2])
const coordinator = await startCluster(config)
const { routing, membership, events } = coordinator
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await coordinator.close()
    process.exit()
  })
}
const load = { routedCount: 0, errors: [] }
const heard = []

const say = (value) => void process.stdout.write(`${JSON.stringify(value)}\n`)

const commands = {
  async view() {
    const { isReady, reasons } = await coordinator.health()
    const members = membership.members().map(({ id, status, doubt, address, startedAtMs }) => {
      return { id, status, doubt, address, startedAtMs }
    })
    return {
      state: coordinator.state,
      isReady,
      reasons,
      problems: membership.problems(),
      members,
      checksum: routing.ring.checksum,
      ringChecksums: Object.fromEntries(membership.ringChecksums()),
    }
  },
  route: (...keys) => routing.ring.getNodeBatch(keys),
  checksum: () => routing.ring.checksum,
  metrics: () => coordinator.metrics().network,
  broadcast(name) {
    events.broadcast(name)
    return true
  },
  heard: () => heard,
  load: () => load,
  async leave() {
    await coordinator.close()
    return true
  },
}

// Routes keys all the time, as a program does that the node is a part of.
function routeOn(number) {
  if (coordinator.state === 'stopped') return
  try {
    for (let count = 0; count < ROUTED_IN_A_TURN; count++) {
      const node = routing.ring.getNode(`load:${number++}`)
      if (typeof node !== 'string' || node === '') throw new Error(`no node, but ${String(node)}`)
      load.routedCount++
    }
  } catch (error) {
    load.errors.push(String(error.code ?? error))
  }
  setTimeout(routeOn, TURN_MS, number)
}

events.subscribe(({ type, payload, timestampMs }) => {
  if (type.startsWith('member:')) {
    say({ event: type.slice('member:'.length), id: payload.member.id, atMs: timestampMs })
  } else if (type === 'broadcast') heard.push(`${payload.originNodeId} ${payload.name}`)
  else if (type === 'ring:diverged') say({ event: 'diverged', id: config.cluster.nodeId, atMs: timestampMs })
})

if (isLoaded) routeOn(0)
say({ event: 'started', id: config.cluster.nodeId, atMs: Date.now() })
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = line.split(' ')
  say({ answer: await commands[name](...words) })
  if (name === 'leave') break
}
process.exit()
