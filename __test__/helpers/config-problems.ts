/** Problems of a configuration that is refused. */

import { type ConfigProblem, HyperCacheError, loadClusterConfig } from '../../dist/index.js'

/** What a call refuses, after a check that it throws the one error of configurations. */
export function problemsOf(call: () => unknown): readonly ConfigProblem[] {
  try {
    call()
  } catch (error) {
    if (error instanceof HyperCacheError && error.code === 'ERR_HYPERCACHE_CONFIG_INVALID')
      return error.problems!
    throw error
  }
  throw new Error('nothing was refused')
}

/** What is wrong with a text, without an environment. */
export function problemsIn(text: string): readonly ConfigProblem[] {
  return problemsOf(() => loadClusterConfig({ text }, { env: {} }))
}
