// The lock files of the fuzz targets, which are workspaces of their own, are those of their manifests.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { main, root, run } from './run.mjs'

await main(() => {
  const crates = join(root, 'crates')
  const manifests = readdirSync(crates).map((crate) => join(crates, crate, 'fuzz', 'Cargo.toml'))
  for (const manifest of manifests.filter((file) => existsSync(file)))
    run('cargo', ['fetch', '--quiet', '--locked', '--manifest-path', manifest])
})
