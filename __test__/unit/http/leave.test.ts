/** `POST /cluster/leave`: who may ask, and when it is answered. */

import { request } from 'node:http'

import { expect, test } from 'vitest'

import type { ClusterConfigInput } from '../../../dist/index.js'
import { httpNode, openStream, posted } from '../../helpers/http'
import { refused } from '../../helpers/refused'

const LEAVE = '/cluster/leave'

/** A node that stops when it is asked to, as one of `hypercache serve` does. */
async function leavingNode(config: Pick<ClusterConfigInput, 'http'> = {}) {
  let askedCount = 0
  const node = await httpNode({
    config: config,
    server: {
      onLeave: () => {
        askedCount += 1
        void node.coordinator.close()
      },
    },
  })
  return { node, askedCount: () => askedCount }
}

test('is answered when the node has left, which does not wait for who asks', async () => {
  const { node, askedCount } = await leavingNode()
  await using _ = node
  const { status, json, headers } = await node.ask(LEAVE, posted({ nodeId: 'node1' }))
  expect({ status, json }).toEqual({ status: 200, json: { nodeId: 'node1', hasLeft: true } })
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(node.coordinator.state).toBe('stopped')
  expect(askedCount()).toBe(1)
})

test('is heard again while the node drains, and each is answered', async () => {
  const { node, askedCount } = await leavingNode({ http: { drainSeconds: 0.2 } })
  await using _ = node
  const answers = await Promise.all([1, 2].map(() => node.ask(LEAVE, posted({ nodeId: 'node1' }))))
  expect(answers.map(({ json }) => json)).toEqual([1, 2].map(() => ({ nodeId: 'node1', hasLeft: true })))
  expect(askedCount()).toBe(2)
})

test('the node leaves also where who asked goes away', async () => {
  const { node } = await leavingNode({ http: { drainSeconds: 0.2 } })
  const stopped = node.coordinator.events.once('coordinator:stopped')
  const { headers, body } = posted({ nodeId: 'node1' })
  await new Promise<void>((resolve) => {
    const asked = request({ port: node.server.port, path: LEAVE, method: 'POST', headers }, (response) => {
      response.on('error', () => undefined)
      asked.destroy()
      resolve()
    })
    asked.on('error', () => undefined)
    asked.end(body)
  })
  await stopped
  await node.coordinator.close()
})

test('a page of another site, and who means another node, cannot have it leave', async () => {
  const { node, askedCount } = await leavingNode()
  await using _ = node
  const statusOf = async (options: object) => (await node.ask(LEAVE, options)).status
  const body = JSON.stringify({ nodeId: 'node1' })
  // What a browser sends to another site without asking it first.
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    expect(await statusOf({ method: 'POST', headers: { 'content-type': type }, body })).toBe(415)
  expect(await statusOf({ method: 'POST' })).toBe(400)
  expect(await statusOf({ method: 'OPTIONS' })).toBe(405)
  expect(await statusOf({ method: 'GET' })).toBe(405)
  const foreign = { ...posted({ nodeId: 'node1' }), setHost: false }
  expect(await statusOf({ ...foreign, headers: { ...foreign.headers, host: 'page.example' } })).toBe(403)
  for (const wrong of [null, [], 'node1', {}, { nodeId: 1 }, { nodeId: 'node1', force: true }])
    expect(await statusOf(posted(wrong))).toBe(400)
  const { status, json } = await node.ask(LEAVE, posted({ nodeId: 'node2' }))
  expect(status).toBe(409)
  expect(json).toMatchObject({ code: 'ERR_HYPERCACHE_UNKNOWN_NODE' })
  expect(await statusOf(posted({ nodeId: 'node2' }))).toBe(409)
  expect(askedCount()).toBe(0)
  expect(node.coordinator.state).toBe('ready')
})

test('there is no such path unless the program says what it does', async () => {
  await using node = await httpNode()
  expect((await node.ask(LEAVE, posted({ nodeId: 'node1' }))).status).toBe(404)
})

test('streams of events end, and the answer comes all the same', async () => {
  const { node } = await leavingNode()
  const stream = await openStream(node.server.port, '/events')
  const answer = node.ask(LEAVE, posted({ nodeId: 'node1' }))
  await stream.ended
  expect((await answer).json).toEqual({ nodeId: 'node1', hasLeft: true })
})

test('what is to be called must be a function', async () => {
  const opened = httpNode({ server: { onLeave: 'stop' as never } })
  await expect(opened).rejects.toThrow(refused('INVALID_TYPE'))
})
