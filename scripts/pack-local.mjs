// Writes the npm tarballs of the root package and of its native packages into a folder.
//
//   npm run pack:local -- DIR                      for the platform of this machine, built here
//   npm run pack:local -- DIR --artifacts FOLDER   for every platform of `napi.targets`, built elsewhere
//
// All happens in a scratch copy: the committed package.json never names the native packages, for `npm ci` would
// look for versions that are not published yet.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { addonFile, buildWhatIsMissing, needPackages } from './build-state.mjs'
import { CommandFailed, main, root, run } from './run.mjs'

/** What only a checkout needs. */
const checkoutFields = ['devDependencies', 'scripts', 'overrides', 'napi']

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
    const platforms = await stage(scratch, values.artifacts && resolve(values.artifacts))
    const folders = ['root', ...platforms.map((platform) => join('npm', platform))]
    for (const folder of folders) console.log(join(target, pack(join(scratch, folder), target)))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})

/** Lays out `root/` and `npm/<platform>/` as they are to be packed, and answers the platforms. */
async function stage(scratch, artifacts) {
  const { NapiCli, parseTriple } = await import('@napi-rs/cli')
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // Provenance compares this with where the build ran.
  const repository = process.env.GITHUB_REPOSITORY
  if (repository) manifest.repository = { type: 'git', url: `git+https://github.com/${repository}.git` }
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

  const platforms = manifest.napi.targets.map((triple) => parseTriple(triple).platformArchABI)
  for (const platform of platforms) {
    const file = `${manifest.napi.binaryName}.${platform}.node`
    const from = join(artifacts ?? root, file)
    if (!existsSync(from)) throw new CommandFailed(`${from} is missing: every platform needs its addon`)
    cpSync(from, join(scratch, 'npm', platform, file))
    cpSync(join(root, 'LICENSE'), join(scratch, 'npm', platform, 'LICENSE'))
  }
  stageRoot(join(scratch, 'root'), manifest, platforms)
  return platforms
}

function stageRoot(folder, manifest, platforms) {
  const natives = platforms.map((platform) => [`${manifest.napi.packageName}-${platform}`, manifest.version])
  const published = Object.entries(manifest).filter(([field]) => !checkoutFields.includes(field))
  for (const name of [...manifest.files, 'README.md', 'LICENSE']) {
    if (!existsSync(join(root, name)))
      throw new CommandFailed(`${name} is missing: it belongs to the package`)
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  writeJson(join(folder, 'package.json'), {
    ...Object.fromEntries(published),
    optionalDependencies: Object.fromEntries(natives),
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

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
