/** Packs the project and installs it into an empty folder, as a user would get it. */

import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

import { packDependencies, serveTarballs } from './registry'

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

/** The packages of the project. */
export type OwnPackage = 'ring' | 'cluster' | 'binding'

export interface Installed {
  /** A user's folder that has `@hypercache/cluster`, and so `@hypercache/ring`. */
  folder: string
  /** The folder of one that has `@hypercache/ring` alone. */
  ringFolder: string
  /** The tarball of each. */
  tarballs: Record<OwnPackage, string>
  remove: () => void
}

/**
 * Packs and installs. The network is not used: a registry on loopback has what is packed here, and what that
 * depends on from `node_modules`. What a user of TypeScript has beside it is copied from there.
 */
export async function install(): Promise<Installed> {
  const scratch = mkdtempSync(join(tmpdir(), 'hypercache-package-'))
  const [packed, folder, ringFolder] = ['tarballs', 'user', 'ring-user'].map((name) => join(scratch, name))
  // With the whole environment: where the addon is older than its sources, this builds it.
  execFileSync(process.execPath, [join(root, 'scripts', 'pack-local.mjs'), packed!], { stdio: 'pipe' })
  const tarball = (name: OwnPackage) =>
    join(
      packed!,
      readdirSync(packed!).find((file) => file.startsWith(`hypercache-${name}-`))!,
    )
  const tarballs = { ring: tarball('ring'), cluster: tarball('cluster'), binding: tarball('binding') }
  packDependencies(root, packed!)
  const registry = await serveTarballs(packed!)
  try {
    const from = ['--registry', registry.url, '--cache', join(scratch, 'cache')]
    await installInto(folder!, ['@hypercache/cluster', '@hypercache/ring'], from)
    await installInto(ringFolder!, ['@hypercache/ring'], from)
  } finally {
    registry.close()
  }
  const remove = () => rmSync(scratch, { recursive: true, force: true })
  return { folder: folder!, ringFolder: ringFolder!, tarballs, remove }
}

async function installInto(folder: string, names: string[], from: string[]): Promise<void> {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-audit', '--no-fund', ...from, ...names]
  await promisify(execFile)('npm', args, { cwd: folder, env: userEnvironment })
}

/** What users of TypeScript have beside the package. */
export function addTypesOfNode(folder: string): void {
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  }
}
