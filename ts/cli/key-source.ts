/** The keys that a command works on: its arguments, or the lines of a file. */

import type { PackedKeys } from '../types.js'
import { usageError } from './failure.js'
import { packArguments, readKeys } from './key-stream.js'

/** What a command was told of its keys. */
export interface KeySource {
  /** Keys given as arguments. */
  keys: readonly string[]
  /** File of keys, `-` for standard input. */
  file?: string | undefined
}

/** Checks that there are keys from one place. @throws CliFailure where there are none, or from two. */
export function checkKeySource({ keys, file }: KeySource): void {
  if (keys.length > 0 && file !== undefined)
    throw usageError('keys are given as arguments and with --keys: give one')
  if (keys.length === 0 && file === undefined)
    throw usageError('the keys are missing: give them as arguments, or --keys')
}

/** The keys, packed. What is yielded is good until the next step. */
export async function* openKeys({ keys, file }: KeySource): AsyncGenerator<PackedKeys> {
  if (file === undefined) yield* packArguments(keys)
  else yield* readKeys(file)
}
