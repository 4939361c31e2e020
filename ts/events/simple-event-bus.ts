/** The event bus of one process. */

import { checkedFunction } from '../checks.js'
import type { Clock } from '../clock.js'
import { HyperCacheError } from '../errors.js'
import { Fifo } from '../fifo.js'
import { stopWatching } from '../listeners.js'
import type { StopWatching } from '../types.js'
import {
  type BroadcastCarrier,
  type ReceivedBroadcast,
  broadcastEvent,
  checkedBroadcast,
} from './broadcast.js'
import {
  type CheckedSubscribeOptions,
  type SimpleEventBusOptions,
  checkedBusOptions,
  checkedSubscribeOptions,
} from './bus-options.js'
import type {
  EventBus,
  EventBusMetrics,
  EventListener,
  EventLogQuery,
  ListenOptions,
  SubscribeOptions,
} from './event-bus.js'
import { EventLog } from './event-log.js'
import type { ClusterEvent, EventMap, EventType, EventsLost } from './event-map.js'
import type { LamportClock } from './lamport-clock.js'
import { EVENT_TYPES, checkedPayload, checkedType, checkedTypes } from './payloads.js'
import {
  type DeliveryCounts,
  ListenerSubscriber,
  StreamSubscriber,
  type Subscriber,
  TOLD_IN_ONE_GO,
} from './subscribers.js'

/** One type of event: who wants it. */
interface Channel {
  publishedCount: number
  /** In order of subscription. Those that have ended stay until they are half of it. */
  subscribers: Subscriber[]
  endedCount: number
}

/**
 * The event bus of one process: see {@link EventBus} for what it promises.
 *
 * An event goes to the listeners one after another, in the order in which they subscribed. Where listeners
 * publish more than 1,024 events in one go, the rest goes out in later turns of the event loop: `publish`
 * then returns before its listeners were called.
 */
