/** The contract of event buses. */

import type { StopWatching } from '../types.js'
import type { ClusterEvent, EventMap, EventType, EventsLost } from './event-map.js'

/**
 * Called with each event. While a promise that it answered is pending, further events wait in a bounded
 * queue, so that one call follows the other.
 */
export type EventListener<T extends EventType = EventType> = (event: ClusterEvent<T>) => unknown

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Ends it. */
  signal?: AbortSignal | undefined
  /**
   * Events that may wait for this subscriber, 1 to 1,000,000. Further ones are lost to it, counted, and told.
   * @defaultValue `events.queue_limit` of the configuration
   */
  queueLimit?: number | undefined
}

/** Options of a subscription by a listener. */
export interface ListenOptions extends SubscribeOptions {
  /**
   * Called before the next event after a loss, with the number of events lost. Without it a loss is a process
   * warning with the code ERR_HYPERCACHE_EVENTS_LOST.
   */
  onLost?: ((lostCount: number) => void) | undefined
}

/** Which events of the log. */
export interface EventLogQuery<T extends EventType = EventType> {
  /** @defaultValue all */
  types?: T | readonly T[] | undefined
  /** Only those with a higher sequence number. @defaultValue 0 */
  after?: number | undefined
  /** The newest so many, 1 to 1,000,000. @defaultValue all that the log holds */
  limit?: number | undefined
}

/** What a bus tells of itself. Counts are since it was made. */
export interface EventBusMetrics {
  readonly publishedCount: number
  readonly publishedByType: Readonly<Record<EventType, number>>
  /** Calls of listeners, and events given by streams. */
  readonly deliveredCount: number
  /** Events lost to subscribers whose queue was full, one for each subscriber. */
  readonly droppedCount: number
  /** Calls of listeners that threw or rejected. */
  readonly failedCount: number
  readonly subscriberCount: number
  /** Events that wait in queues now. */
  readonly queuedCount: number
  /** When the last event was published, in milliseconds since 1970; absent before the first. */
  readonly lastEventAtMs?: number
  readonly log: EventLogMetrics
}

/** What the event log tells of itself. */
export interface EventLogMetrics {
  /** Events in memory. */
  readonly eventCount: number
  /** Size of the file; 0 without one. */
  readonly fileBytes: number
  /** Events that could not be written to the file. */
  readonly writeFailureCount: number
}

/**
 * Carries events from those who know to those who want to.
 *
 * An event goes to every subscriber of its type, in the order of publication. `publish` calls listeners
 * before it returns; an event that a listener publishes goes out after the one being delivered, so no
 * subscriber sees the two in another order than the rest. Streams get theirs when they ask. A listener that
 * throws or rejects harms nobody and becomes a process warning with the code ERR_HYPERCACHE_LISTENER_FAILED.
 * After `close()` nothing is delivered.
 */
export interface EventBus extends Disposable {
  /** Whether `close()` was called. */
  readonly isClosed: boolean

  /**
   * Publishes an event: writes it to the log and gives it to everybody who subscribed. A payload that is not
   * frozen throughout is copied; the data of a custom event always is.
   *
   * @throws ERR_HYPERCACHE_UNKNOWN_EVENT, ERR_HYPERCACHE_INVALID_EVENT for a payload that is no object, that
   * lacks what its type has, or that JSON cannot hold, ERR_HYPERCACHE_BUS_CLOSED.
   */
  publish<T extends EventType>(type: T, payload: EventMap[T]): ClusterEvent<T>

  /**
   * Tells every live member of the cluster something, this node included: each gets one event `broadcast`,
   * with the same data, which is as JSON carries it. Those that join later do not get it. Of a bus in no
   * cluster, only this node does.
   *
   * @param name What kind of message it is, 1 to 255 bytes.
   * @param data What JSON can hold. Name and data have 512 bytes of UTF-8 together at most.
   * @returns This node's own event.
   * @throws ERR_HYPERCACHE_TOO_MANY_BROADCASTS where too many wait to be sent;
   * ERR_HYPERCACHE_BROADCAST_TOO_LARGE; ERR_HYPERCACHE_INVALID_EVENT for a name that is none, and for data
   * that JSON cannot hold; ERR_HYPERCACHE_BUS_CLOSED; ERR_HYPERCACHE_NOT_JOINED where the node takes no part
   * in its cluster. Then nobody is told.
   */
  broadcast(name: string, data?: unknown): ClusterEvent<'broadcast'>

  /**
   * Calls a listener with every event from now on.
   *
   * @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_OUT_OF_RANGE, ERR_HYPERCACHE_UNKNOWN_FIELD,
   * ERR_HYPERCACHE_BUS_CLOSED.
   */
  subscribe(listener: EventListener, options?: ListenOptions): StopWatching
  /**
   * Calls a listener with every event of these types. @throws The same, and ERR_HYPERCACHE_UNKNOWN_EVENT,
   * also for an empty list.
   */
  subscribe<T extends EventType>(
    types: T | readonly T[],
    listener: EventListener<T>,
    options?: ListenOptions,
  ): StopWatching

  /** Calls a listener with the next event of these types, and no more. */
  once<T extends EventType>(
    types: T | readonly T[],
    listener: EventListener<T>,
    options?: Pick<ListenOptions, 'signal'>,
  ): StopWatching
  /**
   * The next event of these types. Rejects with the signal's reason, or with ERR_HYPERCACHE_BUS_CLOSED.
   */
  once<T extends EventType>(
    types: T | readonly T[],
    options?: Pick<ListenOptions, 'signal'>,
  ): Promise<ClusterEvent<T>>

  /**
   * The events from now on, one after another. Where more wait than `queueLimit`, an {@link EventsLost}
   * stands in the place of those that were lost. Ends with the signal and when the bus is closed.
   */
  stream(options?: SubscribeOptions): AsyncIterableIterator<ClusterEvent | EventsLost>
  /** The same for these types. @throws ERR_HYPERCACHE_UNKNOWN_EVENT. */
  stream<T extends EventType>(
    types: T | readonly T[],
    options?: SubscribeOptions,
  ): AsyncIterableIterator<ClusterEvent<T> | EventsLost>

  /** The last events, oldest first: up to `events.log_size` of them are kept. Can be read after `close()`. */
  log<T extends EventType>(query?: EventLogQuery<T>): readonly ClusterEvent<T>[]

  /** Counters. Can be read after `close()`. */
  metrics(): EventBusMetrics

  /** Ends every subscription; what waits is dropped. May be called again. */
  close(): void
}
