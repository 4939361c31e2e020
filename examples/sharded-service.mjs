// An HTTP service that keeps each user on one of its instances. Any instance can be asked: it passes the request on to
// the owner of the user, or to the next one where the owner is gone.
//   node examples/sharded-service.mjs node1 7946 3001
//   node examples/sharded-service.mjs node2 7947 3002
//   node examples/sharded-service.mjs node3 7948 3003
//   curl localhost:3001/users/42

import { createServer } from 'node:http'

import { startCluster } from '@hypercache/cluster'

const [nodeId = 'node1', bindPort = '7946', httpPort = '3001', ...others] = process.argv.slice(2)
const seeds = others.length > 0 ? others : ['127.0.0.1:7946', '127.0.0.1:7947', '127.0.0.1:7948']
const FORWARDED = 'x-forwarded-by'

const coordinator = await startCluster({
  cluster: {
    nodeId,
    membership: 'gossip',
    preset: 'local',
    bindPort: Number(bindPort),
    seeds,
    // The others learn from it where this instance is asked.
    metadata: { http: `http://127.0.0.1:${httpPort}` },
  },
})
const { membership, routing } = coordinator

/** What this instance keeps: how often each of its users came. */
const visits = new Map()

function serve(user) {
  const count = (visits.get(user) ?? 0) + 1
  visits.set(user, count)
  return { user, visits: count, servedBy: nodeId }
}

/** The answer of another instance; rejects where there is none. */
async function forward(id, path) {
  const url = membership.member(id)?.metadata.http
  if (url === undefined) throw new Error(`nobody knows where ${id} is`)
  const signal = AbortSignal.timeout(1_000)
  const response = await fetch(url + path, { headers: { [FORWARDED]: nodeId }, signal })
  if (!response.ok) throw new Error(`${id} answers ${response.status}`)
  return response.json()
}

async function answer(user, path, isForwarded) {
  // For a moment two instances may think that the other is the owner: a request goes on only once.
  if (isForwarded) return serve(user)
  // The owner, then those who take over from it: its death is known to the ring only after a while.
  for (const id of routing.getReplicas(`user:${user}`, 3)) {
    if (id === nodeId) return serve(user)
    try {
      return await forward(id, path)
    } catch (error) {
      console.log(`${nodeId} could not ask ${id}: ${error.cause?.code ?? error.message}`)
    }
  }
  return undefined
}

const server = createServer(async ({ url, headers }, response) => {
  const user = /^\/users\/([\w-]{1,64})$/.exec(url)?.[1]
  // A proxy in front has to drop this header from what comes from outside.
  const found = user && (await answer(user, url, headers[FORWARDED] !== undefined))
  response.writeHead(found ? 200 : user ? 503 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(found ?? { error: user ? 'no instance answers' : 'try /users/42' }))
})

// Requests under way are answered before the instance leaves.
coordinator.onDrain(() => new Promise((resolve) => server.close(resolve)))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void coordinator.close())
server.listen(Number(httpPort), '127.0.0.1', () => console.log(`${nodeId} serves`))