export class SimpleEventBus implements EventBus {
  readonly #clock: Clock
  readonly #lamportClock: LamportClock
  readonly #log: EventLog
  readonly #queueLimit: number
  readonly #nodeId: string
  readonly #carrier: BroadcastCarrier
  readonly #channels = new Map<EventType, Channel>(
    EVENT_TYPES.map((type) => [type, { publishedCount: 0, subscribers: [], endedCount: 0 }]),
  )
  readonly #subscribers = new Set<Subscriber>()
  readonly #counts: DeliveryCounts = { delivered: 0, dropped: 0, failed: 0 }
  /** Events that were published during the delivery of another. */
  readonly #next = new Fifo<ClusterEvent>()
  #sequence: number
  #lastEventAtMs: number | undefined
  #isDelivering = false
  #isClosed = false

  /**
   * Reads the last events from `logFile`, where there is one. A file that cannot be read or written becomes a
   * process warning with the code ERR_HYPERCACHE_EVENT_LOG_FAILED; it stops no event.
   *
   * @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_INVALID_TEXT, ERR_HYPERCACHE_OUT_OF_RANGE,
   * ERR_HYPERCACHE_UNKNOWN_FIELD.
   */
  constructor(options: SimpleEventBusOptions = {}) {
    const { clock, lamportClock, logSize, file, queueLimit, ...sender } = checkedBusOptions(options)
    this.#clock = clock
    this.#lamportClock = lamportClock
    this.#queueLimit = queueLimit
    this.#nodeId = sender.nodeId
    this.#carrier = sender.carrier
    this.#log = new EventLog(logSize, file)
    const { newestRead } = this.#log
    this.#sequence = newestRead?.sequence ?? 0
    if (newestRead !== undefined) lamportClock.observe(newestRead.lamportTime)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  publish<T extends EventType>(type: T, payload: EventMap[T]): ClusterEvent<T> {
    this.#checkOpen()
    const channel = this.#channels.get(type) ?? this.#channels.get(checkedType(type))!
    const checked = checkedPayload(type, payload)
    const timestampMs = this.#clock.nowMs()
    const lamportTime = this.#lamportClock.tick()
    this.#sequence += 1
    const event = Object.freeze({
      type,
      payload: checked,
      sequence: this.#sequence,
      timestampMs,
      lamportTime,
    }) as ClusterEvent
    channel.publishedCount += 1
    this.#lastEventAtMs = timestampMs
    this.#log.append(event)
    if (this.#isDelivering || this.#next.length > 0) this.#next.push(event)
    else this.#deliver(event, channel)
    if (this.#next.length > 0) this.#deliverNext()
    return event as ClusterEvent<T>
  }

  broadcast(name: string, data?: unknown): ClusterEvent<'broadcast'> {
    this.#checkOpen()
    const message = checkedBroadcast(name, data)
    const lamportTime = this.#lamportClock.tick()
    this.#carrier({ ...message, lamportTime })
    const sent = broadcastEvent({ ...message, lamportTime, originNodeId: this.#nodeId })
    return this.publish('broadcast', sent)
  }

  /**
   * Publishes what another member has broadcast; the logical clock takes notice of its time first.
   *
   * @throws ERR_HYPERCACHE_INVALID_EVENT for what no bus would have sent; ERR_HYPERCACHE_BUS_CLOSED.
   */
  receive(message: ReceivedBroadcast): ClusterEvent<'broadcast'> {
    this.#checkOpen()
    const received = broadcastEvent(message)
    this.#lamportClock.observe(received.originLamportTime)
    return this.publish('broadcast', received)
  }

  subscribe(listener: EventListener, options?: ListenOptions): StopWatching
  subscribe<T extends EventType>(
    types: T | readonly T[],
    listener: EventListener<T>,
    options?: ListenOptions,
  ): StopWatching
  subscribe(...given: unknown[]): StopWatching {
    this.#checkOpen()
    const [types, listener, options] = typeof given[0] === 'function' ? [EVENT_TYPES, ...given] : given
    const call = checkedFunction('listener', listener as EventListener)
    return this.#listen(checkedTypes(types), call, this.#checkedOptions('subscribe', options))
  }

  once<T extends EventType>(
    types: T | readonly T[],
    listener: EventListener<T>,
    options?: Pick<ListenOptions, 'signal'>,
  ): StopWatching
  once<T extends EventType>(
    types: T | readonly T[],
    options?: Pick<ListenOptions, 'signal'>,
  ): Promise<ClusterEvent<T>>
  once(types: unknown, ...given: unknown[]): StopWatching | Promise<ClusterEvent> {
    if (typeof given[0] !== 'function') return this.#promiseOnce(types, given[0])
    this.#checkOpen()
    const [listener, options] = given as [EventListener, unknown]
    const stop = this.#listen(
      checkedTypes(types),
      (event) => {
        stop()
        return listener(event)
      },
      this.#checkedOptions('once', options),
    )
    return stop
  }

  stream(options?: SubscribeOptions): AsyncIterableIterator<ClusterEvent | EventsLost>
  stream<T extends EventType>(
    types: T | readonly T[],
    options?: SubscribeOptions,
  ): AsyncIterableIterator<ClusterEvent<T> | EventsLost>
  stream(...given: unknown[]): AsyncIterableIterator<ClusterEvent | EventsLost> {
    this.#checkOpen()
    const hasTypes = typeof given[0] === 'string' || Array.isArray(given[0])
    const [types, options] = hasTypes ? given : [EVENT_TYPES, given[0]]
    const { signal, queueLimit } = this.#checkedOptions('stream', options)
    const known = checkedTypes(types)
    const subscriber = new StreamSubscriber(known, this.#sequence, queueLimit, this.#counts)
    this.#add(subscriber, signal)
    return subscriber.iterator()
  }

  log<T extends EventType>(query: EventLogQuery<T> = {}): readonly ClusterEvent<T>[] {
    return this.#log.read(query) as readonly ClusterEvent<T>[]
  }

  metrics(): EventBusMetrics {
    const { delivered, dropped, failed } = this.#counts
    const counted = [...this.#channels].map(([type, { publishedCount }]) => [type, publishedCount] as const)
    return {
      publishedCount: counted.reduce((sum, [, count]) => sum + count, 0),
      publishedByType: Object.fromEntries(counted) as Record<EventType, number>,
      deliveredCount: delivered,
      droppedCount: dropped,
      failedCount: failed,
      subscriberCount: this.#subscribers.size,
      queuedCount: [...this.#subscribers].reduce((sum, { queuedCount }) => sum + queuedCount, 0),
      ...(this.#lastEventAtMs === undefined ? {} : { lastEventAtMs: this.#lastEventAtMs }),
      log: this.#log.metrics(),
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#next.clear()
    new Set(this.#subscribers).forEach((subscriber) => subscriber.end())
    this.#log.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw busClosed()
  }

  #checkedOptions(
    kind: Parameters<typeof checkedSubscribeOptions>[0],
    options: unknown = {},
  ): CheckedSubscribeOptions {
    return checkedSubscribeOptions(kind, options, this.#queueLimit)
  }

  /** Everything that is wrong rejects: whoever awaits looks in one place. */
  #promiseOnce(types: unknown, options: unknown): Promise<ClusterEvent> {
    const promise = new Promise<ClusterEvent>((resolve, reject) => {
      this.#checkOpen()
      const { signal, queueLimit } = this.#checkedOptions('once', options)
      const take = (event: ClusterEvent) => {
        resolve(event)
        subscriber.end()
      }
      const subscriber = new ListenerSubscriber(
        { call: take, onLost: undefined },
        checkedTypes(types),
        this.#sequence,
        queueLimit,
        this.#counts,
      )
      // After the event it changes nothing any more. The signal's reason is its owner's to choose.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      this.#add(subscriber, signal, () => reject(signal?.aborted === true ? signal.reason : busClosed()))
    })
    // The end of a bus must not end a process in which somebody has forgotten such a promise.
    promise.catch(() => undefined)
    return promise
  }

  #listen(
    types: readonly EventType[],
    call: (event: ClusterEvent) => unknown,
    { signal, queueLimit, onLost }: CheckedSubscribeOptions,
  ): StopWatching {
    const listener = { call, onLost }
    const subscriber = new ListenerSubscriber(listener, types, this.#sequence, queueLimit, this.#counts)
    this.#add(subscriber, signal)
    return stopWatching(() => subscriber.end())
  }

  #add(subscriber: Subscriber, signal: AbortSignal | undefined, onEnd?: () => void): void {
    const abort = () => subscriber.end()
    this.#subscribers.add(subscriber)
    subscriber.types.forEach((type) => this.#channels.get(type)!.subscribers.push(subscriber))
    signal?.addEventListener('abort', abort)
    subscriber.onEnd = () => {
      // Or a signal that lives long would keep all that ever listened.
      signal?.removeEventListener('abort', abort)
      this.#subscribers.delete(subscriber)
      subscriber.types.forEach((type) => removeEnded(this.#channels.get(type)!))
      onEnd?.()
    }
    if (signal?.aborted === true) subscriber.end()
  }

  /** Those who subscribe meanwhile come after the end of the list, or in another one. */
  #deliver(event: ClusterEvent, { subscribers }: Channel): void {
    const { sequence } = event
    const { length } = subscribers
    this.#isDelivering = true
    try {
      for (let at = 0; at < length; at += 1) {
        const subscriber = subscribers[at]!
        if (subscriber.since < sequence) subscriber.give(event)
      }
    } finally {
      this.#isDelivering = false
    }
  }

  #deliverNext(): void {
    if (this.#isDelivering) return
    for (let count = 0; count < TOLD_IN_ONE_GO; count += 1) {
      const event = this.#next.shift()
      if (event === undefined) return
      this.#deliver(event, this.#channels.get(event.type)!)
    }
    if (this.#next.length > 0) setImmediate(() => this.#deliverNext())
  }
}

/** The list is made anew, not changed: an event may be on its way along the old one. */
function removeEnded(channel: Channel): void {
  channel.endedCount += 1
  if (channel.endedCount * 2 < channel.subscribers.length) return
  channel.subscribers = channel.subscribers.filter(({ hasEnded }) => !hasEnded)
  channel.endedCount = 0
}

function busClosed(): HyperCacheError {
  return new HyperCacheError('ERR_HYPERCACHE_BUS_CLOSED', 'the event bus has been closed')
}
