/** The page: the files of one folder, read once. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Route } from './answer.js'

const FOLDER = join(__dirname, '..', '..', 'page')

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** The paths of the page. They have no data in them, and need no token. */
export function pageRoutes(): Route[] {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER) : []
  return names.flatMap((name) => {
    const type = TYPES[/^[a-z][a-z0-9-]*\.([a-z]+)$/.exec(name)?.[1] ?? '']
    if (type === undefined) return []
    return [pageRoute(name === 'index.html' ? '/' : `/${name}`, type, readFileSync(join(FOLDER, name)))]
  })
}

function pageRoute(path: string, type: string, body: Buffer): Route {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  // Asked for again each time, and sent when it has changed: the parts of a page are of one version.
  const headers = { 'cache-control': 'no-cache', etag }
  return {
    method: 'GET',
    path,
    isOpen: true,
    handle: ({ headers: { 'if-none-match': known } }) =>
      known === etag ? { status: 304, type, body: '', headers } : { type, body, headers },
  }
}
