/** Buses with a defect planted in them, to see that the conformance suite finds it. */

import type { ClusterEvent, EventBus, EventsLost, StopWatching } from '../../dist/index.js'

export type Replaced = Partial<Record<keyof EventBus, unknown>>
export type Listener = (event: ClusterEvent) => unknown
export type Stream = AsyncIterableIterator<ClusterEvent | EventsLost>

/** A call of `subscribe`, `once` or `stream`, in its parts. */
export interface Call {
  types: unknown[]
  listener: Listener | undefined
  options: { signal?: AbortSignal; queueLimit?: number; onLost?: (count: number) => void } | undefined
}

function partsOf(given: unknown[]): Call {
  const hasTypes = typeof given[0] === 'string' || Array.isArray(given[0])
  const types = hasTypes ? [given[0]] : []
  const rest = hasTypes ? given.slice(1) : given
  const hasListener = rest.length > 0 && typeof rest[0] !== 'object'
  return {
    types,
    listener: hasListener ? (rest[0] as Listener) : undefined,
    options: (hasListener ? rest[1] : rest[0]) as Call['options'],
  }
}

/** One method, with its arguments changed on the way in and its answer on the way out. */
export function recalled(
  bus: EventBus,
  method: 'subscribe' | 'once' | 'stream',
  change: (call: Call) => Partial<Call>,
  answered: (answer: never) => unknown = (answer) => answer,
): Replaced {
  const call = bus[method].bind(bus) as (...given: unknown[]) => never
  return {
    [method]: (...given: unknown[]) => {
      const parts = partsOf(given)
      const { types, listener, options } = { ...parts, ...change(parts) }
      return answered(call(...types, ...(listener === undefined ? [] : [listener]), options))
    },
  }
}

/** Listeners are given events through a function. What is no listener is left to be refused. */
export const retold = (bus: EventBus, tell: (event: ClusterEvent, listener: Listener) => unknown): Replaced =>
  recalled(bus, 'subscribe', ({ listener }) => ({
    listener: typeof listener === 'function' ? (event: ClusterEvent) => tell(event, listener) : listener,
  }))

/** Streams whose results go through a function. */
export const rerun = (bus: EventBus, change: (stream: Stream) => Partial<Stream>): Replaced =>
  recalled(
    bus,
    'stream',
    () => ({}),
    (stream: Stream): Stream => ({
      next: () => stream.next(),
      return: () => stream.return!(),
      [Symbol.asyncIterator]() {
        return this
      },
      ...change(stream),
    }),
  )

/** Events as they are answered, with other fields. */
export const republished = (bus: EventBus, fields: (event: ClusterEvent) => object): Replaced => ({
  publish: (...given: Parameters<EventBus['publish']>) => {
    const event = bus.publish(...given) as ClusterEvent
    return Object.freeze({ ...event, ...fields(event) })
  },
})

/** Metrics with other figures. */
export const recounted = (bus: EventBus, change: (metrics: ReturnType<EventBus['metrics']>) => object) => ({
  metrics: () => ({ ...bus.metrics(), ...change(bus.metrics()) }),
})

/**
 * Listeners that are called by hand: `deliver` is given who has subscribed to everything, or to custom
 * events, and the event.
 */
export function handmade(
  bus: EventBus,
  deliver: (listeners: Listener[], event: ClusterEvent) => void,
): Replaced {
  const listeners = new Set<Listener>()
  return {
    subscribe: (...given: unknown[]): StopWatching => {
      const { listener } = partsOf(given)
      listeners.add(listener!)
      const stop = () => void listeners.delete(listener!)
      return Object.assign(stop, { close: stop, [Symbol.dispose]: stop })
    },
    publish: (...given: Parameters<EventBus['publish']>) => {
      const event = bus.publish(...given) as ClusterEvent
      deliver([...listeners], event)
      return event
    },
  }
}
