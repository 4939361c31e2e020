/** What a refused call throws. */

import { expect } from 'vitest'

/** Matches an error of the package with this code, less its prefix; and the parts of it that are given. */
export const refused = (code: string, parts: { message?: unknown; cause?: unknown } = {}): Error =>
  expect.objectContaining({ name: 'HyperCacheError', code: `ERR_HYPERCACHE_${code}`, ...parts }) as Error
