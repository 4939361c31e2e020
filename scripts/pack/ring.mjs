// `@hypercache/ring` as it is published: the ring in one file, the loader of the addon, public declarations.

import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { copy, write, writeJson } from './files.mjs'
import { reachedFrom, textOf } from './modules.mjs'
import { root } from '../run.mjs'

export const RING = '@hypercache/ring'

/** The declarations of the public names. */
export const ringDeclarations = () => reachedFrom(['ring/index.d.ts'])

/** Lays the package out in `folder`. `natives`: the packages of the addon, by name, with their versions. */
export async function stageRing(folder, manifest, natives) {
  await bundle(join(folder, 'dist', 'ring'))
  for (const path of ringDeclarations()) write(join(folder, 'dist', path), textOf(path))
  for (const name of ['index.js', 'LICENSE', 'CHANGELOG.md']) copy(join(root, name), join(folder, name))
  copy(join(root, 'ts', 'ring', 'README.md'), join(folder, 'README.md'))
  writeJson(join(folder, 'package.json'), ringManifest(manifest, natives))
}

/**
 * Both entries, and one file that they share. From the sources, where the compiler's CommonJS could not be
 * joined into one scope. Beside each other in `dist/ring`, they find the loader where `ts/native.ts` does.
 */
async function bundle(folder) {
  const entry = (name) => join(root, 'ts', 'ring', name)
  const built = await rolldown({
    input: { index: entry('index.ts'), internal: entry('internal.ts') },
    external: ['../index.js'],
    platform: 'node',
    transform: { target: 'es2022' },
  })
  await built.write({ dir: folder, format: 'cjs', chunkFileNames: 'ring.js' })
  await built.close()
}

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
    main: './dist/ring/index.js',
    types: './dist/ring/index.d.ts',
    exports: {
      '.': { types: './dist/ring/index.d.ts', default: './dist/ring/index.js' },
      './internal': './dist/ring/internal.js',
      './package.json': './package.json',
    },
    engines,
    optionalDependencies: natives,
  }
}
