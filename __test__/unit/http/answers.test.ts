import { constants } from 'node:buffer'
import { createHash } from 'node:crypto'
import { get } from 'node:http'
import { describe, expect, test } from 'vitest'

import {
  type EventsAnswer,
  HashRing,
  type HealthAnswer,
  type RouteAnswer,
  SimpleCoordinator,
  startHttpServer,
} from '../../../dist/index.js'
import { httpNode } from '../../helpers/http'
import { overridden } from '../../helpers/overridden'
import { refused } from '../../helpers/refused'

const JSON_TYPE = 'application/json; charset=utf-8'

describe('probes', () => {
  test('say that the node lives and is ready', async () => {
    await using node = await httpNode()
    expect(await node.ask('/livez')).toMatchObject({ status: 200, json: { isLive: true } })
    const ready = { isReady: true, state: 'ready', reasons: [] }
    expect(await node.ask('/readyz')).toMatchObject({ status: 200, json: ready })
    const { status, headers, json } = await node.ask('/health')
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, JSON_TYPE, 'no-store'])
    expect(json).toMatchObject({ nodeId: 'node1', state: 'ready', isReady: true, reasons: [] })
    const { checks, uptimeMs } = json as HealthAnswer
    expect(checks.map(({ name }) => name)).toEqual(['coordinator', 'heartbeat', 'membership', 'routing'])
    expect(uptimeMs).toBeGreaterThanOrEqual(0)
  })

  // Z-54: health answered 200 whatever it was.
  test('Z-54: turn 503 with a check that fails, with the reason, and back', async () => {
    await using node = await httpNode()
    let isWell = false
    node.coordinator.registerHealthCheck('disk', () => {
      if (!isWell) throw new Error('no space left')
    })
    for (const path of ['/readyz', '/health']) {
      const { status, json } = await node.ask(path)
      const reasons = [expect.stringMatching(/disk.*no space left/)]
      expect([path, status, json]).toEqual([path, 503, expect.objectContaining({ isReady: false, reasons })])
    }
    expect((await node.ask('/livez')).status).toBe(200)
    expect((await node.ask('/cluster/members')).status).toBe(200)
    isWell = true
    expect((await node.ask('/readyz')).status).toBe(200)
  })

  test('are not ready before the node is', async () => {
    const coordinator = new SimpleCoordinator({ http: { port: 0 } })
    await using server = await startHttpServer(coordinator)
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ isReady: false, state: 'idle' })
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    await coordinator.start()
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await server.close()
    await coordinator.close()
  })

  test('HEAD has the status and the length of GET, and no body', async () => {
    await using node = await httpNode()
    for (const path of ['/livez', '/readyz', '/cluster/ring', '/cluster/route?key=a']) {
      const get = await node.ask(path)
      const head = await node.ask(path, { method: 'HEAD' })
      expect([head.status, head.text], path).toEqual([200, ''])
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
      if (path !== '/cluster/ring') expect(head.headers['content-length']).toBe(String(get.text.length))
    }
    const { status, text, headers } = await node.ask('/events', { method: 'HEAD' })
    expect([status, text, headers['content-type']]).toEqual([200, '', 'text/event-stream; charset=utf-8'])
  })
})

describe('metrics', () => {
  test('are in the text format, with requests by route and never by what a client wrote', async () => {
    await using node = await httpNode()
    await node.ask('/cluster/members')
    await node.ask('/made-up-by-a-client')
    const { status, headers, text } = await node.ask('/metrics')
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(text).toMatch(/hypercache_http_requests_total\{[^}]*route="\/cluster\/members"[^}]*\} 1\n/)
    expect(text).toMatch(/hypercache_http_requests_total\{[^}]*status="404"[^}]*\} 1\n/)
    expect(text).not.toContain('made-up')
  })
})

