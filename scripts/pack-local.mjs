// Writes the npm tarballs into a folder: `@hypercache/cluster`, the `@hypercache/ring` that it is built on, and the
// native packages that the ring loads.
//
//   npm run pack:local -- DIR                      for the platform of this machine, built here
//   npm run pack:local -- DIR --artifacts FOLDER   for every platform of `napi.targets`, built elsewhere
//
// All happens in a scratch copy: the committed package.json never names the native packages, for `npm ci` would
// look for versions that are not published yet.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { addonFile, buildWhatIsMissing, needPackages } from './build-state.mjs'
import { stageCluster } from './pack/cluster.mjs'
import { copy, readJson, writeJson } from './pack/files.mjs'
import { stageLicenses } from './pack/licenses.mjs'
import { stageRing } from './pack/ring.mjs'
import { CommandFailed, main, root, run } from './run.mjs'

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { artifacts: { type: 'string' } },
  })
  if (positionals.length !== 1)
    throw new CommandFailed('usage: npm run pack:local -- DIR [--artifacts FOLDER]')
  const target = resolve(positionals[0])
  mkdirSync(target, { recursive: true })
  needPackages()
  buildWhatIsMissing()
  const scratch = mkdtempSync(join(tmpdir(), 'hypercache-pack-'))
  try {
    const folders = await stage(scratch, values.artifacts && resolve(values.artifacts))
    for (const folder of folders) console.log(join(target, pack(join(scratch, folder), target)))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})

/** Lays out `npm/<platform>/`, `ring/` and `cluster/` as they are to be packed, and answers these folders. */
async function stage(scratch, artifacts) {
  const { NapiCli, parseTriple } = await import('@napi-rs/cli')
  const manifest = readJson(join(root, 'package.json'))
  if (artifacts === undefined) {
    const here = platformOf(addonFile())
    const { targets } = manifest.napi
    manifest.napi = {
      ...manifest.napi,
      targets: targets.filter((triple) => parseTriple(triple).platformArchABI === here),
    }
  }
  writeJson(join(scratch, 'package.json'), manifest)
  await new NapiCli().createNpmDirs({ cwd: scratch, npmDir: 'npm' })

  const platforms = manifest.napi.targets.map((triple) => {
    const platform = parseTriple(triple).platformArchABI
    const file = `${manifest.napi.binaryName}.${platform}.node`
    stageNative(join(scratch, 'npm', platform), join(artifacts ?? root, file), triple)
    return platform
  })
  const natives = platforms.map((platform) => [`${manifest.napi.packageName}-${platform}`, manifest.version])
  await stageRing(join(scratch, 'ring'), manifest, Object.fromEntries(natives))
  stageCluster(join(scratch, 'cluster'), manifest)
  return [...platforms.map((platform) => join('npm', platform)), 'ring', 'cluster']
}

/** Adds to what napi-rs has written into `folder` the addon, and the licences of what is in it. */
function stageNative(folder, addon, triple) {
  copy(addon, join(folder, basename(addon)))
  copy(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const manifest = readJson(join(folder, 'package.json'))
  writeJson(join(folder, 'package.json'), {
    ...manifest,
    files: [...manifest.files, ...stageLicenses(folder, triple)],
  })
}

/** The platform in an addon's file name: `hypercache.linux-x64-gnu.node` is of `linux-x64-gnu`. */
function platformOf(file) {
  return file.split('.')[1]
}

/** Packs a folder and answers the name of the tarball. */
function pack(folder, target) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', target]
  const answer = run('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  return JSON.parse(answer)[0].filename
}
