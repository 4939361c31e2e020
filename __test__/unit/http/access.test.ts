import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type HttpNode, ask, httpNode, posted } from '../../helpers/http'

const TOKEN = 'correct-horse-battery-staple'
const code = (name: string) => ({ code: `ERR_HYPERCACHE_${name}`, message: expect.any(String) as string })

describe('a server on loopback answers for this machine only', () => {
  let node: HttpNode
  beforeAll(async () => {
    node = await httpNode()
  })
  afterAll(() => node[Symbol.asyncDispose]())
  const asked = (path: string, host: string) => node.ask(path, { headers: { host } })

  test.each([
    'localhost',
    'LocalHost:8080',
    'node1.localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.255.0.7:65535',
    '[::1]',
    '[::1]:8080',
    '[0:0:0:0:0:0:0:1]',
    'localhost.',
  ])('%s is this machine', async (host) => {
    expect((await asked('/cluster/members', host)).status).toBe(200)
  })

  test.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '128.0.0.1',
    '127.1',
    '0.0.0.0',
    '2130706433',
    '0x7f.0.0.1',
    '[::2]',
    '::1',
    '192.168.0.1',
    'evil.example@localhost',
    'localhost@evil.example',
    'localhost#.evil.example',
    'localhost,evil.example',
    '[localhost]',
    '[127.0.0.1]',
    'localhost:8080:8080',
  ])('%j is not', async (host) => {
    for (const path of ['/cluster/ring', '/livez', '/', '/events', '/nothing']) {
      const { status, json } = await asked(path, host)
      expect([status, json], path).toEqual([403, code('FORBIDDEN_HOST')])
    }
  })

  test('no answer allows pages of other sites to read it', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'GET' }
    for (const path of ['/livez', '/cluster/ring', '/metrics', '/nothing']) {
      const answers = [
        await node.ask(path, { headers }),
        await node.ask(path, { headers, method: 'OPTIONS' }),
      ]
      for (const { headers: answered } of answers) {
        expect(Object.keys(answered).filter((name) => name.startsWith('access-control'))).toEqual([])
        expect(answered['cross-origin-resource-policy']).toBe('same-origin')
      }
    }
  })

  test('every answer says what browsers may do with it', async () => {
    for (const path of ['/livez', '/cluster/ring', '/metrics', '/nothing', '/%zz', '/']) {
      const { headers } = await node.ask(path)
      expect(headers, path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
          "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      })
    }
  })
})

// Other spellings of loopback need no token either, so the host is to be checked there too.
test.each(['localhost', '127.0.0.2', '::1', '0:0:0:0:0:0:0:1'])(
  'the host is checked on %s',
  async (bindAddress) => {
    await using node = await httpNode({ config: { http: { bindAddress } } })
    const { hostname } = new URL(node.server.url)
    const host = hostname.replace(/[[\]]/g, '')
    const foreign = await ask(node.server.port, '/livez', { host, headers: { host: 'evil.example' } })
    expect([foreign.status, foreign.json]).toEqual([403, code('FORBIDDEN_HOST')])
    expect((await ask(node.server.port, '/livez', { host })).status).toBe(200)
  },
)

test('a server that others reach is asked by any name', async () => {
  await using node = await httpNode({ config: { http: { bindAddress: '0.0.0.0', token: TOKEN } } })
  expect(node.server.url).toBe(`http://127.0.0.1:${node.server.port}`)
  const headers = { host: 'node1.example', authorization: `Bearer ${TOKEN}` }
  expect((await node.ask('/cluster/ring', { headers })).status).toBe(200)
})

describe('with http.token', () => {
  let node: HttpNode
  beforeAll(async () => {
    node = await httpNode({ config: { http: { token: TOKEN } } })
  })
  afterAll(() => node[Symbol.asyncDispose]())

  const closed = [
    '/metrics',
    '/cluster/members',
    '/cluster/ring',
    '/cluster/route?key=a',
    '/cluster/events',
    '/events',
    '/nothing',
  ]

  test.each(closed)('%s is refused without it', async (path) => {
    const { status, headers, json } = await node.ask(path)
    expect([status, json]).toEqual([401, code('UNAUTHORIZED')])
    expect(headers['www-authenticate']).toMatch(/^Bearer\b/)
    expect((await node.ask(path, { method: 'HEAD' })).status).toBe(401)
  })

  test('a plan is refused without it, before its body is looked at', async () => {
    const before = node.coordinator.events.metrics().publishedCount
    expect((await node.ask('/cluster/plan', posted('{'))).status).toBe(401)
    expect((await node.ask('/cluster/plan', posted({ add: [{ id: 'a' }] }))).status).toBe(401)
    expect(node.coordinator.events.metrics().publishedCount).toBe(before)
  })

  test.each(['/livez', '/readyz', '/health'])('%s needs none', async (path) => {
    expect((await node.ask(path)).status).toBe(200)
  })

  test('probes say what fails without it, and why with it only', async () => {
    await using other = await httpNode({ config: { http: { token: TOKEN } } })
    other.coordinator.registerHealthCheck('database', () => {
      throw new Error('10.0.0.9 refuses user admin')
    })
    other.coordinator.registerHealthCheck('queue', () => 'queue.internal is empty')
    const checks = ['coordinator', 'database', 'heartbeat', 'membership', 'queue', 'routing'].map((name) => ({
      ...{ name, isPassing: name !== 'database' },
      ...{ durationMs: expect.any(Number) as number, checkedAtMs: expect.any(Number) as number },
    }))
    const ready = { isReady: false, state: 'ready', reasons: ['database'] }
    for (const headers of [{}, { authorization: 'Bearer other' }]) {
      expect(await other.ask('/readyz', { headers })).toMatchObject({ status: 503 })
      expect((await other.ask('/readyz', { headers })).json).toEqual(ready)
      expect((await other.ask('/health', { headers })).json).toEqual({ ...ready, checks })
    }
    const headers = { authorization: `Bearer ${TOKEN}` }
    const reasons = ['database: 10.0.0.9 refuses user admin']
    expect((await other.ask('/readyz', { headers })).json).toMatchObject({ reasons })
    const { text, json } = await other.ask('/health', { headers })
    expect(json).toMatchObject({ nodeId: 'node1', reasons, uptimeMs: expect.any(Number) as number })
    expect(text).toContain('queue.internal is empty')
  })

  test.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER   ${TOKEN} `])(
    '%j opens',
    async (authorization) => {
      expect((await node.ask('/cluster/members', { headers: { authorization } })).status).toBe(200)
    },
  )

  test.each([
    '',
    'Bearer',
    'Bearer ',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    `Bearer=${TOKEN}`,
    `Bearer ${'x'.repeat(100_000)}`,
  ])('%.40j does not', async (authorization) => {
    const { status, text } = await node.ask('/cluster/members', { headers: { authorization } })
    expect(status).toBe(401)
    expect(text).not.toContain(TOKEN)
  })

  test('a token in the address is no token', async () => {
    expect((await node.ask(`/cluster/members?token=${TOKEN}`)).status).toBe(401)
  })
})
