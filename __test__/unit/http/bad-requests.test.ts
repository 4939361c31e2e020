import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type Asked, type HttpNode, ask, httpNode, posted, rawAnswer, statusesIn } from '../../helpers/http'

let node: HttpNode

beforeAll(async () => {
  node = await httpNode()
})
afterAll(() => node[Symbol.asyncDispose]())

const INVALID = 'INVALID_REQUEST'
const LARGE = 'TOO_LARGE'
/** A key of so many bytes, every one escaped. */
const escaped = (bytes: number) => '%61'.repeat(bytes)
const nodes = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `n${at}`, weight: 0.01 }))
/** A request without the answer's promise that it is of JSON. */
const typed = (type: string, body: string): Asked => ({
  method: 'POST',
  headers: { 'content-type': type },
  body,
})

type Row = [name: string, path: string, asked: Asked, status: number, code: string]

const addresses: Row[] = [
  ['a path that does not exist', '/cluster', {}, 404, 'NOT_FOUND'],
  ['a path with a slash too many', '/livez/', {}, 404, 'NOT_FOUND'],
  ['a path with two slashes', '//livez', {}, 404, 'NOT_FOUND'],
  ['a path in capitals', '/LIVEZ', {}, 404, 'NOT_FOUND'],
  ['a path out of the folder of the page', '/../package.json', {}, 404, 'NOT_FOUND'],
  ['the same, escaped', '/%2e%2e%2fpackage.json', {}, 404, 'NOT_FOUND'],
  ['a NUL in the path', '/livez%00', {}, 404, 'NOT_FOUND'],
  ['the name of a member of every object', '/__proto__', {}, 404, 'NOT_FOUND'],
  ['an escape that is none', '/%zz', {}, 400, INVALID],
  ['an escape that is not UTF-8', '/%ff', {}, 400, INVALID],
  ['half an escape', '/livez%4', {}, 400, INVALID],
  ['a parameter of a path that takes none', '/livez?a=1', {}, 400, INVALID],
  ['an unknown parameter of /readyz', '/readyz?verbose', {}, 400, INVALID],
  ['an unknown parameter of /health', '/health?x=1', {}, 400, INVALID],
  ['an unknown parameter of /metrics', '/metrics?name[]=up', {}, 400, INVALID],
  ['an unknown parameter of /cluster/members', '/cluster/members?status=alive', {}, 400, INVALID],
  ['an unknown parameter of /cluster/ring', '/cluster/ring?tokens=1', {}, 400, INVALID],
  ['an unknown parameter of /events', '/events?limit=1', {}, 400, INVALID],
  ['the parameter __proto__', '/cluster/route?key=a&__proto__=1', {}, 400, INVALID],
  ['no key', '/cluster/route', {}, 400, INVALID],
  ['a key given twice', '/cluster/route?key=a&key=b', {}, 400, INVALID],
  ['an escape in a key that is none', '/cluster/route?key=%zz', {}, 400, INVALID],
  ['an escape in a key that is not UTF-8', '/cluster/route?key=%ff', {}, 400, INVALID],
  ['a surrogate in a key', '/cluster/route?key=%ed%a0%80', {}, 400, INVALID],
  ['no replicas', '/cluster/route?key=a&replicas=0', {}, 400, INVALID],
  ['too many replicas', '/cluster/route?key=a&replicas=65536', {}, 400, INVALID],
  ['fewer than no replicas', '/cluster/route?key=a&replicas=-1', {}, 400, INVALID],
  ['a part of a replica', '/cluster/route?key=a&replicas=1.5', {}, 400, INVALID],
  ['replicas in words', '/cluster/route?key=a&replicas=two', {}, 400, INVALID],
  ['replicas in hexadecimal', '/cluster/route?key=a&replicas=0x2', {}, 400, INVALID],
  ['replicas left empty', '/cluster/route?key=a&replicas=', {}, 400, INVALID],
  ['a key of more than 64 KiB', `/cluster/route?key=${'a'.repeat(65_537)}`, {}, 414, LARGE],
  ['the same, escaped', `/cluster/route?key=${escaped(65_537)}`, {}, 414, LARGE],
  ['a query that is too long', `/cluster/route?key=${'a'.repeat(201_000)}`, {}, 414, LARGE],
  ['too many parameters', `/cluster/events?${'type=custom&'.repeat(33)}`, {}, 400, INVALID],
  ['no events', '/cluster/events?limit=0', {}, 400, INVALID],
  ['too many events', '/cluster/events?limit=1000001', {}, 400, INVALID],
  ['a limit in words', '/cluster/events?limit=all', {}, 400, INVALID],
  ['a negative sequence number', '/cluster/events?after=-1', {}, 400, INVALID],
  ['a sequence number above 2^53', '/cluster/events?after=9007199254740992', {}, 400, INVALID],
  ['a sequence number with an exponent', '/cluster/events?after=1e3', {}, 400, INVALID],
  ['an unknown type of event', '/cluster/events?type=ring:broken', {}, 400, 'UNKNOWN_EVENT'],
  ['a type of event that every object has', '/cluster/events?type=constructor', {}, 400, 'UNKNOWN_EVENT'],
  ['an empty type of event', '/cluster/events?type=', {}, 400, 'UNKNOWN_EVENT'],
  ['an unknown type of event in a stream', '/events?type=nothing', {}, 400, 'UNKNOWN_EVENT'],
  ['a number of an event in words', '/events?after=last', {}, 400, INVALID],
  ['a Last-Event-ID in words', '/events', { headers: { 'last-event-id': 'x' } }, 400, INVALID],
]

