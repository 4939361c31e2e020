/** The keys that a command works on: its arguments, or the lines of a file. */

import type { PackedKeys } from '../types.js'
import { usageError } from './failure.js'
import { packArguments, readKeys } from './key-stream.js'
import { Progress } from './progress.js'

/** What a command was told of its keys. */
export interface KeySource {
  /** Keys given as arguments. */
  keys: readonly string[]
  /** File of keys, `-` for standard input. */
  file?: string | undefined
}

/** Checks that there are keys from one place. @throws CliFailure where there are none, or from two. */
export function checkKeySource(source: KeySource): void {
  if (!hasKeys(source)) throw usageError('the keys are missing: give them as arguments, or --keys')
}

/** Whether there are keys, for a command that can do without. @throws CliFailure for keys from two places. */
export function hasKeys({ keys, file }: KeySource): boolean {
  if (keys.length > 0 && file !== undefined)
    throw usageError('keys are given as arguments and with --keys: give one')
  return keys.length > 0 || file !== undefined
}

/** The keys, packed. What is yielded is good until the next step. */
export async function* openKeys({ keys, file }: KeySource): AsyncGenerator<PackedKeys> {
  if (file === undefined) yield* packArguments(keys)
  else yield* readKeys(file)
}

/** Gives all keys to a counter, and holds none. */
export async function countKeys(counter: { add(keys: PackedKeys): void }, source: KeySource): Promise<void> {
  const progress = new Progress(process.stderr, true)
  try {
    for await (const keys of openKeys(source)) {
      counter.add(keys)
      progress.add(keys.offsets.length - 1)
    }
  } finally {
    progress.end()
  }
}
