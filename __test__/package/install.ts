/** Packs the project and installs it into an empty folder, as a user would get it. */

import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

import { serveDependencies } from './registry'

/** The folder of the project. */
export const root = join(__dirname, '..', '..')

/** A user's machine: no Rust on the PATH, and nothing of the npm that runs these tests. */
const userEnvironment = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => !/^(npm_|CARGO|RUST|NODE_OPTIONS|VITEST)/i.test(name))
    .map(([name, value]) => [name, name === 'PATH' ? withoutCargo(value!) : value]),
)

function withoutCargo(path: string): string {
  const hasCargo = (folder: string) => ['cargo', 'cargo.exe'].some((name) => existsSync(join(folder, name)))
  return path
    .split(delimiter)
    .filter((folder) => !hasCargo(folder))
    .join(delimiter)
}

/**
 * Runs a program as a user would and answers what it printed; where it fails, all that it printed is the
 * error.
 */
export function run(program: string, args: string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, env: userEnvironment, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${[program, ...args].join(' ')} in ${cwd} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

/** Runs a JavaScript file of one of the project's own packages. */
export function runTool(file: string, args: string[], cwd: string): string {
  return run(process.execPath, [join(root, 'node_modules', file), ...args], cwd)
}

export interface Installed {
  /** The user's folder. */
  folder: string
  /** Tarball of the root package. */
  main: string
  /** Tarball of this platform's addon. */
  native: string
  remove: () => void
}

/**
 * Packs and installs. The network is not used: what the package depends on comes from `node_modules` by a
 * registry on loopback, and what a user of TypeScript has beside it is copied from there.
 */
export async function install(): Promise<Installed> {
  const scratch = mkdtempSync(join(tmpdir(), 'hypercache-package-'))
  const [tarballs, folder] = [join(scratch, 'tarballs'), join(scratch, 'user')]
  // With the whole environment: where the addon is older than its sources, this builds it.
  execFileSync(process.execPath, [join(root, 'scripts', 'pack-local.mjs'), tarballs], { stdio: 'pipe' })
  const names = readdirSync(tarballs)
  const tarball = (pattern: RegExp) =>
    join(
      tarballs,
      names.find((name) => pattern.test(name))!,
    )
  const [main, native] = [tarball(/^hypercache-cluster-/), tarball(/^hypercache-binding-/)]

  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const registry = await serveDependencies(root, tarballs)
  try {
    const from = ['--registry', registry.url, '--cache', join(scratch, 'cache')]
    const args = ['install', '--no-audit', '--no-fund', ...from, main, native]
    await promisify(execFile)('npm', args, { cwd: folder, env: userEnvironment })
  } finally {
    registry.close()
  }
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  }
  return { folder, main, native, remove: () => rmSync(scratch, { recursive: true, force: true }) }
}
