/** What a configuration is read from, and what comes of it. */

import type { ClusterConfig } from './cluster-config.js'
import type { HostFacts } from './host.js'

/**
 * Where a configuration is: the path of a file, or a text in YAML or JSON. A string is taken for a text where
 * it is empty, has a line end, or begins like one (`{`, `#`, `---`, `cluster: …`), and for a path otherwise.
 */
export type ConfigSource = string | { readonly path: string } | { readonly text: string }

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What overrides a file. */
export interface LoadConfigOptions {
  /**
   * Environment variables, which override the file: `HYPERCACHE_CLUSTER_NODE_ID` and the like, lists and
   * metadata separated by commas. Others that begin with `HYPERCACHE_` are ignored, with a warning.
   * @defaultValue process.env
   */
  readonly env?: Environment | undefined
  /**
   * Values by the paths of fields (`cluster.node_id`), which override file and environment. A text is read
   * as one of the environment; `undefined` says nothing.
   */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined
  /** Facts of the machine, for the defaults. @defaultValue those of this one */
  readonly host?: HostFacts | undefined
}

/** A configuration, and how it came about. Frozen. */
export interface ResolvedClusterConfig {
  readonly config: ClusterConfig
  /**
   * Where each value came from, by the YAML path of the field (`cluster.bind_port`): `default`, `preset`,
   * `file:LINE`, `env NAME`, or `flag`. Fields without a value are not in it.
   */
  readonly origins: Readonly<Record<string, string>>
  /** What is allowed and most likely not meant, one line each. */
  readonly warnings: readonly string[]
}
