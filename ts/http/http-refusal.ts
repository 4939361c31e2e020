/** Requests that are refused: the status, the code, and the words. */

import { type ErrorCode, HyperCacheError } from '../errors.js'
import { internal } from '../native.js'
import { jsonLine } from '../json.js'
import type { ErrorAnswer } from './api.js'

/** An error that says which status its answer has. */
export class HttpRefusal extends HyperCacheError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message)
    this.status = status
    this.headers = headers
  }
}

/** The refusal of what cannot be read, or has unknown or wrong parts. */
export function badRequest(message: string, status = 400): HttpRefusal {
  return new HttpRefusal(status, 'ERR_HYPERCACHE_INVALID_REQUEST', message)
}

/** The refusal of what is too long. */
export function tooLarge(status: 413 | 414 | 431, message: string): HttpRefusal {
  return new HttpRefusal(status, 'ERR_HYPERCACHE_TOO_LARGE', message)
}

/** Statuses of the errors of other parts, as far as the one who asks is their cause, or may ask again. */
const STATUSES: ReadonlyMap<ErrorCode, number> = new Map([
  ['ERR_HYPERCACHE_DUPLICATE_NODE', 409],
  ['ERR_HYPERCACHE_UNKNOWN_NODE', 409],
  ['ERR_HYPERCACHE_INVALID_PLAN', 400],
  ['ERR_HYPERCACHE_INVALID_TEXT', 400],
  ['ERR_HYPERCACHE_INVALID_TYPE', 400],
  ['ERR_HYPERCACHE_OUT_OF_RANGE', 400],
  ['ERR_HYPERCACHE_TOO_MANY_ITEMS', 400],
  ['ERR_HYPERCACHE_TOO_MANY_NODES', 400],
  ['ERR_HYPERCACHE_TOO_MANY_POINTS', 400],
  ['ERR_HYPERCACHE_UNKNOWN_EVENT', 400],
  ['ERR_HYPERCACHE_UNKNOWN_FIELD', 400],
  ['ERR_HYPERCACHE_UNKNOWN_STATUS', 400],
  ['ERR_HYPERCACHE_BUS_CLOSED', 503],
  ['ERR_HYPERCACHE_COORDINATOR_CLOSED', 503],
  ['ERR_HYPERCACHE_NO_ROUTABLE_NODE', 503],
  ['ERR_HYPERCACHE_RING_CLOSED', 503],
])

/** What the framework refuses by itself, by its codes. */
const OF_FRAMEWORK: ReadonlyMap<string, () => HttpRefusal> = new Map([
  ['FST_ERR_BAD_URL', () => badRequest('the path has an escape (%…) that is not UTF-8')],
  ['FST_ERR_CTP_BODY_TOO_LARGE', () => tooLarge(413, `the body is too large; ${BODY_RULE}`)],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', () => badRequest('a body must be application/json', 415)],
  ['ECONNRESET', () => badRequest('the body has ended before its end')],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', () => badRequest('the body is not as long as Content-Length says')],
])

/** The most bytes that a body may have. */
export const BODY_BYTES_MAX = 256 * 1024
const BODY_RULE = `it must have at most ${BODY_BYTES_MAX} bytes`

/**
 * The refusal that answers an error. Defects and failures of the user's own code are told without what they
 * say: that is for the log.
 */
export function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof HttpRefusal) return error
  const { code, message } = error as { code?: unknown; message?: unknown }
  const ofFramework = OF_FRAMEWORK.get(String(code))
  if (ofFramework !== undefined) return ofFramework()
  const status = STATUSES.get(code as ErrorCode)
  if (status !== undefined) return new HttpRefusal(status, code as ErrorCode, String(message))
  const { code: defect, message: text } = internal('the request failed; the log of the node says why')
  return new HttpRefusal(500, defect, text)
}

/** The body of a refusal. */
export function refusalText({ code, message }: HttpRefusal): string {
  const answer: ErrorAnswer = { code, message }
  return jsonLine(answer)
}
