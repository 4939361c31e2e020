/** Folders for files that a test writes. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes a folder; `remove` drops it with all that is in it. */
export function temporaryFolder(name: string) {
  const path = mkdtempSync(join(tmpdir(), `hypercache-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
