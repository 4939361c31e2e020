/** What `package-lock.json` pins. */

import { minVersion, satisfies } from 'semver'
import { type Source, finding } from './sources'

/** Lines of a lock file that name a registry's host: they would bind everybody to the author's mirror. */
export function resolvedHosts(lock: Source): string[] {
  return lock.text
    .split('\n')
    .flatMap((line, index) =>
      /"resolved": "https?:/.test(line) ? [finding(lock, index + 1, 'names the host of a registry')] : [],
    )
}

interface LockedPackage {
  version?: string
  engines?: { node?: string }
}

/** Packages of a lock file that do not run on the oldest Node that the project runs on: `npm ci` warns. */
export function packagesForNewerNode(lock: Source): string[] {
  const { packages } = JSON.parse(lock.text) as { packages: Record<string, LockedPackage> }
  const oldest = minVersion(packages['']!.engines!.node!)!.version
  return Object.entries(packages)
    .filter(([, { engines }]) => !satisfies(oldest, engines?.node ?? '*'))
    .map(([path, { version, engines }]) => {
      const name = path.replace(/^.*node_modules\//, '')
      return `${lock.path}: ${name}@${version} needs Node ${engines!.node}, and Node ${oldest} is to do`
    })
}
