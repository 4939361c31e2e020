/** The fields of the block `cluster`. */

import {
  address,
  block,
  field,
  flag,
  keyOf32Bytes,
  listOf,
  numberAbove,
  oneOf,
  onlyFalse,
  peer,
  seconds,
  text,
  textMap,
  wholeNumber,
} from './field.js'
import { GOSSIP } from './gossip-fields.js'
import { HASH_RING } from './hash-ring-fields.js'
import { PRESETS } from './presets.js'
import { SERF } from './serf-fields.js'

/** The node and its cluster. */
export const CLUSTER = block('ClusterSection', 'The node, and the cluster that it is a part of.', {
  preset: field(oneOf(...PRESETS), {
    default: 'lan',
    description:
      'Timers for a kind of network: local (one machine), lan (one data center), wan (between data ' +
      'centers). It sets heartbeat_interval_seconds, failure_detection_timeout_seconds and the timers of ' +
      'gossip where they are not given. Short timers notice a failure sooner, and take a slow network for ' +
      'one more often.',
  }),
  node_id: field(text(), {
    defaultWords: 'the host name and a short random suffix, the same for the life of the process',
    example: 'node1',
    description:
      'Name of this node, unique in the cluster. It decides which keys the node owns: a node that comes ' +
      'back under another id takes over other keys. Set it, to something that survives a restart.',
  }),
  cluster_name: field(text(), {
    default: 'hypercache',
    description: 'Name of the cluster. Nodes of different names never join each other.',
  }),
  bind_address: field(address(), {
    default: '127.0.0.1',
    description:
      'Address that the membership side listens on. 127.0.0.1 is this machine alone; 0.0.0.0 or :: is ' +
      'every address that it has. With membership: gossip, any that is not loopback (127.0.0.0/8, ::1, ' +
      'localhost) needs encryption_keys. The HTTP server has its own, http.bind_address.',
  }),
  bind_port: field(wholeNumber(1, 65_535), {
    default: 7946,
    description:
      'Port that the membership side listens on, over UDP and TCP. It must not be that of the HTTP server.',
  }),
  advertise_address: field(address(), {
    defaultWords: 'bind_address; where that is 0.0.0.0 or ::, the first external address of that family',
    example: '10.0.0.1',
    description:
      'Address by which other nodes reach this one. Set it behind a translation of addresses, or on a ' +
      'machine with several.',
  }),
  advertise_port: field(wholeNumber(1, 65_535), {
    defaultWords: 'bind_port',
    example: 7946,
    description: 'Port by which other nodes reach this one. Set it where ports are mapped.',
  }),
  seeds: field(listOf(peer(), 'addresses', 256), {
    default: [],
    description:
      'Nodes to contact first, as host:port or [IPv6 address]:port. One that answers is enough; two or ' +
      'three let a node start while one of them is away. membership: simple contacts nobody.',
  }),
  weight: field(numberAbove(0, 16_000_000), {
    default: 1,
    description:
      'Share of keys relative to the other nodes: fair share = weight ÷ sum of all weights. A node with ' +
      'twice the memory has twice the weight. A change moves only keys of this node. round(weight × ' +
      'virtual_node_count) is at most 16,000,000.',
  }),
  zone: field(text(), {
    example: 'eu-central-1a',
    description:
      'Failure domain of this node: a rack, a data center. Used with hash_ring.zone_aware. A node ' +
      'without one is a zone of its own.',
  }),
  capabilities: field(listOf(text(), 'texts', 256), {
    default: [],
    description: 'Words for what this node can do, told to the others. They change no placement.',
  }),
  metadata: field(textMap(text(), text(4_096, 0), 256), {
    default: {},
    description:
      'Names and texts, told to the other nodes with every change: keep it small. Numbers are written in ' +
      'quotes. They change no placement.',
  }),
  membership: field(oneOf('simple', 'gossip', 'serf'), {
    default: 'simple',
    description:
      'Who the other nodes are, and how that is known. simple is a cluster of this node alone, which ' +
      'contacts nobody. With gossip the nodes find and watch each other, at bind_address and bind_port. ' +
      'With serf a Serf agent does that beside each of them.',
  }),
  encryption_keys: field(listOf(keyOf32Bytes(), 'keys', 8, 1), {
    isSecret: true,
    example: ['what-npx-hypercache-keygen-prints'],
    description:
      'Keys of membership: gossip, as "npx hypercache keygen" prints one. The first seals what this node ' +
      'sends, all of them open what it gets. To change the key without a pause: add the new one as the ' +
      'second on every node, then make it the first on every node, then take the old one away. Best given ' +
      'as HYPERCACHE_CLUSTER_ENCRYPTION_KEYS, separated by commas, not in a file. They are never shown.',
  }),
  allow_unencrypted: field(flag(), {
    default: false,
    description:
      'Whether membership: gossip may listen on other addresses than loopback without encryption_keys. ' +
      'Then who can send to bind_port can join, read everything and declare nodes dead: only in a network ' +
      'that nobody else can reach, or that encrypts by itself.',
  }),
  hash_ring: HASH_RING,
  heartbeat_interval_seconds: field(seconds(0.01), {
    byPreset: { local: 1, lan: 5, wan: 10 },
    description:
      "Time between two heartbeats, the coordinator's own timer that runs the health checks, in seconds; " +
      'fractions are allowed. Shorter sees a failed check sooner and costs more time.',
  }),
  failure_detection_timeout_seconds: field(seconds(), {
    byPreset: { local: 3, lan: 30, wan: 60 },
    description:
      'Most time that a node which does not answer is suspected before it is dead, in seconds, at least ' +
      '2 × heartbeat_interval_seconds. With membership: gossip a suspicion lasts min(' +
      'failure_detection_timeout_seconds, gossip.suspicion_multiplier × max(1, log10(members)) × ' +
      'gossip.probe_interval_seconds). Less moves keys away from a failed node of a large cluster sooner; ' +
      'more forgives a longer pause there.',
  }),
  stall_timeout_seconds: field(seconds(0), {
    defaultWords: 'failure_detection_timeout_seconds',
    example: 30,
    description:
      'Time that the event loop of this process may stand still, in seconds: 0 for ever, or at least ' +
      '2 × heartbeat_interval_seconds. After it the node tells the others that it has stalled, and they ' +
      'see it as suspected; after as much again its keys are for others to have, as those of a dead ' +
      'node. When the loop turns again it takes both back. 0 is for nodes whose data are served ' +
      'without JavaScript.',
  }),
  consensus_enabled: field(onlyFalse(), {
    default: false,
    later: { values: [true], reason: 'and there is no consensus in this version' },
    description: 'Whether metadata is agreed on by consensus. There is none in this version.',
  }),
  snapshot_threshold: field(wholeNumber(1, 1_000_000_000), {
    default: 1_000,
    description:
      'Entries of the log of the consensus after which it is to be made short. Kept for the consensus ' +
      'that is to come; nothing reads it in this version.',
  }),
  gossip: GOSSIP,
  serf: SERF,
})
