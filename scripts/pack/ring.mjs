// `@hypercache/ring` as it is published: the ring with the loader of the addon, and the public declarations.

import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from '../run.mjs'
import { copy, write, writeJson } from './files.mjs'
import { reachedFrom, textOf } from './modules.mjs'

export const RING = '@hypercache/ring'

/** The declarations of the public names. */
export const ringDeclarations = () => reachedFrom(['ring/index.d.ts'])

/** Lays the package out in `folder`. `natives`: the packages of the addon, by platform. */
export async function stageRing(folder, manifest, natives) {
  await bundle(folder, natives)
  for (const path of ringDeclarations()) write(join(folder, 'types', path), textOf(path))
  for (const name of ['LICENSE', 'CHANGELOG.md']) copy(join(root, name), join(folder, name))
  copy(join(root, 'ts', 'ring', 'README.md'), join(folder, 'README.md'))
  writeJson(join(folder, 'package.json'), ringManifest(manifest, natives))
}

/** Both entries, and `ring.js` that they share. From the sources: CommonJS does not join into one scope. */
async function bundle(folder, natives) {
  const entry = (name) => join(root, 'ts', 'ring', name)
  const built = await rolldown({
    input: { index: entry('index.ts'), internal: entry('internal.ts') },
    external: [...natives.values()],
    platform: 'node',
    plugins: [withLoader(natives)],
    transform: { target: 'es2022' },
  })
  await built.write({
    dir: folder,
    format: 'cjs',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'ring' }] },
  })
  await built.close()
}

/** Puts our loader in the place of the one of napi-rs. */
function withLoader(natives) {
  const id = 'loader.cjs'
  return {
    name: 'loader of the addon',
    resolveId: (specifier) => (specifier === '../index.js' ? id : undefined),
    load: (loaded) => (loaded === id ? loaderOf(natives) : undefined),
  }
}

/**
 * What loads the addon. The one of napi-rs would do, but takes longer than the addon itself: it looks for a
 * build in the checkout, for platforms that have no package, and for the C library. Here, an addon for
 * another C library is not installed, or does not load. Names are written out, so that bundlers see them.
 */
export function loaderOf(natives) {
  const byMachine = {}
  for (const [platform, name] of natives) {
    const machine = platform.split('-', 2).join('-')
    byMachine[machine] = [...(byMachine[machine] ?? []), `() => require('${name}')`]
  }
  const loads = Object.entries(byMachine).map(([machine, calls]) => `'${machine}': [${calls.join(', ')}],`)
  return `
    const loads = { ${loads.join('\n')} }
    function load() {
      const errors = []
      const machine = process.platform + '-' + process.arch
      if (loads[machine] === undefined) throw new Error('no package for ' + machine)
      for (const load of loads[machine]) {
        try {
          return load()
        } catch (error) {
          errors.push(error)
        }
      }
      throw new AggregateError(errors, errors.map(({ message }) => message).join('\\n'))
    }
    module.exports = load()
  `
}

/** Without `exports`: for Node to read them takes nearly as long as to load the addon. */
function ringManifest(manifest, natives) {
  const { version, license, repository, bugs, homepage, engines } = manifest
  return {
    name: RING,
    version,
    description: 'Which node owns a key: a consistent-hash ring for Node and TypeScript, in Rust.',
    license,
    repository,
    bugs,
    homepage,
    keywords: ['consistent-hashing', 'hash-ring', 'hashring', 'ketama', 'sharding', 'replicas', 'napi-rs'],
    type: 'commonjs',
    main: './index.js',
    types: './types/ring/index.d.ts',
    engines,
    optionalDependencies: Object.fromEntries([...natives.values()].map((name) => [name, version])),
  }
}
