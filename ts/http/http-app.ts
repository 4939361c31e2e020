/** The server as a framework runs it: limits, headers, who may ask, and how errors are told. */

import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type * as Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { shown } from '../errors.js'
import type { PrometheusExporter } from '../metrics/prometheus.js'
import type { Route } from './answer.js'
import { BODY_BYTES_MAX, HttpRefusal, badRequest, refusalOf, refusalText, tooLarge } from './http-refusal.js'
import type { HttpLogger } from './http-server.js'
import { type TokenGuard, checkHost } from './request-guard.js'

/** Room for the longest key with every byte escaped. */
const HEADER_BYTES_MAX = 208 * 1024
/** How long the headers of a request may take, and the whole of it. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 20_000
/** How often those times are looked at. */
const CHECK_INTERVAL_MS = 1_000
/** How long a connection may wait for its next request. */
const KEEP_ALIVE_MS = 30_000

/** What the page needs, and nothing besides: no code, style or data of others, in no frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** Paths whose answers take as long as a client, or a node that leaves, likes. */
const LONG_ROUTES: ReadonlySet<string> = new Set(['/events', '/cluster/leave'])

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** What an application is made of. */
export interface HttpAppParts {
  routes: readonly Route[]
  exporter: PrometheusExporter
  logger: HttpLogger
  isOnLoopback: boolean
  /** Absent where everybody may ask. */
  tokens: TokenGuard | undefined
  /** While it is pending no request should be answered. */
  closing: () => Promise<void> | undefined
  /** Whether nobody is let in any more, and every connection is to end after its answer. */
  isClosing: () => boolean
  /** Ends a connection with an answer to what cannot be read. */
  refuse: (socket: Socket, text: string) => void
}

/** Makes the application; it does not listen yet. */
export function makeHttpApp(parts: HttpAppParts): FastifyInstance {
  const app = loadFastify()({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    forceCloseConnections: false,
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      // Checked here, for an answer that says what is wrong.
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => refuseUnread(error, socket, parts),
    frameworkErrors: (error, request, reply) => sendRefusal(error, request, reply as FastifyReply, parts),
  })
  app.server.on('checkExpectation', refuseExpectation)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body: Buffer, done) =>
    parseJson(body, done),
  )
  addHooks(app, parts)
  app.setErrorHandler((error, request, reply) => sendRefusal(error, request, reply, parts))
  app.setNotFoundHandler((request) => {
    throw unknownPath(request, parts.routes)
  })
  for (const route of parts.routes) addRoute(app, route)
  return app
}

function addRoute(app: FastifyInstance, { method, path, isOpen = false, handle }: Route): void {
  app.route({
    method,
    url: path,
    config: { isOpen },
    handler: async (request, reply) => {
      const answer = await handle(request, reply)
      if (answer === undefined) return reply
      const { status = 200, type, body, headers = {} } = answer
      return reply.code(status).type(type).headers(headers).send(body)
    },
  })
}

function addHooks(app: FastifyInstance, parts: HttpAppParts): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS)
    const closing = parts.closing()
    if (closing === undefined) done(objection(request, parts))
    else void closing.then(() => done(objection(request, parts)))
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    if (parts.isClosing()) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: tookMs } = reply
    const route = routeOf(request)
    const durationMs = LONG_ROUTES.has(route) && status === 200 ? undefined : tookMs
    parts.exporter.countRequest({ route, method: methodOf(request), status, durationMs })
    const path = pathOf(request.url)
    parts.logger.debug({ method: request.method, path, status, durationMs: tookMs }, 'request')
    done()
  })
}

/** What stands against a request, before its body is read. */
function objection(request: FastifyRequest, parts: HttpAppParts): HttpRefusal | undefined {
  try {
    checkHost(request.raw, parts.isOnLoopback)
    const { isOpen = false } = request.routeOptions.config as { isOpen?: boolean }
    if (request.is404 || !isOpen) parts.tokens?.check(request.headers.authorization)
    return request.is404 ? unknownPath(request, parts.routes) : undefined
  } catch (error) {
    return refusalOf(error)
  }
}

/** A body of JSON. Fields named `__proto__` are fields like others: unknown ones. */
function parseJson(body: Buffer, done: (error: Error | null, value?: unknown) => void): void {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    done(badRequest(body.length === 0 ? 'the body is empty; it must be JSON' : 'the body is no JSON'))
    return
  }
  done(null, value)
}

/** The refusal of a path that does not exist, or does not take the method. */
function unknownPath({ url, method }: FastifyRequest, routes: readonly Route[]): HttpRefusal {
  const path = pathOf(url)
  const methods = routes.filter((route) => route.path === path).map((route) => route.method)
  if (methods.length === 0)
    return new HttpRefusal(404, 'ERR_HYPERCACHE_NOT_FOUND', 'there is no such path; docs/http.md lists them')
  const allowed = methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ')
  const message = `${path} does not take ${method}; it takes ${allowed}`
  return new HttpRefusal(405, 'ERR_HYPERCACHE_METHOD_NOT_ALLOWED', message, { allow: allowed })
}

function sendRefusal(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { logger }: HttpAppParts,
): void {
  const refusal = refusalOf(error)
  if (refusal.status === 500) logger.error({ err: error, path: pathOf(request.url) }, 'a request failed')
  void reply
    .code(refusal.status)
    .headers({ ...HEADERS, ...JSON_TYPE, ...refusal.headers })
    .send(refusalText(refusal))
}

/** Answers what is no request of HTTP, or came too slowly, and closes the connection. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Socket, parts: HttpAppParts): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const refusal = unreadable(error)
  parts.logger.debug({ code: error.code }, 'a request could not be read')
  parts.exporter.countRequest({ route: 'none', method: 'other', status: refusal.status })
  const body = refusalText(refusal)
  const headers = { ...HEADERS, ...JSON_TYPE, connection: 'close', 'content-length': Buffer.byteLength(body) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = STATUS_CODES[refusal.status] ?? ''
  parts.refuse(socket, `HTTP/1.1 ${refusal.status} ${reason}\r\n${lines.join('')}\r\n${body}`)
}

/** Answers an `Expect` other than 100-continue, which the framework is not shown. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const refusal = badRequest(
    `the request expects ${shown(request.headers.expect)}; nothing is known of that`,
    417,
  )
  response
    .writeHead(refusal.status, { ...HEADERS, ...JSON_TYPE, connection: 'close' })
    .end(refusalText(refusal))
}

function unreadable({ code = 'no reason is known' }: NodeJS.ErrnoException): HttpRefusal {
  if (code === 'HPE_HEADER_OVERFLOW')
    return tooLarge(431, `the request has more than ${HEADER_BYTES_MAX} bytes before its body`)
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return tooLarge(413, 'the extensions of a chunk are too large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return badRequest('the request did not come in time', 408)
  return badRequest(`the request cannot be read (${code})`)
}

function pathOf(url: string): string {
  return url.replace(/\?.*$/s, '').slice(0, 256)
}

/** The path as a label: one of those there are. */
function routeOf({ is404, routeOptions }: FastifyRequest): string {
  return is404 ? 'none' : (routeOptions.url ?? 'none')
}

/** The method as a label: clients can make up others. */
function methodOf({ method }: FastifyRequest): string {
  return ['GET', 'HEAD', 'POST'].includes(method) ? method : 'other'
}

function loadFastify(): typeof Fastify.fastify {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by those who serve only
  return (require('fastify') as typeof Fastify).fastify
}
