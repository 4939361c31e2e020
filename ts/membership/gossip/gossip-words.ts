/** What there is to say of a join that was refused, and of strangers. */

import { type ErrorCode, HyperCacheError } from '../../errors.js'
import { warn } from '../../listeners.js'
import type { NativeProblem } from '../../native.js'

/** The error for a join that the cluster has refused. */
export function refused(why: string): HyperCacheError {
  return new HyperCacheError('ERR_HYPERCACHE_JOIN_REFUSED', `the cluster refuses this node: ${why}`)
}

const STRANGERS: Readonly<Record<string, string>> = {
  'other cluster': 'messages of a cluster with another name',
  'other key': 'messages that none of our encryption_keys opens',
  'not sealed': 'messages that are not encrypted, as all of this cluster are',
  'other version': 'messages in a format of another release',
  'other options': 'messages of members that hash keys in another way',
}

/** Problems that are warned of, once each time they begin. What is wrong with seeds passes by itself mostly. */
const PROBLEMS: Partial<Record<NativeProblem['kind'], ErrorCode>> = {
  unreachable: 'ERR_HYPERCACHE_UNREACHABLE',
  sharedAddress: 'ERR_HYPERCACHE_ADDRESS_SHARED',
}

/** Warns of what stands against this node's being well. */
export function warnOfProblem({ kind, text }: NativeProblem): void {
  const code = PROBLEMS[kind]
  if (code !== undefined) warn(code, text)
}

/** Warns of somebody whose messages are not heeded. */
export function warnOfStranger(address: string, why: string): void {
  const what = STRANGERS[why] ?? 'what are no messages of a member'
  warn('ERR_HYPERCACHE_STRANGER', `${address} sends ${what}: they are counted and dropped; this is told once`)
}
