/** Many requests while the ring changes: all are answered, and memory stays where it is. */

import { expect, test, vi } from 'vitest'

import { DIST, runNode } from '../../binding/child'

// A process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 })

interface Course {
  statuses: Record<string, number>
  failures: string[]
  changeCount: number
  /** Heap in use after a collection, at the end of each fifth, in bytes. */
  heaps: number[]
  /** Resident memory then. */
  residents: number[]
}

const PROGRAM = `
const { SimpleCoordinator, startHttpServer } = require(${JSON.stringify(DIST)})
const { Agent, request } = require('node:http')
const REQUESTS = 50_000
const ROUTE = '/cluster/route?key='
const OTHERS = ['/cluster/ring', '/cluster/members', '/metrics', '/readyz', '/cluster/events?limit=10']
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function main() {
  const cluster = { nodeId: 'node1', hashRing: { virtualNodeCount: 32 } }
  const http = { port: 0, drainSeconds: 0 }
  const coordinator = new SimpleCoordinator({ cluster, http, events: { logSize: 100 } })
  await coordinator.start()
  const { ring } = coordinator.routing
  const server = await startHttpServer(coordinator)
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const course = { statuses: {}, failures: [], changeCount: 0, heaps: [], residents: [] }
  const ask = (path) =>
    new Promise((resolve) => {
      const asked = request({ port: server.port, path, agent }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      asked.on('error', (error) => {
        course.failures.push(path + ': ' + error.message)
        resolve(0)
      })
      asked.end()
    })
  let askedCount = 0
  const client = async (until) => {
    while (askedCount < until) {
      const at = askedCount++
      if (at % 100 === 0) change(at / 100)
      // Most ask for a route, as programs do.
      const status = await ask(at % 4 === 0 ? OTHERS[(at / 4) % OTHERS.length] : ROUTE + 'user:' + at)
      course.statuses[status] = (course.statuses[status] ?? 0) + 1
    }
  }
  const change = (round) => {
    const id = 'n' + (round % 7)
    if (ring.hasNode(id)) ring.removeNode(id)
    else ring.addNode({ id, weight: 1 + (round % 3) })
    course.changeCount += 1
  }
  for (let fifth = 1; fifth <= 5; fifth += 1) {
    await Promise.all(Array.from({ length: 32 }, () => client((REQUESTS / 5) * fifth)))
    for (let round = 0; round < 4; round += 1) {
      globalThis.gc()
      await turn()
    }
    course.heaps.push(process.memoryUsage().heapUsed)
    course.residents.push(process.memoryUsage().rss)
  }
  agent.destroy()
  await coordinator.close()
  console.log(JSON.stringify(course))
}
main()
`

const MB = 1e6

test('50,000 requests while the ring changes: all are answered, and memory is flat', async () => {
  const { code, stdout, stderr } = await runNode(['--expose-gc', '-e', PROGRAM])
  expect([code, stderr]).toEqual([0, ''])
  const { statuses, failures, changeCount, heaps, residents } = JSON.parse(stdout) as Course
  expect(failures).toEqual([])
  expect(statuses).toEqual({ 200: 50_000 })
  expect(changeCount).toBe(500)
  // A hundred bytes kept of each request would be 4 MB; the first fifth is the warm-up.
  expect(Math.max(...heaps) - heaps[0]!).toBeLessThan(2 * MB)
  // Buffers are outside of the heap. Node 24 takes up to 120 MB more room for young objects, and no more.
  expect(residents.at(-1)! - residents[0]!).toBeLessThan(160 * MB)
})
