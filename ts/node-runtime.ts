/** A node as native code runs it, and the one queue of what happens to it. */

import type { MembershipChange } from './cluster-types.js'
import { type ErrorCode, HyperCacheError } from './errors.js'
import {
  type NativeEvent,
  type NativeGossipOptions,
  type NativeMemberTokens,
  type NativeRefusal,
  type NativeRuntime,
  binding,
  guarded,
} from './native.js'

/** Events told in one turn of the event loop: others are to have their turns too. */
const TAKEN_AT_A_TIME = 64

/** Where a membership that native code runs has its runtime: no part of any contract. */
export const RUNTIME: unique symbol = Symbol('hypercache.runtime')

/** A change of a member that the ring is to follow. */
export type FollowedChange = Pick<MembershipChange, 'type' | 'member'>

/** The tokens of a node's virtual nodes, where only JavaScript can hash them. */
export type TokensOf = (id: string, weight: number) => BigUint64Array

/** How changes are applied. */
export interface ApplyOptions {
  tokensOf?: TokensOf | undefined
  then?: () => void
}

/** Called by native code. */
let wake: (runtime: WeakRef<NodeRuntime>) => void

/**
 * Native code knows the members and has the ring follow them. What happens comes through one queue, in one
 * order: of one change the members before the change of the ring that they have caused.
 */
export class NodeRuntime {
  static {
    wake = (runtime) => {
      const self = runtime.deref()
      if (self !== undefined) self.#wakeUp()
    }
  }

  readonly native: NativeRuntime
  readonly #listeners = new Set<(event: NativeEvent) => void>()
  /** What is to be called when the ring has followed a call of `apply`, by its number. */
  readonly #thens = new Map<number, () => void>()
  /** Of members whose virtual nodes the hash function did not take. */
  readonly #failures = new Map<string, HyperCacheError>()
  #appliedCount = 0
  #isAwake = false
  #isTelling = false
  #isClosed = false

  constructor(localNodeId: string) {
    // Native code holds what it calls: this object must not be held by it.
    const self = new WeakRef(this)
    this.native = guarded(() => new binding.NativeRuntime(localNodeId, () => wake(self)))
  }

  /** Opens the sockets of a member, which takes part until it is ended: also where nobody holds this. */
  openGossip(options: NativeGossipOptions): void {
    guarded(() => this.native.openGossip(options))
    OPEN.add(this)
    // Before what others do at the end: it may never come to its own.
    if (OPEN.size === 1) process.prependListener('exit', endAll)
  }

  /** Closes the sockets, without a word to others. May be called again. */
  endGossip(): void {
    this.native.endGossip()
    if (OPEN.delete(this) && OPEN.size === 0) process.removeListener('exit', endAll)
  }

  /** Calls a listener, which must not throw, with each event from now on. Answers what ends that. */
  listen(listener: (event: NativeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Has the ring follow changes of the members, and tells what has happened by then: calls `then` when the
   * ring has followed, in the order of events. Answers why the ring does not take members as they are.
   */
  apply(changes: readonly FollowedChange[], nowMs: number, options: ApplyOptions = {}): HyperCacheError[] {
    const tokens = options.tokensOf === undefined ? [] : this.#hashed(changes, options.tokensOf)
    this.#appliedCount += 1
    if (options.then !== undefined) this.#thens.set(this.#appliedCount, options.then)
    const refusals = guarded(() => this.native.apply(changes.map(nativeChange), tokens, nowMs))
    this.settle()
    return refusals.map((refusal) => this.errorOf(refusal))
  }

  /** The error for a member that the ring does not take. */
  errorOf({ id, code, message }: NativeRefusal): HyperCacheError {
    return this.#failures.get(id) ?? new HyperCacheError(code as ErrorCode, message)
  }

  /**
   * Tells everything that has happened by now. Where something is being told, that goes on when its listeners
   * have heard it: so all hear the same order.
   */
  settle(): void {
    while (this.#tellWaiting() > 0);
  }

  /** Ends it, without a word to others. May be called again. */
  close(): void {
    this.endGossip()
    this.native.close()
    this.#isClosed = true
    this.#thens.clear()
    this.#listeners.clear()
  }

  /** Called by native code: must not throw. */
  #wakeUp(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    // Not unref'd: an event loop with nothing else to do would not turn for it, and events would wait.
    setImmediate(() => {
      this.#isAwake = false
      if (this.#tellWaiting() === TAKEN_AT_A_TIME) this.#wakeUp()
    })
  }

  /** Tells the next few events, and answers how many those were. */
  #tellWaiting(): number {
    if (this.#isTelling) return 0
    this.#isTelling = true
    try {
      const events = this.native.takeEvents(TAKEN_AT_A_TIME)
      for (const event of events) if (!this.#isClosed) this.#tell(event)
      return events.length
    } finally {
      this.#isTelling = false
    }
  }

  #tell(event: NativeEvent): void {
    if (event.applied !== undefined) {
      const then = this.#thens.get(event.applied)
      this.#thens.delete(event.applied)
      then?.()
    }
    for (const listener of [...this.#listeners]) listener(event)
  }

  /** The tokens of members; of those whose hash function fails, the error is kept. */
  #hashed(changes: readonly FollowedChange[], tokensOf: TokensOf): NativeMemberTokens[] {
    return changes.flatMap(({ member: { id, weight } }) => {
      this.#failures.delete(id)
      try {
        return { id, tokens: tokensOf(id, weight) }
      } catch (error) {
        this.#failures.set(id, error as HyperCacheError)
        return []
      }
    })
  }
}

/** The members of this thread that take part. */
const OPEN = new Set<NodeRuntime>()

/**
 * A member whose JavaScript is at its end must not stay a member: it would answer probes for as long as
 * something keeps the process, such as output that nobody reads.
 */
function endAll(): void {
  for (const runtime of [...OPEN]) runtime.endGossip()
}

function nativeChange({ type, member }: FollowedChange) {
  const { id, status, address, port, ports = {}, weight, zone, capabilities, metadata, load } = member
  const record = {
    isUpdating: false,
    address,
    port,
    ports,
    weight,
    ...(zone === undefined ? {} : { zone }),
    capabilities: [...capabilities],
    metadata,
    ...(load === undefined ? {} : { load }),
  }
  return { kind: type, id, status, record }
}