describe('members, routes and events', () => {
  test('members are those of the view', async () => {
    await using node = await httpNode({ config: { cluster: { clusterName: 'shop', zone: 'east' } } })
    const { json } = await node.ask('/cluster/members')
    expect(json).toEqual({
      localNodeId: 'node1',
      clusterName: 'shop',
      version: node.coordinator.membership.metrics().version,
      members: JSON.parse(JSON.stringify(node.coordinator.membership.members())) as unknown,
    })
  })

  test.each(['user:42', '', 'ü/€ 𝒳', 'a&b=c#d?e', '%', '__proto__', ' ', 'a+b', '\0\n', 'k'.repeat(65_536)])(
    'the route of a key is that of the ring: %.20j',
    async (key) => {
      await using node = await httpNode({ config: { cluster: { hashRing: { replicationFactor: 2 } } } })
      const { routing } = node.coordinator
      routing.ring.addNodes(['node2', 'node3', 'node4'])
      const { status, json } = await node.ask(`/cluster/route?key=${encodeURIComponent(key)}`)
      expect(status).toBe(200)
      expect(json).toEqual({
        key,
        owner: routing.routeKey(key),
        home: routing.routeKey(key),
        replicas: routing.getReplicas(key),
        selected: routing.selectReplica(key),
        isLocal: routing.isLocal(key),
        isReplica: routing.isReplica(key),
        token: routing.ring.token(key).toString(),
      })
      const all = await node.ask(`/cluster/route?key=${encodeURIComponent(key)}&replicas=65535`)
      expect((all.json as RouteAnswer).replicas).toEqual(routing.getReplicas(key, 65_535))
    },
  )

  test('a plus in a query is a space, as forms write it', async () => {
    await using node = await httpNode()
    expect((await node.ask('/cluster/route?key=a+b')).json).toMatchObject({ key: 'a b' })
  })

  test('a route has the home beside the owner, where that may not answer', async () => {
    await using node = await httpNode()
    const { ring } = node.coordinator.routing
    ring.addNode('node2')
    ring.setNodeStatus('node1', 'dead')
    const key = Array.from({ length: 100 }, (_, at) => `k${at}`).find(
      (k) => ring.explain(k).home === 'node1',
    )!
    const { json } = await node.ask(`/cluster/route?key=${key}`)
    expect(json).toMatchObject({ owner: 'node2', home: 'node1', isLocal: false, replicas: ['node2'] })
  })

  test('where no node may answer, a route is 503', async () => {
    await using node = await httpNode()
    node.coordinator.routing.ring.setNodeStatus('node1', 'dead')
    const { status, json } = await node.ask('/cluster/route?key=a')
    expect([status, (json as { code: string }).code]).toEqual([503, 'ERR_HYPERCACHE_NO_ROUTABLE_NODE'])
    expect((await node.ask('/cluster/ring')).status).toBe(200)
  })

  test('events are those of the log: by type, after a number, the newest so many', async () => {
    await using node = await httpNode()
    const { events } = node.coordinator
    for (let at = 1; at <= 5; at += 1) events.publish('custom', { name: `n${at}` })
    const asked = async (query: string) => (await node.ask(`/cluster/events${query}`)).json as EventsAnswer
    const last = events.log().at(-1)!.sequence
    const logged = JSON.parse((await node.ask('/cluster/events')).text) as EventsAnswer
    expect(logged.lastSequence).toBe(last)
    expect(logged.events.map(({ sequence }) => sequence)).toEqual(events.log().map((event) => event.sequence))
    expect((await asked(`?after=${last - 2}`)).events).toHaveLength(2)
    expect((await asked('?limit=3')).events.map(({ sequence }) => sequence)).toEqual([
      last - 2,
      last - 1,
      last,
    ])
    const types = (await asked('?type=custom&type=coordinator:started')).events.map(({ type }) => type)
    expect(new Set(types)).toEqual(new Set(['custom', 'coordinator:started']))
    expect(await asked(`?after=${last + 10}`)).toEqual({ lastSequence: last, events: [] })
  })
})

test('a log that makes more JSON than a text can hold is answered all the same', async () => {
  await using node = await httpNode()
  const { events } = node.coordinator
  const event = events.publish('custom', { name: 'big', data: 'x'.repeat(2 ** 20) })
  const copies = Array.from({ length: 520 }, () => event)
  node.coordinator.events.log = (() => copies) as unknown as typeof events.log
  const { statusCode, byteCount } = await new Promise<{ statusCode?: number; byteCount: number }>(
    (resolve) => {
      get({ port: node.server.port, path: '/cluster/events' }, (response) => {
        let byteCount = 0
        response.on('data', (data: Buffer) => (byteCount += data.length))
        response.on('end', () => resolve({ statusCode: response.statusCode!, byteCount }))
      })
    },
  )
  expect(statusCode).toBe(200)
  expect(byteCount).toBeGreaterThan(constants.MAX_STRING_LENGTH)
})

