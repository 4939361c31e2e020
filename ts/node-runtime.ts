/** A node as native code runs it, and the one queue of what happens to it. */

import type { MembershipChange } from './cluster-types.js'
import { type ErrorCode, HyperCacheError } from './errors.js'
import { Fifo } from './fifo.js'
import {
  type NativeEvent,
  type NativeMemberTokens,
  type NativeRefusal,
  type NativeRuntime,
  binding,
  guarded,
} from './native.js'

/** Events taken from native code at a time, and told in a turn of the event loop: others are to have theirs. */
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

/**
 * Native code knows the members and has the ring follow them. What happens comes through one queue, in one
 * order: of one change the members before the change of the ring that they have caused.
 */
export class NodeRuntime {
  readonly native: NativeRuntime
  readonly #listeners = new Set<(event: NativeEvent) => void>()
  /** Taken from native code, and not told yet. */
  readonly #waiting = new Fifo<NativeEvent>()
  /** What is to be called when the ring has followed a call of `apply`, by its number. */
  readonly #thens = new Map<number, () => void>()
  /** Of members whose virtual nodes the hash function did not take. */
  readonly #failures = new Map<string, HyperCacheError>()
  #appliedCount = 0
  #isAwake = false
  #isTelling = false

  constructor(localNodeId: string) {
    this.native = guarded(() => new binding.NativeRuntime(localNodeId, () => this.#wake()))
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
    while (this.#tellWaiting());
  }

  /** Ends it, without a word to others. May be called again. */
  close(): void {
    this.native.close()
    this.#waiting.clear()
    this.#thens.clear()
    this.#listeners.clear()
  }

  /** Called by native code: must not throw. */
  #wake(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    // Not unref'd: an event loop with nothing else to do would not turn for it, and events would wait.
    setImmediate(() => {
      this.#isAwake = false
      if (this.#tellWaiting()) this.#wake()
    })
  }

  /** Tells the next few events. Answers whether more wait that it may tell. */
  #tellWaiting(): boolean {
    if (this.#isTelling) return false
    this.#isTelling = true
    try {
      const { events, hasMore } = this.native.takeEvents(TAKEN_AT_A_TIME)
      events.forEach((event) => this.#waiting.push(event))
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
        this.#tell(event)
      }
      return hasMore
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
