/** What tests with Serf agents share. */

import { type SerfMembershipOptions, type SerfTimings, validateClusterConfig } from '../../dist/index.js'
import { payloadOf, type SerfMessage } from '../../dist/membership/serf/serf-messages.js'
import { hashOptionsText, type Said, type Tags, tagsOf } from '../../dist/membership/serf/serf-tags.js'

/** The name of the cluster in tests. */
export const CLUSTER_NAME = 'test'

const hashRing = validateClusterConfig({}).cluster.hashRing

/** Options of a node that has an agent. */
export function serfOptions(given: {
  id: string
  rpcAddress: string
  rpcAuthKey?: string
  timings?: Partial<SerfTimings>
  local?: Partial<SerfMembershipOptions['local']>
  ring?: Partial<SerfMembershipOptions['hashRing']>
  clusterName?: string
}): SerfMembershipOptions {
  const {
    id,
    rpcAddress,
    rpcAuthKey,
    timings = {},
    local = {},
    ring = {},
    clusterName = CLUSTER_NAME,
  } = given
  return {
    local: { id, address: '127.0.0.1', port: 7946, ...local },
    hashRing: { ...hashRing, ...ring },
    clusterName,
    serf: { rpcAddress, rpcAuthKey },
    timings,
  }
}

/** The tags of a member that says this of itself. */
export function serfTags(said: Partial<Said> = {}, ringChecksum?: string): Tags {
  const common = { clusterName: CLUSTER_NAME, hashOptions: hashOptionsText(hashRing) }
  const all = {
    address: '127.0.0.1',
    port: 7946,
    weight: 1,
    capabilities: [],
    metadata: {},
    incarnation: 1,
    startedAtMs: 1,
    ...said,
  }
  return tagsOf(all, common, ringChecksum)
}

/** An event that a process of the cluster sends. */
export function serfEvent(message: SerfMessage): { name: string; payload: Uint8Array } {
  return { name: `hc:${CLUSTER_NAME}`, payload: payloadOf(message) }
}
