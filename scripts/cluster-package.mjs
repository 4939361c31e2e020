// `@hypercache/cluster` as it is published: all that is compiled but the ring, which it takes from its own package.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { copy, write, writeJson } from './package-files.mjs'
import { importsOf, reachedFrom, withImports } from './package-modules.mjs'
import { RING, ringDeclarations } from './ring-package.mjs'
import { root } from './run.mjs'

/** What only a checkout needs: nothing else is laid out than is published. */
const checkoutFields = ['files', 'devDependencies', 'scripts', 'overrides', 'napi']

/** Lays the package out in `folder`. */
export function stageCluster(folder, manifest) {
  stageModules(join(folder, 'dist'))
  stageDeclarations(join(folder, 'dist'))
  for (const name of [...manifest.files.filter((name) => name !== 'dist'), 'README.md', 'LICENSE']) {
    copy(join(root, name), join(folder, name))
  }
  const published = Object.entries(manifest).filter(([field]) => !checkoutFields.includes(field))
  writeJson(join(folder, 'package.json'), {
    ...Object.fromEntries(published),
    dependencies: { [RING]: manifest.version, ...manifest.dependencies },
  })
}

function stageModules(folder) {
  const ofRing = new Set(importsOf('ring/internal.d.ts').map(({ target }) => target.replace('.d.ts', '.js')))
  const rename = (target) => {
    if (target === 'ring/index.js') return RING
    return ofRing.has(target) ? `${RING}/internal` : undefined
  }
  const entries = ['ring/index.js', 'ring/internal.js']
  const modules = readdirSync(join(root, 'dist'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.js') && !ofRing.has(path) && !entries.includes(path))
  for (const path of modules) write(join(folder, path), withImports(path, rename))
}

/** Those of the public names. What the ring does not publish of its own files is declared here. */
function stageDeclarations(folder) {
  const published = ringDeclarations()
  const rename = (target) => (published.has(target) ? RING : undefined)
  for (const path of reachedFrom('index.d.ts', published))
    write(join(folder, path), withImports(path, rename))
}
