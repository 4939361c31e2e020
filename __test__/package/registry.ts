/** A registry of npm packages on loopback, which has what `node_modules` has: no network is used. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

interface Packed {
  filename: string
  integrity: string
  shasum: string
}

type Manifest = { name: string; version: string } & Record<string, unknown>

interface Lock {
  packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>
}

/** A registry that answers. */
export interface Registry {
  url: string
  close: () => void
}

/** Packs every package that users get with this one into `folder`, and serves them. */
export async function serveDependencies(root: string, folder: string): Promise<Registry> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const places = Object.entries(packages)
    .filter(([place, { dev, devOptional, optional }]) => place !== '' && !dev && !devOptional && !optional)
    .map(([place]) => place)
  const documents = documentsOf(
    places.map((place) => JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8')) as Manifest),
    pack(root, places, folder),
  )
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

function pack(root: string, places: string[], folder: string): Packed[] {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const folders = places.map((place) => `./${place}`)
  const answer = execFileSync('npm', [...args, ...folders], {
    cwd: root,
    encoding: 'utf8',
    stdio: 'pipe',
    maxBuffer: 1 << 28,
  })
  return JSON.parse(answer) as Packed[]
}

/** What the registry says of each name: all versions that are there, the last one as the latest. */
function documentsOf(manifests: Manifest[], tarballs: Packed[]): Map<string, (url: string) => object> {
  const versions = new Map<string, { manifest: Manifest; tarball: Packed }[]>()
  manifests.forEach((manifest, index) => {
    const found = versions.get(manifest.name) ?? []
    versions.set(manifest.name, [...found, { manifest, tarball: tarballs[index]! }])
  })
  return new Map(
    [...versions].map(([name, found]) => [
      name,
      (url: string) => ({
        name,
        'dist-tags': { latest: found.at(-1)!.manifest.version },
        versions: Object.fromEntries(
          found.map(({ manifest, tarball: { filename, integrity, shasum } }) => [
            manifest.version,
            { ...manifest, dist: { tarball: `${url}/${filename}`, integrity, shasum } },
          ]),
        ),
      }),
    ]),
  )
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
