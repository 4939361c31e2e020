/** What a gossip membership is made of, and how it is told to native code. */

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import type { GossipConfig, HashRingConfig } from '../../config/cluster-config.js'
import { GOSSIP_TIMERS, nativeTimer } from '../../config/gossip-fields.js'
import { camelOf } from '../../config/names.js'
import { HyperCacheError } from '../../errors.js'
import type { NativeGossipOptions, NativeRecord, NativeTiming } from '../../native.js'
import { systemReason } from '../../system-reason.js'
import { seedTrace } from '../seed-trace.js'
import type { Placement } from '../distributed-membership.js'
import type { LocalNode } from '../local-node.js'

/** What a gossip membership is made of. */
export interface GossipMembershipOptions {
  /** The node of this process. Its address and port are those by which others reach it. */
  local: LocalNode
  /** Where it listens: an IP address or a host name. */
  bindAddress: string
  /** Its port, for datagrams and streams; 0 is any that is free, and is advertised then. */
  bindPort: number
  /** Members of other clusters are not heard. */
  clusterName: string
  /** Keys of 32 bytes in base64: the first seals, all open. Without any, messages travel open. */
  encryptionKeys?: readonly string[] | undefined
  /** What must be the same at all members, for their rings to be. */
  hashRing: HashRingConfig
  /** How fast things go. */
  gossip: GossipConfig
  /** However large the cluster, a suspicion lasts no longer, in seconds. */
  failureDetectionTimeoutSeconds: number
}

/** What the node says of itself: what may change while it lives. */
export interface LocalState {
  metadata: Readonly<Record<string, string>>
  isUpdating: boolean
  load?: number | undefined
  /** Ports of its other servers, by name. */
  ports: Readonly<Record<string, number>>
}

/** The options for native code; host names are resolved. @throws ERR_HYPERCACHE_LISTEN_FAILED. */
export async function nativeOptions(
  options: GossipMembershipOptions,
  placement: Placement,
  state: LocalState,
  startedAtMs: number,
): Promise<NativeGossipOptions> {
  const { local, bindAddress, bindPort, clusterName, encryptionKeys = [] } = options
  return {
    id: local.id,
    bindAddress: await ipOf(bindAddress),
    bindPort,
    advertiseAddress: await ipOf(local.address),
    // The port that is found free is the one that others are told.
    advertisePort: bindPort === 0 ? 0 : local.port,
    startedAtMs,
    record: recordOf(local, state),
    clusterName,
    keys: encryptionKeys.map((key) => Buffer.from(key, 'base64')),
    shared: sharedOptions(options.hashRing, placement),
    timing: timingOf(options.gossip, options.failureDetectionTimeoutSeconds),
  }
}

/** What native code is to say of the node. */
export function recordOf(local: LocalNode, { metadata, isUpdating, load, ports }: LocalState): NativeRecord {
  const { address, port, weight = 1, zone, capabilities = [] } = local
  return {
    isUpdating,
    address,
    port,
    ports: { ...ports },
    weight,
    ...(zone === undefined ? {} : { zone }),
    capabilities: [...capabilities],
    metadata: { ...metadata },
    ...(load === undefined ? {} : { load }),
  }
}

async function ipOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host
  try {
    return (await lookup(host)).address
  } catch (cause) {
    const message = `the host name ${host} has no address: ${systemReason(cause)}`
    throw new HyperCacheError('ERR_HYPERCACHE_LISTEN_FAILED', message, { cause })
  }
}

/** Names and values in turn. What differs in one of them owns other keys. */
function sharedOptions(hashRing: HashRingConfig, { hashFunction, fingerprint }: Placement): string[] {
  const { hashSeed, virtualNodeCount, zoneAware, routableStatuses } = hashRing
  return [
    ['hash_function', hashFunction],
    // A seed is a secret of the placement: only a trace of it is told.
    ['hash_seed', hashSeed === 0n ? '0' : `of trace ${seedTrace(hashSeed)}`],
    ['virtual_node_count', String(virtualNodeCount)],
    ['zone_aware', String(zoneAware)],
    ['routable_statuses', [...routableStatuses].sort().join(', ')],
    // The last: where another option is the reason, that one is named.
    ['hash_function, as a fingerprint of where it places probe texts,', fingerprint],
  ].flat()
}

function timingOf(gossip: GossipConfig, failureDetectionTimeoutSeconds: number): NativeTiming {
  const timers = Object.keys(GOSSIP_TIMERS).map((name) => {
    const native = nativeTimer(name)
    return [native.name, gossip[camelOf(name) as keyof GossipConfig] * native.factor]
  })
  // A test compares the names of the timers with those that native code takes.
  const timing = Object.fromEntries(timers) as Omit<NativeTiming, 'suspicionMaxMs'>
  return { ...timing, suspicionMaxMs: failureDetectionTimeoutSeconds * 1000 }
}
