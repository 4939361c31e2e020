/** The one error class, and its codes. */

/**
 * Stable codes of errors. Match `error.code`, never the class or the message: two copies of this package in
 * one process have two classes. What each means, and what to do, is in `docs/errors.md`.
 */
export type ErrorCode =
  | 'ERR_HYPERCACHE_ADDRESS_SHARED'
  | 'ERR_HYPERCACHE_BROADCAST_TOO_LARGE'
  | 'ERR_HYPERCACHE_BUS_CLOSED'
  | 'ERR_HYPERCACHE_CONFIG_INVALID'
  | 'ERR_HYPERCACHE_COORDINATOR_CLOSED'
  | 'ERR_HYPERCACHE_CUSTOM_HASH'
  | 'ERR_HYPERCACHE_DIFFERENT_HASH'
  | 'ERR_HYPERCACHE_DUPLICATE_CHECK'
  | 'ERR_HYPERCACHE_DUPLICATE_NODE'
  | 'ERR_HYPERCACHE_EVENTS_LOST'
  | 'ERR_HYPERCACHE_EVENT_LOG_FAILED'
  | 'ERR_HYPERCACHE_FORBIDDEN_HOST'
  | 'ERR_HYPERCACHE_HASH_FUNCTION_FAILED'
  | 'ERR_HYPERCACHE_ILLEGAL_STATE'
  | 'ERR_HYPERCACHE_INTERNAL'
  | 'ERR_HYPERCACHE_INVALID_BYTES'
  | 'ERR_HYPERCACHE_INVALID_EVENT'
  | 'ERR_HYPERCACHE_INVALID_HANDLE'
  | 'ERR_HYPERCACHE_INVALID_KEY'
  | 'ERR_HYPERCACHE_INVALID_PACKED_KEYS'
  | 'ERR_HYPERCACHE_INVALID_PLAN'
  | 'ERR_HYPERCACHE_INVALID_REQUEST'
  | 'ERR_HYPERCACHE_INVALID_TEXT'
  | 'ERR_HYPERCACHE_INVALID_TYPE'
  | 'ERR_HYPERCACHE_LEAVE_FAILED'
  | 'ERR_HYPERCACHE_JOIN_REFUSED'
  | 'ERR_HYPERCACHE_LISTENER_FAILED'
  | 'ERR_HYPERCACHE_LISTEN_FAILED'
  | 'ERR_HYPERCACHE_MEMBERSHIP_CLOSED'
  | 'ERR_HYPERCACHE_METHOD_NOT_ALLOWED'
  | 'ERR_HYPERCACHE_NATIVE_MISSING'
  | 'ERR_HYPERCACHE_NODE_ID_TAKEN'
  | 'ERR_HYPERCACHE_NOT_FOUND'
  | 'ERR_HYPERCACHE_NOT_JOINED'
  | 'ERR_HYPERCACHE_NO_ROUTABLE_NODE'
  | 'ERR_HYPERCACHE_NO_ROUTABLE_STATUS'
  | 'ERR_HYPERCACHE_OUT_OF_RANGE'
  | 'ERR_HYPERCACHE_PLAN_APPLIED'
  | 'ERR_HYPERCACHE_PLAN_CLOSED'
  | 'ERR_HYPERCACHE_PLAN_OUTDATED'
  | 'ERR_HYPERCACHE_RECORD_TOO_LARGE'
  | 'ERR_HYPERCACHE_RING_CLOSED'
  | 'ERR_HYPERCACHE_RING_GONE'
  | 'ERR_HYPERCACHE_SEED_NOT_SUPPORTED'
  | 'ERR_HYPERCACHE_SELECTION_FAILED'
  | 'ERR_HYPERCACHE_SERF_DIFFERENT_NODE'
  | 'ERR_HYPERCACHE_SERF_REFUSED'
  | 'ERR_HYPERCACHE_SERF_UNREACHABLE'
  | 'ERR_HYPERCACHE_STRANGER'
  | 'ERR_HYPERCACHE_TAGS_TOO_LARGE'
  | 'ERR_HYPERCACHE_TOO_LARGE'
  | 'ERR_HYPERCACHE_TOO_MANY_BROADCASTS'
  | 'ERR_HYPERCACHE_TOO_MANY_ITEMS'
  | 'ERR_HYPERCACHE_TOO_MANY_NODES'
  | 'ERR_HYPERCACHE_TOO_MANY_POINTS'
  | 'ERR_HYPERCACHE_TOO_MANY_STREAMS'
  | 'ERR_HYPERCACHE_UNAUTHORIZED'
  | 'ERR_HYPERCACHE_UNKNOWN_EVENT'
  | 'ERR_HYPERCACHE_UNKNOWN_FIELD'
  | 'ERR_HYPERCACHE_UNKNOWN_HASH_FUNCTION'
  | 'ERR_HYPERCACHE_UNKNOWN_LOOKUP_CACHE'
  | 'ERR_HYPERCACHE_UNKNOWN_NODE'
  | 'ERR_HYPERCACHE_UNKNOWN_SELECTION'
  | 'ERR_HYPERCACHE_UNKNOWN_STATUS'
  | 'ERR_HYPERCACHE_UNREACHABLE'
  | 'ERR_HYPERCACHE_WATCH_OVERFLOW'

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where, as the configuration spells it: `cluster.hash_ring.virtual_node_count`, `cluster.seeds[2]`. */
  readonly path: string
  /** The whole of it, for people. */
  readonly message: string
  /** The value that was found; absent where there is none, and where it is a secret. */
  readonly value?: unknown
  /** What would do, in words: `a whole number from 1 to 65,536`. */
  readonly bound: string
  /** Where it came from: `file`, the name of an environment variable, a flag, or `value`. */
  readonly origin: string
  /** Line in the text, from 1; absent where it came from elsewhere. */
  readonly line?: number
  /** Column in that line, from 1. */
  readonly column?: number
}

/** What every refused call of this package throws. A refused change leaves the ring as it was. */
export class HyperCacheError extends Error {
  /** Says what went wrong, for programs. */
  readonly code: ErrorCode
  /** Of ERR_HYPERCACHE_CONFIG_INVALID: everything that is wrong, in the order of the text. */
  declare readonly problems?: readonly ConfigProblem[]

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { problems?: readonly ConfigProblem[] },
  ) {
    super(message, options)
    this.code = code
    if (options?.problems !== undefined) this.problems = options.problems
  }

  override get name(): string {
    return 'HyperCacheError'
  }
}

/** A value as an error message shows it: short, and never failing, whatever the value. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
  } catch {
    return 'a revoked proxy'
  }
}

/**
 * A whole number in groups of three digits. By hand: `toLocaleString` takes 15 ms the first time, and
 * messages are made when the package is loaded.
 */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** The error for a value of the wrong type. `wanted` reads after "must be". */
export function wrongType(what: string, value: unknown, wanted: string): HyperCacheError {
  const got = typeof value === 'number' || typeof value === 'string' ? ` (a ${typeof value})` : ''
  return new HyperCacheError(
    'ERR_HYPERCACHE_INVALID_TYPE',
    `${what} is ${shown(value)}${got}; it must be ${wanted}`,
  )
}
