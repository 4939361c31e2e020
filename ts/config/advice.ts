/** What a configuration may say, and most likely was not meant to. */

import { isLoopback } from '../addresses.js'
import { membershipAdvice } from './membership-advice.js'
import type { GoodValues } from './rules.js'

/** Shorter tokens can be guessed. */
const TOKEN_LENGTH_MIN = 16

/** Texts that people write variables into. An address with one is refused as no address. */
const FREE_TEXTS = [
  'cluster.node_id',
  'cluster.cluster_name',
  'cluster.zone',
  'cluster.serf.rpc_auth_key',
  'http.token',
  'events.log_file',
]

/**
 * Warnings, a line each, about values that are all good. What is absent is an empty text; the address that
 * the node advertises is there in any case.
 */
export function adviceOn(values: GoodValues): string[] {
  return [
    ...clusterAdvice(values),
    ...membershipAdvice(values),
    ...tokenAdvice(values),
    ...textAdvice(values),
  ]
}

function clusterAdvice(values: GoodValues): string[] {
  const advice: string[] = []
  if (values.get('cluster.node_id') === '' && mayBeOneOfMany(values))
    advice.push(
      'cluster.node_id is not set: the node has a random one, and takes over other keys after each restart',
    )
  if (values.get('cluster.hash_ring.zone_aware') === true && values.get('cluster.zone') === '')
    advice.push('cluster.hash_ring.zone_aware is true without cluster.zone: the node is a zone of its own')
  return advice
}

/** Whether the node may have others beside it on more than this machine. */
function mayBeOneOfMany(values: GoodValues): boolean {
  if (values.get('cluster.preset') !== 'local') return true
  const membership = values.get('cluster.membership')
  const isOpen = !isLoopback(values.get('cluster.bind_address') as string)
  return membership === 'serf' || (membership === 'gossip' && isOpen)
}

/** Never shows the token. */
function tokenAdvice(values: GoodValues): string[] {
  const token = values.get('http.token') as string
  const advice: string[] = []
  if (token !== '' && token.length < TOKEN_LENGTH_MIN)
    advice.push(`http.token has less than ${TOKEN_LENGTH_MIN} characters: it can be guessed`)
  if (/^(["']).*\1$/.test(token))
    advice.push('http.token begins and ends with a quote, which is a part of it')
  return advice
}

function textAdvice(values: GoodValues): string[] {
  const advice = FREE_TEXTS.filter((path) => (values.get(path) as string).includes('${')).map((path) => {
    return `${path} has "$\{" in it, which stays as it is: no variables are put in`
  })
  if ((values.get('events.log_file') as string).startsWith('~'))
    advice.push('events.log_file begins with ~, which is no home directory here, but a part of the name')
  return advice
}
