/** A registry of npm packages on loopback, which has the tarballs of a folder: no network is used. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

interface Published {
  filename: string
  integrity: string
  manifest: { name: string; version: string } & Record<string, unknown>
}

interface Lock {
  packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>
}

/** A registry that answers. */
export interface Registry {
  url: string
  close: () => void
}

/** Packs every package that users get with this one, from `node_modules` into `folder`. */
export function packDependencies(root: string, folder: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const places = Object.entries(packages)
    .filter(([place, { dev, devOptional, optional }]) => place !== '' && !dev && !devOptional && !optional)
    .map(([place]) => `./${place}`)
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...places]
  execFileSync('npm', args, { cwd: root, stdio: 'pipe', maxBuffer: 1 << 28 })
}

/** Serves the tarballs of a folder. */
export async function serveTarballs(folder: string): Promise<Registry> {
  const documents = documentsOf(readdirSync(folder).map((filename) => published(folder, filename)))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!).slice(1)
    const document = documents.get(path)
    if (document !== undefined) response.end(JSON.stringify(document(urlOf(server))))
    else if (path.endsWith('.tgz')) response.end(readFileSync(join(folder, path)))
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: urlOf(server), close: () => void server.close() }
}

function published(folder: string, filename: string): Published {
  const file = join(folder, filename)
  const manifest = execFileSync('tar', ['-xzOf', file, 'package/package.json'])
  return {
    filename,
    integrity: `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`,
    manifest: JSON.parse(manifest.toString()) as Published['manifest'],
  }
}

/** What the registry says of each name: all versions that are there, the last one as the latest. */
function documentsOf(all: Published[]): Map<string, (url: string) => object> {
  const byName = new Map<string, Published[]>()
  for (const one of all) byName.set(one.manifest.name, [...(byName.get(one.manifest.name) ?? []), one])
  return new Map(
    [...byName].map(([name, found]) => [
      name,
      (url: string) => ({
        name,
        'dist-tags': { latest: found.at(-1)!.manifest.version },
        versions: Object.fromEntries(
          found.map(({ manifest, filename, integrity }) => [
            manifest.version,
            { ...manifest, dist: { tarball: `${url}/${filename}`, integrity } },
          ]),
        ),
      }),
    ]),
  )
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
