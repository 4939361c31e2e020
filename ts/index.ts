/** Which node owns a key. */

export { HyperCacheError } from './errors.js'
export type { ErrorCode } from './errors.js'
export { HashRing } from './ring/hash-ring.js'
export type {
  Distribution,
  ExplainedNode,
  Explanation,
  HashFunctionName,
  HashRingOptions,
  Key,
  NodeChange,
  NodeKeys,
  NodeSpec,
  NodeStatus,
  PackedKeys,
  PackedOwners,
  RingNode,
  RingPoint,
  SetNodesResult,
  SkippedNode,
} from './types.js'
