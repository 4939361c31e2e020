/** Paths, and what they answer. */

import type { Readable } from 'node:stream'

import type { FastifyReply, FastifyRequest } from 'fastify'

import { jsonLine } from '../json.js'

/** An answer: its body as a whole, or as it is read. */
export interface Answer {
  /** @defaultValue 200 */
  readonly status?: number
  /** Value of `Content-Type`. */
  readonly type: string
  readonly body: string | Buffer | Readable
  readonly headers?: Readonly<Record<string, string>>
}

/** One method of one path. `HEAD` goes with `GET`. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Whether it is answered without a token. */
  readonly isOpen?: boolean
  /** Answers, or takes the reply over and answers `undefined`. */
  readonly handle: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<Answer | undefined> | Answer | undefined
}

/** An answer of JSON. */
export function json(value: unknown, status = 200): Answer {
  return jsonText(jsonLine(value), status)
}

/** An answer of JSON that is text already. */
export function jsonText(body: string | Readable, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body }
}
