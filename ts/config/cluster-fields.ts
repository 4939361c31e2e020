/** The fields of the block `cluster`. */

import {
  address,
  block,
  field,
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
import { HASH_RING } from './hash-ring-fields.js'
import { PRESETS, presetWords } from './presets.js'

const HEARTBEAT = 'cluster.heartbeat_interval_seconds'
const FAILURE_DETECTION = 'cluster.failure_detection_timeout_seconds'

/** The node and its cluster. */
export const CLUSTER = block('ClusterSection', 'The node, and the cluster that it is a part of.', {
  preset: field(oneOf(...PRESETS), {
    default: 'lan',
    description:
      'Timers for a kind of network: local (one machine), lan (one data center), wan (between data ' +
      'centers). It sets heartbeat_interval_seconds and failure_detection_timeout_seconds where they are ' +
      'not given. Short timers notice a failure sooner, and take a slow network for one more often.',
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
      'every address that it has. The HTTP server has its own, http.bind_address.',
  }),
  bind_port: field(wholeNumber(1, 65_535), {
    default: 7946,
    description: 'Port that the membership side listens on. It must not be that of the HTTP server.',
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
  membership: field(oneOf('simple'), {
    default: 'simple',
    later: { values: ['gossip', 'serf'], reason: 'which is not in this version' },
    description:
      'Who the other nodes are, and how that is known. simple is a cluster of this node alone, which ' +
      'contacts nobody. gossip and serf are not in this version.',
  }),
  hash_ring: HASH_RING,
  heartbeat_interval_seconds: field(seconds(0.01), {
    defaultWords: `by preset: ${presetWords(HEARTBEAT)}`,
    example: 5,
    description:
      "Time between two heartbeats, the coordinator's own timer that runs the health checks, in seconds; " +
      'fractions are allowed. Shorter sees a failed check sooner and costs more time.',
  }),
  failure_detection_timeout_seconds: field(seconds(), {
    defaultWords: `by preset: ${presetWords(FAILURE_DETECTION)}`,
    example: 30,
    description:
      'Time from the suspicion that a node has failed to its being dead, in seconds, at least 2 × ' +
      'heartbeat_interval_seconds. Shorter moves keys away from a failed node sooner; longer forgives a ' +
      'pause that a node recovers from.',
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
})