const bodies: Row[] = [
  ['no body', '/cluster/plan', { method: 'POST' }, 400, INVALID],
  ['an empty body', '/cluster/plan', posted(''), 400, INVALID],
  ['a body that is no JSON', '/cluster/plan', posted('{"add":'), 400, INVALID],
  ['JSON with a comma too many', '/cluster/plan', posted('{"add":[],}'), 400, INVALID],
  ['JSON that is not UTF-8', '/cluster/plan', posted(Buffer.from('{"add\xff":1}', 'latin1')), 400, INVALID],
  ['JSON 100,000 deep', '/cluster/plan', posted('['.repeat(100_000)), 400, INVALID],
  ['deep JSON that ends', '/cluster/plan', posted('['.repeat(5e4) + ']'.repeat(5e4)), 400, INVALID],
  ['null', '/cluster/plan', posted(null), 400, INVALID],
  ['a list', '/cluster/plan', posted([]), 400, INVALID],
  ['a number', '/cluster/plan', posted(1), 400, INVALID],
  ['nothing asked for', '/cluster/plan', posted({}), 400, 'INVALID_PLAN'],
  ['an unknown part', '/cluster/plan', posted({ set: [] }), 400, INVALID],
  ['a part named __proto__', '/cluster/plan', posted('{"__proto__":{"add":[]}}'), 400, INVALID],
  ['a part that is no list', '/cluster/plan', posted({ add: { id: 'a' } }), 400, INVALID],
  ['a part that is null', '/cluster/plan', posted({ remove: null }), 400, INVALID],
  ['a list given as a text', '/cluster/plan', posted({ remove: 'node1' }), 400, INVALID],
  ['a node that is a text', '/cluster/plan', posted({ add: ['node2'] }), 400, INVALID],
  ['a node without id', '/cluster/plan', posted({ add: [{ weight: 1 }] }), 400, INVALID],
  ['a node with an unknown field', '/cluster/plan', posted({ add: [{ id: 'a', load: 1 }] }), 400, INVALID],
  ['a field named __proto__', '/cluster/plan', posted('{"add":[{"id":"a","__proto__":{}}]}'), 400, INVALID],
  ['an empty id', '/cluster/plan', posted({ add: [{ id: '' }] }), 400, 'INVALID_TEXT'],
  [
    'an id that is too long',
    '/cluster/plan',
    posted({ add: [{ id: 'a'.repeat(256) }] }),
    400,
    'INVALID_TEXT',
  ],
  ['an id with a control character', '/cluster/plan', posted({ add: [{ id: 'a\n' }] }), 400, 'INVALID_TEXT'],
  ['a weight in words', '/cluster/plan', posted({ add: [{ id: 'a', weight: '1' }] }), 400, INVALID],
  ['a weight of 0', '/cluster/plan', posted({ add: [{ id: 'a', weight: 0 }] }), 400, 'OUT_OF_RANGE'],
  ['a negative weight', '/cluster/plan', posted({ add: [{ id: 'a', weight: -1 }] }), 400, 'OUT_OF_RANGE'],
  ['a huge weight', '/cluster/plan', posted({ add: [{ id: 'a', weight: 1e5 }] }), 400, 'TOO_MANY_POINTS'],
  ['an endless weight', '/cluster/plan', posted('{"add":[{"id":"a","weight":1e999}]}'), 400, 'OUT_OF_RANGE'],
  [
    'a huge weight that a negative one would hide',
    '/cluster/plan',
    posted({
      add: [
        { id: 'a', weight: 50_000 },
        { id: 'b', weight: -50_000 },
      ],
    }),
    400,
    'OUT_OF_RANGE',
  ],
  ['more than 1,000 nodes', '/cluster/plan', posted({ add: nodes(1_001) }), 400, INVALID],
  ['a node twice', '/cluster/plan', posted({ add: [{ id: 'a' }, { id: 'a' }] }), 409, 'DUPLICATE_NODE'],
  ['a node that is there', '/cluster/plan', posted({ add: [{ id: 'node1' }] }), 409, 'DUPLICATE_NODE'],
  ['a node that is not there', '/cluster/plan', posted({ remove: ['node9'] }), 409, 'UNKNOWN_NODE'],
  ['an update of nothing', '/cluster/plan', posted({ update: [{ id: 'node1' }] }), 400, 'INVALID_PLAN'],
  [
    'an unknown status',
    '/cluster/plan',
    posted({ update: [{ id: 'node1', status: 'well' }] }),
    400,
    'UNKNOWN_STATUS',
  ],
  ['a parameter beside a body', '/cluster/plan?apply=1', posted({ add: [{ id: 'a' }] }), 400, INVALID],
  ['a body of more than 256 KiB', '/cluster/plan', posted(' '.repeat(262_145)), 413, LARGE],
  ['a form', '/cluster/plan', typed('application/x-www-form-urlencoded', 'add=a'), 415, INVALID],
  ['JSON as text, which pages may send', '/cluster/plan', typed('text/plain', '{}'), 415, INVALID],
  ['a type that begins like JSON', '/cluster/plan', typed('application/jsonx', '{}'), 415, INVALID],
  ['a type that is none', '/cluster/plan', typed('json', '{}'), 415, INVALID],
]

