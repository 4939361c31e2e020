// `@hypercache/cluster` as it is published: all that is compiled but the ring, which has a package of its own.

import { join } from 'node:path'
import { copy, write, writeJson } from './files.mjs'
import { importsOf, reachedFrom, withImports } from './modules.mjs'
import { RING, ringDeclarations } from './ring.mjs'
import { root } from '../run.mjs'

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
  const ofRing = importsOf('ring/internal.d.ts').map(({ target }) => target.replace('.d.ts', '.js'))
  const replaced = new Map(ofRing.map((path) => [path, `${RING}/internal`])).set('ring/index.js', RING)
  for (const path of reachedFrom(['index.js', 'cli/main.js'], replaced)) {
    write(join(folder, path), withImports(path, replaced))
  }
}

/** Those of the public names. What the ring does not publish of its own files is declared here. */
function stageDeclarations(folder) {
  const replaced = new Map([...ringDeclarations()].map((path) => [path, RING]))
  for (const path of reachedFrom(['index.d.ts'], replaced)) {
    write(join(folder, path), withImports(path, replaced))
  }
}
