/** What a configuration may say of a cluster of several nodes, and most likely was not meant to. */

import { hostPort, isAnyAddress, isLoopback } from '../addresses.js'
import type { GoodValues } from './rules.js'

/** Rounds of gossip that a suspected node should have, to hear of it and to be heard. */
const ROUNDS_MIN = 5

/** Warnings about what the membership that is given does not use, or cannot work with. */
export function membershipAdvice(values: GoodValues): string[] {
  switch (values.get('cluster.membership')) {
    case 'gossip':
      return [
        ...addressAdvice(values),
        ...seedAdvice(values),
        ...timerAdvice(values),
        ...noSerfAdvice(values),
      ]
    case 'serf':
      return [
        ...keyAdvice(values, 'membership serf leaves that to the agent, which has keys of its own'),
        ...serfAdvice(values),
      ]
    default:
      return [...keyAdvice(values, NOBODY), ...simpleAdvice(values), ...noSerfAdvice(values)]
  }
}

const NOBODY = 'membership simple contacts nobody, it is a cluster of one node'

function simpleAdvice(values: GoodValues): string[] {
  return seedsOf(values).length > 0 ? [`cluster.seeds are not used: ${NOBODY}`] : []
}

/** Never shows a key. */
function keyAdvice(values: GoodValues, reason: string): string[] {
  return values.get('cluster.encryption_keys') === ''
    ? []
    : [`cluster.encryption_keys are not used: ${reason}`]
}

function noSerfAdvice(values: GoodValues): string[] {
  if (values.get('cluster.serf.rpc_auth_key') === '') return []
  return ['cluster.serf.rpc_auth_key is not used: it is for membership serf']
}

function serfAdvice(values: GoodValues): string[] {
  const address = values.get('cluster.serf.rpc_address') as string
  if (isLoopback(hostOf(address))) return []
  return [
    `cluster.serf.rpc_address is ${address}: the RPC of Serf is not encrypted, and the agent should be on ` +
      'the same machine',
  ]
}

/** Where the node listens, and where it says that it is. */
function addressAdvice(values: GoodValues): string[] {
  const bound = values.get('cluster.bind_address') as string
  const advertised = values.get('cluster.advertise_address') as string
  if (isLoopback(bound) === isLoopback(advertised)) return []
  return isLoopback(advertised)
    ? [`cluster.advertise_address is ${advertised}: nodes on other machines cannot reach this one there`]
    : [
        `cluster.bind_address is ${bound}: what other machines send to cluster.advertise_address ` +
          `(${advertised}) does not get in`,
      ]
}

function seedAdvice(values: GoodValues): string[] {
  const seeds = seedsOf(values)
  if (seeds.length === 0) return []
  const bound = values.get('cluster.bind_address') as string
  const own = ownAddresses(values)
  if (seeds.every((seed) => own.has(seed.toLowerCase())))
    return [
      'cluster.seeds names nobody but this node: it contacts no other one, and waits until others contact it',
    ]
  const far = seeds.find((seed) => !isLoopback(hostOf(seed)))
  if (far === undefined || !isLoopback(bound)) return []
  return [
    `cluster.bind_address is ${bound}, this machine alone, and cluster.seeds has ${far}: other machines ` +
      'cannot be reached from there',
  ]
}

/** Where this node is, as far as the configuration says, in the words of seeds. */
function ownAddresses(values: GoodValues): Set<string> {
  const bindPort = values.get('cluster.bind_port') as number
  const port = (values.get('cluster.advertise_port') || bindPort) as number
  const bound = values.get('cluster.bind_address') as string
  const advertised = values.get('cluster.advertise_address') as string
  const hosts = isLoopback(bound) || isAnyAddress(bound) ? ['localhost', '127.0.0.1', '::1', bound] : [bound]
  const bindings = hosts.map((host) => hostPort(host, bindPort))
  return new Set([hostPort(advertised, port), ...bindings].map((one) => one.toLowerCase()))
}

function timerAdvice(values: GoodValues): string[] {
  const number = (path: string) => values.get(path) as number
  const multiplied =
    number('cluster.gossip.suspicion_multiplier') * number('cluster.gossip.probe_interval_seconds')
  const suspicion = Math.min(number('cluster.failure_detection_timeout_seconds'), multiplied)
  const gossip = number('cluster.gossip.gossip_interval_seconds')
  const sync = number('cluster.gossip.sync_interval_seconds')
  const divergence = number('cluster.gossip.divergence_seconds')
  const advice: string[] = []
  if (suspicion < ROUNDS_MIN * gossip)
    advice.push(
      `a suspicion lasts ${suspicion} s in a small cluster, less than ${ROUNDS_MIN} × ` +
        `cluster.gossip.gossip_interval_seconds (${gossip}): a node that is well has hardly time to say so`,
    )
  if (divergence <= sync)
    advice.push(
      `cluster.gossip.divergence_seconds (${divergence}) is not more than ` +
        `cluster.gossip.sync_interval_seconds (${sync}): it tells of differences that are about to pass`,
    )
  return advice
}

function seedsOf(values: GoodValues): readonly string[] {
  return values.get('cluster.seeds') as readonly string[]
}

/** The host of `host:port`, without the brackets of an IPv6 address. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
