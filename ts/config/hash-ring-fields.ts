/** The fields of the block `cluster.hash_ring`. */

import { block, field, flag, listOf, oneOf, seed64, wholeNumber } from './field.js'

const STATUS = { ...oneOf('alive', 'suspected', 'dead', 'leaving', 'updating'), type: 'NodeStatus' }

/** How keys are placed. Bounds are those of the ring. */
export const HASH_RING = block(
  'HashRingConfig',
  'How keys are placed. The same on every node of a cluster.',
  {
    virtual_node_count: field(wholeNumber(1, 65_536), {
      default: 256,
      description:
        'Points on the ring of a node of weight 1. Points of a node = round(weight × ' +
        'virtual_node_count), at least 1. More spread keys more evenly (the spread between nodes falls ' +
        'with the square root) and take more memory, 12 to 16 bytes a point, and more time at each ' +
        'change of the nodes.',
    }),
    replication_factor: field(wholeNumber(1, 65_535), {
      default: 3,
      description:
        'Nodes that are to have each key: the owner and the next ones clockwise. More survive more ' +
        'failures and cost as many times the memory. A cluster of fewer nodes uses all it has.',
    }),
    hash_function: field(
      { ...oneOf('xxhash64', 'sha256'), type: 'HashFunctionName' },
      {
        default: 'xxhash64',
        description:
          'Hash that places keys and virtual nodes. xxhash64 is fast; sha256 is slower by far, and nobody ' +
          'can choose keys that all land on one node more cheaply than by trying.',
      },
    ),
    hash_seed: field(seed64(), {
      default: 0n,
      description:
        'Seed of xxhash64, 64 bits; with another hash_function it must be 0. Another seed is another ' +
        'placement of all keys; 0 is the one that other implementations share. In JSON, a seed above ' +
        '2^53 is a text of digits.',
    }),
    lookup_cache: field(oneOf('auto', 'on', 'off'), {
      default: 'auto',
      description:
        'Whether each thread remembers the tokens of keys that it has looked up. auto is on with every ' +
        'hash function but xxhash64, which is cheaper to compute than to remember. It never changes an ' +
        'answer.',
    }),
    lookup_cache_size: field(wholeNumber(0, 16_000_000), {
      default: 10_000,
      description:
        'Keys that the lookup cache of a thread holds at the most; the least recently used one makes ' +
        'room. Takes about 100 bytes a key. 0 is none.',
    }),
    routable_statuses: field(listOf(STATUS, 'statuses', 5, 1), {
      default: ['alive', 'suspected', 'updating'],
      description:
        'Statuses in which a node answers for keys. A suspicion is a doubt and not a verdict: without ' +
        'suspected in the list, each one moves all keys of a node, and moves them back when it passes.',
    }),
    zone_aware: field(flag(), {
      default: false,
      description:
        'Whether the replicas of a key are spread over zones, so that the loss of a zone takes one of ' +
        'them at the most. The owner is never changed by zones. Wants cluster.zone on every node.',
    }),
  },
)