describe('defects and failures', () => {
  test('of the user’s own code are 500, without what they say, and go to the logger', async () => {
    const lines: { fields: { err?: Error }; message: string }[] = []
    const logger = {
      debug: () => undefined,
      error: (fields: object, message: string) => void lines.push({ fields, message }),
    }
    await using node = await httpNode({ server: { logger } })
    node.coordinator.routing.isReplica = () => {
      throw new Error('secret of the user')
    }
    const { status, text } = await node.ask('/cluster/route?key=a')
    expect([status, text]).toEqual([500, expect.stringContaining('"code":"ERR_HYPERCACHE_INTERNAL"')])
    expect(text).not.toContain('secret')
    expect(lines).toHaveLength(1)
    expect(lines[0]!.fields.err).toMatchObject({ message: 'secret of the user' })
  })

  test.each([
    ['throws', () => expect.unreachable('secret of the user')],
    ['answers what is no replica', () => 'node9'],
  ])('a selection of the user’s own that %s leaves the rest of the route', async (_, replicaSelection) => {
    await using node = await httpNode({ coordinator: { replicaSelection } })
    const { status, json, text } = await node.ask('/cluster/route?key=a')
    expect(status).toBe(200)
    expect(json).toMatchObject({ key: 'a', owner: 'node1', replicas: ['node1'], isLocal: true })
    expect(json).not.toHaveProperty('selected')
    expect(text).not.toContain('secret')
  })

  test('after the coordinator’s close the server is closed too', async () => {
    const node = await httpNode()
    await node.coordinator.close()
    await expect(node.ask('/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await node.server.close()
  })
})

describe('to listen', () => {
  test('fails with the address and the reason', async () => {
    await using node = await httpNode()
    const { port } = node.server
    const message = `cannot listen on 127.0.0.1:${port}: the port is in use`
    const again = startHttpServer(node.coordinator, { port })
    await expect(again).rejects.toEqual(refused('LISTEN_FAILED', { message }))
    const { config: own } = node.coordinator
    const config = { ...own, http: { ...own.http, bindAddress: '192.0.2.1' } }
    const elsewhere = startHttpServer(overridden(node.coordinator, { config }), { port: 0 })
    await expect(elsewhere).rejects.toEqual(
      refused('LISTEN_FAILED', {
        message: expect.stringMatching(/192\.0\.2\.1:0: .*not one of this machine/),
      }),
    )
    expect((await node.ask('/livez')).status).toBe(200)
  })

  test.each([
    [{ port: -1 }, 'OUT_OF_RANGE'],
    [{ port: 65_536 }, 'OUT_OF_RANGE'],
    [{ port: 1.5 }, 'OUT_OF_RANGE'],
    [{ port: '80' }, 'INVALID_TYPE'],
    [{ prot: 80 }, 'UNKNOWN_FIELD'],
  ])('is refused with the options %j', async (options, code) => {
    const coordinator = new SimpleCoordinator({ http: { port: 0 } })
    await expect(startHttpServer(coordinator, options as object)).rejects.toEqual(refused(code))
    await coordinator.close()
  })

  test('works again after a stop and a start, and with two servers of one node', async () => {
    await using node = await httpNode()
    await using second = await startHttpServer(node.coordinator)
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
    await node.coordinator.stop()
    await node.coordinator.start()
    await using third = await startHttpServer(node.coordinator)
    expect((await fetch(`${third.url}/readyz`)).status).toBe(200)
  })
})

test('the page is served from its folder, and asked for again only where it has changed', async () => {
  await using node = await httpNode()
  const page = await node.ask('/')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers.etag).toBe(
    `"${createHash('sha256').update(page.text).digest('base64url').slice(0, 22)}"`,
  )
  const again = await node.ask('/', { headers: { 'if-none-match': page.headers.etag! } })
  expect([again.status, again.text]).toEqual([304, ''])
  const scripts = [...page.text.matchAll(/(?:src|href)="(\/?[a-z-]+\.(?:js|css))"/g)].map(([, path]) => path!)
  expect(scripts.length).toBeGreaterThan(1)
  for (const path of scripts) {
    const { status, headers } = await node.ask(path.startsWith('/') ? path : `/${path}`)
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/css'
    expect([path, status, headers['content-type']]).toEqual([path, 200, `${type}; charset=utf-8`])
  }
})

test('a ring made of what /cluster/ring answers places keys alike', async () => {
  await using node = await httpNode()
  node.coordinator.routing.ring.addNodes([{ id: 'node2', weight: 2 }, 'node3'])
  const answer = (await node.ask('/cluster/ring')).json as {
    virtualNodeCount: number
    checksum: string
    nodes: { id: string; weight: number }[]
  }
  const nodes = answer.nodes.map(({ id, weight }) => ({ id, weight }))
  using ring = new HashRing({ nodes, virtualNodeCount: answer.virtualNodeCount })
  expect(ring.checksum).toBe(answer.checksum)
})
