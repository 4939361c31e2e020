/** A configuration as a program may write it, before it is checked and completed. */

import type {
  ClusterConfig,
  ClusterSection,
  EventsConfig,
  GossipConfig,
  HashRingConfig,
  HttpConfig,
  LoggingConfig,
  SerfConfig,
} from './cluster-config.js'

type Block =
  ClusterSection | EventsConfig | GossipConfig | HashRingConfig | HttpConfig | LoggingConfig | SerfConfig

/**
 * The fields of a block, all of which may be left out. A seed may be a number, or a text of digits. By a
 * mapping of the names, so that editors show what a field means.
 */
type BlockInput<Fields> = {
  readonly [Name in keyof Fields]?: FieldInput<Fields[Name]> | undefined
}

type FieldInput<Value> = Value extends Block
  ? BlockInput<Value>
  : Value extends bigint
    ? bigint | number | string
    : Value

/**
 * What `startCluster` and `SimpleCoordinator` take: `ClusterConfig` with every field optional, and `hashSeed`
 * as bigint, number or text of digits. A `ClusterConfig` is one too. An object with the names of the file
 * (`node_id`) goes through `validateClusterConfig`.
 */
export type ClusterConfigInput = BlockInput<ClusterConfig>
