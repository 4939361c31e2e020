/** Who may ask: by the host that was asked for, and by the token. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

import { isLoopback } from '../addresses.js'
import { shown } from '../errors.js'
import { HttpRefusal, badRequest } from './http-refusal.js'

/**
 * Checks the host that a request asks for. On a loopback address it must be a name of this machine: a page of
 * another site could otherwise have its own name resolve to it, and read what it answers (DNS rebinding).
 *
 * @throws ERR_HYPERCACHE_INVALID_REQUEST for none or several, ERR_HYPERCACHE_FORBIDDEN_HOST.
 */
export function checkHost({ rawHeaders, url = '' }: IncomingMessage, isOnLoopback: boolean): void {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === 'host')
  if (hosts.length !== 1) throw badRequest(`the request has ${hosts.length} Host headers; it must have one`)
  // A client may name the whole address in place of the path; then that is the host that counts.
  const asked = [hosts[0]!, ...(/^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.slice(1) ?? [])]
  const foreign = isOnLoopback ? asked.find((host) => !isLoopbackHost(host)) : undefined
  if (foreign === undefined) return
  const message = `the request is for the host ${shown(foreign)}; it must be localhost or a loopback address`
  throw new HttpRefusal(403, 'ERR_HYPERCACHE_FORBIDDEN_HOST', message)
}

/** Whether a `Host` header, a port after it or not, names this machine and nothing but it. */
function isLoopbackHost(host: string): boolean {
  const [, v6, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{0,5})?$/.exec(host) ?? []
  if (v6 !== undefined) return isIPv6(v6) && isLoopback(v6)
  return isLoopback(name) || name.toLowerCase().endsWith('.localhost')
}

/** Compares bearer tokens with the one that is wanted, in a time that says nothing of it. */
export class TokenGuard {
  readonly #wanted: Buffer

  constructor(token: string) {
    this.#wanted = digest(token)
  }

  /** Whether the value of an `Authorization` header is the token. */
  passes(authorization: string | undefined): boolean {
    const token = /^bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1]
    return token !== undefined && timingSafeEqual(digest(token), this.#wanted)
  }

  /** @throws ERR_HYPERCACHE_UNAUTHORIZED. */
  check(authorization: string | undefined): void {
    if (authorization === undefined) throw unauthorized('the request bears no token', '')
    if (!this.passes(authorization))
      throw unauthorized('the request bears another token than http.token', ', error="invalid_token"')
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function unauthorized(what: string, more: string): HttpRefusal {
  const message = `${what}; send the header Authorization: Bearer <http.token>`
  const headers = { 'www-authenticate': `Bearer realm="hypercache"${more}` }
  return new HttpRefusal(401, 'ERR_HYPERCACHE_UNAUTHORIZED', message, headers)
}
