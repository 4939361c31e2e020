/** Options of a membership by a Serf agent. */

import { checkedCount, checkedFields, checkedText, optional, optionalText } from '../../checks.js'
import { isPeer } from '../../addresses.js'
import type { HashRingConfig } from '../../config/cluster-config.js'
import { HyperCacheError, shown } from '../../errors.js'
import type { LocalNode } from '../local-node.js'

/** Where the agent is. */
export interface SerfAgentOptions {
  /** Where the agent takes requests: `host:port`, or `[IPv6 address]:port`. */
  readonly rpcAddress: string
  /** The secret that the agent asks for, its `rpc_auth`. */
  readonly rpcAuthKey?: string | undefined
}

/** Timers, in milliseconds. Those of failure detection are the agent's. */
export interface SerfTimings {
  /** How long `join` tries to reach the agent. @defaultValue 10000 */
  readonly connectTimeoutMs: number
  /** How long the agent has for an answer, before the connection is given up. @defaultValue 10000 */
  readonly requestTimeoutMs: number
  /** Longest wait between two tries to reach the agent, or a seed. @defaultValue 30000 */
  readonly retryMaxMs: number
  /** How long `join` waits for seeds. Those that have not answered are tried further. @defaultValue 5000 */
  readonly seedTimeoutMs: number
  /** How often the list of members is read beside the events. @defaultValue 5000 */
  readonly reconcileIntervalMs: number
  /**
   * How often this process says that it lives. After three intervals of silence others suspect it, after five
   * it is dead, though its agent is well. @defaultValue 5000
   */
  readonly heartbeatIntervalMs: number
  /**
   * How long a suspicion stands where nobody takes it back and the agent does not fail. @defaultValue 30000
   */
  readonly suspicionMaxMs: number
  /**
   * How long a process that went silent beside its agent stays in the view as dead. @defaultValue 86400000
   */
  readonly reapAfterMs: number
  /** How long `leave` waits for the agent. @defaultValue 10000 */
  readonly leaveTimeoutMs: number
  /** How long a ring has to stay the same before its checksum is told. @defaultValue 1000 */
  readonly announceDelayMs: number
}

/** Options of `SerfMembership`. */
export interface SerfMembershipOptions {
  /** The node of this process. Its id is the name of the agent's node. */
  readonly local: LocalNode
  /**
   * The ring: members with another function, seed, number of virtual nodes or zone awareness are not taken.
   */
  readonly hashRing: HashRingConfig
  /** Members with another one are none of this cluster. */
  readonly clusterName: string
  readonly serf: SerfAgentOptions
  readonly timings?: Partial<SerfTimings> | undefined
  /** Whether `leave` has the agent leave too, which ends it. @defaultValue false */
  readonly leavesAgent?: boolean | undefined
}

const DEFAULT_TIMINGS: SerfTimings = {
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  retryMaxMs: 30_000,
  seedTimeoutMs: 5_000,
  reconcileIntervalMs: 5_000,
  heartbeatIntervalMs: 5_000,
  suspicionMaxMs: 30_000,
  reapAfterMs: 86_400_000,
  leaveTimeoutMs: 10_000,
  announceDelayMs: 1_000,
}

const OPTION_NAMES = new Set(['local', 'hashRing', 'clusterName', 'serf', 'timings', 'leavesAgent'])
const SERF_NAMES = new Set(['rpcAddress', 'rpcAuthKey'])
const TIMING_NAMES = new Set(Object.keys(DEFAULT_TIMINGS))

/** Options that are complete and can be used. */
export interface CheckedSerfOptions extends SerfMembershipOptions {
  readonly timings: SerfTimings
  readonly leavesAgent: boolean
}

/**
 * Checks all but `local` and `hashRing`.
 *
 * @throws ERR_HYPERCACHE_INVALID_TYPE, …_INVALID_TEXT, …_OUT_OF_RANGE, …_UNKNOWN_FIELD.
 */
export function checkedSerfOptions(options: SerfMembershipOptions): CheckedSerfOptions {
  checkedFields('options', options, OPTION_NAMES)
  const { clusterName, serf, timings = {} } = options
  checkedFields('options.serf', serf, SERF_NAMES)
  checkedFields('options.timings', timings, TIMING_NAMES)
  const bytes = Buffer.byteLength(checkedText('options.clusterName', clusterName))
  if (bytes < 1 || bytes > 255) {
    throw invalidText('options.clusterName', clusterName, 'a text of 1 to 255 bytes')
  }
  const rpcAddress = checkedText('options.serf.rpcAddress', serf.rpcAddress)
  if (!isPeer(rpcAddress)) {
    throw invalidText('options.serf.rpcAddress', rpcAddress, 'host:port, or [IPv6 address]:port')
  }
  const rpcAuthKey = optionalText('options.serf.rpcAuthKey', serf.rpcAuthKey)
  const given = Object.entries(timings).filter(([, value]) => value !== undefined)
  const checked = given.map(([name, value]) => [
    name,
    checkedCount(value, `options.timings.${name}`, 2 ** 31 - 1),
  ])
  return {
    ...options,
    serf: { rpcAddress, rpcAuthKey },
    timings: { ...DEFAULT_TIMINGS, ...(Object.fromEntries(checked) as Partial<SerfTimings>) },
    leavesAgent: optional('options.leavesAgent', options.leavesAgent, 'boolean') ?? false,
  }
}

function invalidText(what: string, value: string, wanted: string): HyperCacheError {
  return new HyperCacheError(
    'ERR_HYPERCACHE_INVALID_TEXT',
    `${what} is ${shown(value)}; it must be ${wanted}`,
  )
}
