/** `POST /cluster/leave`: has the node leave, and answers when it has. */

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type { FastifyReply } from 'fastify'

import { checkedFields } from '../checks.js'
import type { Clock } from '../clock.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { shown } from '../errors.js'
import { jsonLine } from '../json.js'
import { callListener } from '../listeners.js'
import type { LeaveAnswer, LeaveRequest } from './api.js'
import type { Route } from './answer.js'
import { HttpRefusal, badRequest } from './http-refusal.js'
import { Query } from './query.js'

/** How often something is sent while there is no answer yet: clients and proxies give up what is silent. */
const PING_MS = 15_000

const FIELDS: ReadonlySet<string> = new Set<keyof LeaveRequest>(['nodeId'])

/** What the path works with. */
export interface LeaveParts {
  clock: Clock
  /** Begins to stop the coordinator. Called again where it is asked for again. */
  onLeave: () => void
  /** Has the end of the server wait for a connection no more: the answer comes after that. */
  release: (socket: Socket) => void
}

/** The path by which a node is asked to leave. */
export function leaveRoute(coordinator: CoordinatorService, parts: LeaveParts): Route {
  return {
    method: 'POST',
    path: '/cluster/leave',
    handle: ({ raw, body }, reply) => {
      new Query(raw.url!, [])
      checkAsked(body, coordinator.localNodeId)
      if (coordinator.state === 'stopped') throw notReady()
      begin(reply)
      void answerInTheEnd(coordinator, reply.raw, parts.clock)
      parts.release(raw.socket)
      void callListener('onLeave()', parts.onLeave, undefined)
      return undefined
    },
  }
}

/** A body is wanted, and one that names this node: a page of another site can send no JSON unasked. */
function checkAsked(body: unknown, localNodeId: string): void {
  if (body === undefined || body === null) throw badRequest('the body must be like {"nodeId": "node1"}')
  const { nodeId }: Partial<LeaveRequest> = checkedFields('body', body, FIELDS)
  if (typeof nodeId !== 'string') throw badRequest(`nodeId is ${shown(nodeId)}; it must be a text`)
  if (nodeId === localNodeId) return
  const message = `the node ${shown(nodeId)} is to leave, and this is ${shown(localNodeId)}`
  throw new HttpRefusal(409, 'ERR_HYPERCACHE_UNKNOWN_NODE', message)
}

function notReady(): HttpRefusal {
  return new HttpRefusal(503, 'ERR_HYPERCACHE_COORDINATOR_CLOSED', 'the node has stopped')
}

/** The head of the answer goes at once: who asks learns that the node heeds it. */
function begin(reply: FastifyReply): void {
  reply.hijack()
  const { raw: response } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) response.setHeader(name, value!)
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('connection', 'close')
  response.writeHead(200)
  response.flushHeaders()
}

/** The body goes when the coordinator has stopped; until then white space, which JSON may begin with. */
async function answerInTheEnd(
  { events, membership, localNodeId: nodeId }: CoordinatorService,
  response: ServerResponse,
  clock: Clock,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.on('error', () => gone.abort())
  const ping = clock.every(PING_MS, () => void response.write('\n'))
  try {
    await events.once('coordinator:stopped', { signal: gone.signal })
    const answer: LeaveAnswer = { nodeId, hasLeft: !membership.metrics().isJoined }
    response.end(jsonLine(answer))
  } catch {
    // Whoever asked has gone, or the node came to another end than a stop: an answer would not be true.
    response.destroy()
  } finally {
    ping.cancel()
  }
}
