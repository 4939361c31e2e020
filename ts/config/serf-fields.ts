/** The fields of the block `cluster.serf`. */

import { block, field, peer, text } from './field.js'

/** The Serf agent that knows the members. */
export const SERF = block('SerfConfig', 'The Serf agent beside this node, for membership: serf.', {
  rpc_address: field(peer(), {
    default: '127.0.0.1:7373',
    description:
      "Where the agent takes requests, its rpc_addr: host:port, or [IPv6 address]:port. Serf's protocol is " +
      'not encrypted: an agent for each node, on the same machine.',
  }),
  rpc_auth_key: field(text(1_024), {
    isSecret: true,
    example: 'the-rpc_auth-of-the-agent',
    description:
      'Secret that the agent asks for, its rpc_auth; best given as HYPERCACHE_CLUSTER_SERF_RPC_AUTH_KEY, ' +
      'not in a file. It is never shown.',
  }),
})
