/** Who sends to a member what it does not heed. */

import { warn } from '../listeners.js'

const STRANGERS: Readonly<Record<string, string>> = {
  'other cluster': 'messages of a cluster with another name',
  'other key': 'messages that none of our encryption_keys opens',
  'not sealed': 'messages that are not encrypted, as all of this cluster are',
  'other version': 'messages in a format of another release',
  'other options': 'messages of members that hash keys in another way',
}

/**
 * Warns of somebody who does.
 *
 * @param why As native code names it.
 */
export function warnOfStranger(address: string, why: string): void {
  const what = STRANGERS[why] ?? 'what are no messages of a member'
  warn('ERR_HYPERCACHE_STRANGER', `${address} sends ${what}: they are counted and dropped; this is told once`)
}
