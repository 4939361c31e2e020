/** Nodes that serve HTTP, and clients that can also ask in ways that no client would. */

import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { type Socket, connect } from 'node:net'

import {
  type CoordinatorOptions,
  type HttpServer,
  type HttpServerOptions,
  SimpleCoordinator,
  startHttpServer,
} from '../../dist/index.js'

export interface HttpNode extends AsyncDisposable {
  readonly coordinator: SimpleCoordinator
  readonly server: HttpServer
  ask(path: string, options?: Asked): Promise<Answered>
}

export interface Asked extends RequestOptions {
  body?: string | Buffer
}

export interface Answered {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body, where it is JSON. */
  json: unknown
}

interface NodeOptions {
  config?: { cluster?: object; http?: object; events?: object }
  coordinator?: CoordinatorOptions
  server?: HttpServerOptions
}

/** A node that is ready and listens on a free port; stopping it takes no time but what is asked for. */
export async function httpNode({ config = {}, ...options }: NodeOptions = {}): Promise<HttpNode> {
  const cluster = { nodeId: 'node1', ...config.cluster }
  const http = { drainSeconds: 0, port: 0, ...config.http }
  const coordinator = new SimpleCoordinator({ ...config, cluster, http }, options.coordinator)
  await coordinator.start()
  const server = await startHttpServer(coordinator, options.server)
  return {
    coordinator,
    server,
    ask: (path, asked) => ask(server.port, path, asked),
    [Symbol.asyncDispose]: () => coordinator.close(),
  }
}

/** Asks once, over a connection of its own unless an agent is given. */
export function ask(port: number, path: string, { body, ...options }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = response.headers['content-type']?.startsWith('application/json') === true
        const json = isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined
        resolve({ status: response.statusCode!, headers: response.headers, text, json })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Asks with a body of JSON. */
export const posted = (body: unknown): Asked => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
})

/** What is answered to bytes, whatever they are: everything until the server closes the connection. */
export function rawAnswer(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (data) => (text += data.toString('latin1')))
    // A server that closes before it has read everything resets the connection: what it said counts.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)))
    socket.on('close', () => resolve(text))
  })
}

/** The statuses of the answers in a text, in order. */
export const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** A stream of server-sent events that is open. */
export interface OpenStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
  /** What has come so far. */
  text(): string
  /** Resolves when the text so far passes, with that; rejects where the stream ends before. */
  until(passes: (text: string) => boolean): Promise<string>
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>
  close(): void
}

/** Opens a stream. */
export function openStream(port: number, path: string, options: RequestOptions = {}): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let text = ''
      let isOver = false
      let look = () => undefined as void
      response.setEncoding('utf8')
      response.on('data', (data: string) => {
        text += data
        look()
      })
      response.on('error', () => undefined)
      const ended = new Promise<void>((resolveEnd) => {
        response.on('close', () => {
          isOver = true
          resolveEnd()
          look()
        })
      })
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        socket: response.socket,
        text: () => text,
        until: (passes) =>
          new Promise((resolveText, rejectText) => {
            look = () => {
              if (passes(text)) resolveText(text)
              else if (isOver) rejectText(new Error(`the stream ended after ${JSON.stringify(text)}`))
            }
            look()
          }),
        ended,
        close: () => asked.destroy(),
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** The messages in the text of a stream: what each is, with its number and data. */
export function messagesIn(text: string): { id: string | undefined; event: string; data: unknown }[] {
  const blocks = text.split('\n\n').filter((block) => /^event: /m.test(block))
  return blocks.map((block) => {
    const lines = block.split('\n')
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    return { id: field('id'), event: field('event')!, data: JSON.parse(field('data')!) as unknown }
  })
}
