// A cluster of processes: start this once, and again in other terminals with other ids and ports.
//   node examples/cluster.mjs node1 7946
//   node examples/cluster.mjs node2 7947
//   node examples/cluster.mjs node3 7948

import { startCluster } from '@hypercache/cluster'

const [nodeId = 'node1', bindPort = '7946', ...others] = process.argv.slice(2)
const seeds = others.length > 0 ? others : ['127.0.0.1:7946', '127.0.0.1:7947', '127.0.0.1:7948']

// The way in. Nodes on other machines need `bindAddress` and `encryptionKeys` besides.
const cluster = { nodeId, membership: 'gossip', preset: 'local', bindPort: Number(bindPort), seeds }
const coordinator = await startCluster({ cluster }, { keepsProcessAlive: true })
const { events, membership, routing } = coordinator

const show = () => {
  const members = membership.members().map(({ id, status }) => `${id} (${status})`)
  console.log(`${members.join(', ')}: user:42 is owned by ${routing.routeKey('user:42')}`)
}
const types = ['joined', 'left', 'suspected', 'failed', 'recovered', 'updated', 'reaped']
const watching = events.subscribe(types.map((type) => `member:${type}`), show)

// To leave tells the others that it is no failure: they take over at once. Before the first line: who reads it may
// end the process.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    watching.close()
    void coordinator.close()
  })
}
show()