const methods: [method: string, path: string, allow: string][] = [
  ['POST', '/livez', 'GET, HEAD'],
  ['DELETE', '/cluster/members', 'GET, HEAD'],
  ['PUT', '/cluster/ring', 'GET, HEAD'],
  ['PATCH', '/events', 'GET, HEAD'],
  ['OPTIONS', '/cluster/route', 'GET, HEAD'],
  ['PROPFIND', '/cluster/route', 'GET, HEAD'],
  ['TRACE', '/health', 'GET, HEAD'],
  ['GET', '/cluster/plan', 'POST'],
  ['HEAD', '/cluster/plan', 'POST'],
]

describe('a bad request is refused, with a code and a message:', () => {
  test.each([...addresses, ...bodies])('%s', async (_, path, asked, status, code) => {
    const answer = await node.ask(path, asked)
    expect(answer.json).toEqual({ code: `ERR_HYPERCACHE_${code}`, message: expect.stringMatching(/^.{8,}$/) })
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/node_modules|\.js:\d|FST_/)
    expect((await node.ask('/livez')).status).toBe(200)
  })

  test.each([
    [{}, 'the plan asks for nothing; it must have nodes to add, ids to remove, or updates'],
    [
      { add: [{ id: 'a' }, { id: 'b', weight: 0 }] },
      'add[1].weight is 0; it must be a finite number above 0',
    ],
    [{ update: [{ id: 'node1', weight: -1 }] }, 'update[0].weight is -1; it must be a finite number above 0'],
    [{ add: nodes(1_001) }, 'the plan has 1,001 nodes; it must have at most 1,000'],
    [
      { add: [{ id: 'a', weight: 1e5 }] },
      'the ring would have up to 25,600,256 points; over HTTP a plan may have at most 1,000,000',
    ],
  ])('a plan, with a message that says where and how much: %.60j', async (body, message) => {
    expect((await node.ask('/cluster/plan', posted(body))).json).toMatchObject({ message })
  })

  test.each(methods)('%s %s is not allowed', async (method, path, allow) => {
    const { status, headers, text } = await node.ask(path, { method })
    expect([status, headers.allow]).toEqual([405, allow])
    if (method !== 'HEAD') expect(text).toContain('"ERR_HYPERCACHE_METHOD_NOT_ALLOWED"')
  })

  test('and nothing was changed or published by any of them', () => {
    expect(node.coordinator.routing.ring.nodes().map(({ id }) => id)).toEqual(['node1'])
    expect(node.coordinator.events.log({ types: 'rebalance:planned' })).toEqual([])
  })
})

const HOST = 'Host: localhost\r\n'
const JSON_TYPE = 'Content-Type: application/json\r\n'
const get = (path: string, headers = HOST) => `GET ${path} HTTP/1.1\r\n${headers}\r\n`
const CLOSE = `${HOST}Connection: close\r\n`
const chunked = (body: string) =>
  `POST /cluster/plan HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${body}`
const LENGTHS = 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'
const both = `POST /cluster/plan HTTP/1.1\r\n${CLOSE}${JSON_TYPE}${LENGTHS}\r\n`

const raw: [name: string, bytes: string, statuses: number[]][] = [
  ['what is no HTTP', 'SSH-2.0-OpenSSH_9\r\n\r\n', [400]],
  ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00', [400]],
  ['a method that is none', `GETT / HTTP/1.1\r\n${HOST}\r\n`, [400]],
  ['a version that is none', `GET / HTTP/9.9\r\n${HOST}\r\n`, [400]],
  ['no Host', get('/livez', 'Connection: close\r\n'), [400]],
  ['no Host in HTTP/1.0', 'GET /livez HTTP/1.0\r\n\r\n', [400]],
  ['two Hosts', get('/livez', `${HOST}${CLOSE}`), [400]],
  ['a foreign Host', get('/livez', 'Host: evil.example\r\nConnection: close\r\n'), [403]],
  ['an empty Host', get('/livez', 'Host:\r\nConnection: close\r\n'), [403]],
  ['an address for a foreign host', get('http://evil.example/livez', CLOSE), [403]],
  ['an address for this host, which is fine', get('http://127.0.0.1:1/livez', CLOSE), [200]],
  ['a NUL in the path', get('/li\0vez'), [400]],
  ['a space in the path', get('/li vez'), [400]],
  ['bytes above ASCII in the path', get('/\xff\xfe', CLOSE), [400]],
  ['a header without a name', get('/livez', `${HOST}: x\r\n`), [400]],
  ['a header with a NUL', get('/livez', `${HOST}X-A: \0\r\n`), [400]],
  ['a header folded over two lines', get('/livez', `${HOST}X-A: 1\r\n 2\r\n`), [400]],
  ['huge headers', get('/livez', `${HOST}X-A: ${'a'.repeat(300_000)}\r\n`), [431]],
  ['very many headers', get('/livez', HOST + `${'a'.repeat(200)}: 1\r\n`.repeat(1_500)), [431]],
  ['a huge path', get(`/${'a'.repeat(300_000)}`), [431]],
  ['a chunk whose size is no number', chunked('zz\r\n{}\r\n0\r\n\r\n'), [400]],
  ['a chunk longer than it says', chunked('1\r\n{}\r\n0\r\n\r\n'), [400]],
  ['a chunk of a size that overflows', chunked('fffffffffffffffff\r\n'), [400]],
  ['a length and chunks, with which requests are smuggled', `${both}0\r\n\r\n`, [400]],
  [
    'two lengths',
    `POST /cluster/plan HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
    [400],
  ],
  ['a length that is negative', `POST /cluster/plan HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, [400]],
  ['an expectation of something unknown', get('/livez', `${CLOSE}Expect: 200-ok\r\n`), [417]],
  ['three requests at once', get('/livez') + get('/nothing') + get('/livez', CLOSE), [200, 404, 200]],
  ['rubbish after a good request', `${get('/livez')}\0\0\0\r\n\r\n`, [200]],
  ['rubbish after one that takes its time', `${get('/health')}\0\0\0\r\n\r\n`, [200]],
]

describe('bytes of every kind are answered, and leave the server well:', () => {
  test.each(raw)('%s', async (_, bytes, statuses) => {
    const text = await rawAnswer(node.server.port, Buffer.from(bytes, 'latin1'))
    expect(statusesIn(text).slice(0, statuses.length)).toEqual(statuses)
    // Every answer of 400 and more is JSON, with a code.
    const refusals = statusesIn(text).filter((status) => status >= 400)
    expect(text.match(/"code":"ERR_HYPERCACHE_/g) ?? []).toHaveLength(refusals.length)
    expect((await ask(node.server.port, '/livez')).status).toBe(200)
  })
})
