/**
 * The bus of one process keeps every rule; and the rules bite: for each planted defect, the rule that is
 * meant for it fails. Over 400 lines, because every defect is a row of one table.
 */

import { describe, expect, test } from 'vitest'
import { type ClusterEvent, type EventBus, type EventLogQuery, SimpleEventBus } from '../../../dist/index.js'
import { type EventBusUnderTest, eventBusConformance, eventBusRules } from '../../conformance/event-bus'
import {
  type Listener,
  type Replaced,
  type Stream,
  handmade,
  recalled,
  recounted,
  republished,
  rerun,
  retold,
} from '../../helpers/broken-bus'
import { settled } from '../../helpers/manual-clock'
import { overridden } from '../../helpers/overridden'

type Defect = [name: string, rule: string, plant: (bus: EventBus) => Replaced]

function underTest(bus: EventBus): EventBusUnderTest {
  return { bus, settle: settled, nowMs: Date.now, close: () => bus.close() }
}

const nothing = () => undefined
const neverAborted = new AbortController().signal
const noStop = Object.assign(nothing, { close: nothing, [Symbol.dispose]: nothing })
const withoutSignal = ({ options }: { options: object | undefined }) => ({
  options: { ...options, signal: undefined },
})
const codeOf = (error: unknown) => (error as { code?: string }).code

const eventDefects: Defect[] = [
  [
    'loses an event',
    'gives every event to every subscriber, once',
    (bus) => retold(bus, (event, listener) => (event.sequence === 3 ? undefined : listener(event))),
  ],
  [
    'gives an event twice',
    'gives every event to every subscriber, once',
    (bus) =>
      retold(bus, (event, listener) => {
        if (event.sequence === 3) void listener(event)
        return listener(event)
      }),
  ],
  [
    'gives two events the other way round',
    'gives events in the order of publication',
    (bus) => {
      let held: (() => unknown) | undefined
      return retold(bus, (event, listener) => {
        if (event.sequence === 20) return void (held = () => listener(event))
        const answer = listener(event)
        held?.()
        held = undefined
        return answer
      })
    },
  ],
  [
    'answers something else than it was given',
    'answers the event, with the type and the payload that were given',
    (bus) => republished(bus, () => ({ payload: {} })),
  ],
  [
    'leaves numbers out',
    'numbers the events of all types from 1, without a gap',
    (bus) => republished(bus, ({ sequence }) => ({ sequence: sequence * 2 })),
  ],
  [
    'numbers from 0',
    'numbers the events of all types from 1, without a gap',
    (bus) => republished(bus, ({ sequence }) => ({ sequence: sequence - 1 })),
  ],
  [
    'has a new Lamport clock for each event',
    'has Lamport times that rise with each event',
    (bus) => republished(bus, () => ({ lamportTime: 1 })),
  ],
  [
    'has no time',
    'stamps events with the time of their publication',
    (bus) => republished(bus, () => ({ timestampMs: 0 })),
  ],
  [
    'gives events that can be changed',
    'freezes events, and their payloads',
    (bus) => retold(bus, (event, listener) => listener({ ...event })),
  ],
  [
    'gives each a copy',
    'gives all subscribers the same object',
    (bus) => retold(bus, (event, listener) => listener(Object.freeze({ ...event }))),
  ],
  [
    'keeps the publisher’s object',
    'keeps an event as it was published, whatever the publisher changes later',
    (bus) => {
      const given: unknown[] = []
      return {
        publish: (type: 'custom', payload: { name: string }) => {
          given.push(payload)
          return bus.publish(type, payload)
        },
        log: () => bus.log().map((event, at) => ({ ...event, payload: given[at] })),
      }
    },
  ],
  [
    'publishes what it does not know',
    'refuses types that do not exist',
    (bus) => ({
      publish: (type: 'custom', payload: { name: string }) => {
        try {
          return bus.publish(type, payload)
        } catch (error) {
          if (codeOf(error) !== 'ERR_HYPERCACHE_UNKNOWN_EVENT') throw error
          return bus.publish('custom', { name: 'unknown' })
        }
      },
    }),
  ],
  [
    'publishes whatever it is given',
    'refuses payloads that subscribers could not use',
    (bus) => ({
      publish: (type: 'custom', payload: { name: string }) => {
        try {
          return bus.publish(type, payload)
        } catch (error) {
          if (codeOf(error) !== 'ERR_HYPERCACHE_INVALID_EVENT') throw error
          return undefined
        }
      },
    }),
  ],
]

const subscribingDefects: Defect[] = [
  [
    'takes no notice of types',
    'gives a listener the types that it asked for, and no others',
    (bus) => recalled(bus, 'subscribe', () => ({ types: [] })),
  ],
  [
    'tells what was before',
    'begins with the events that come after the subscription',
    (bus) =>
      recalled(bus, 'subscribe', ({ listener }) => {
        bus.log().forEach((event) => void listener?.(event))
        return {}
      }),
  ],
  [
    'gives a late subscriber what is under way',
    'gives who subscribes during a delivery only what comes after it',
    (bus) =>
      recalled(bus, 'subscribe', ({ listener }) => {
        const last = bus.log().at(-1)
        if (last !== undefined) setImmediate(() => void listener?.(last))
        return {}
      }),
  ],
  [
    'goes on after the end',
    'gives nothing after the end of a subscription, by each way to end it',
    (bus) =>
      recalled(
        bus,
        'subscribe',
        () => ({}),
        () => noStop,
      ),
  ],
  [
    'can be ended by a call only',
    'gives nothing after the end of a subscription, by each way to end it',
    (bus) =>
      recalled(
        bus,
        'subscribe',
        () => ({}),
        (stop: () => void) => Object.assign(() => stop(), { close: nothing, [Symbol.dispose]: nothing }),
      ),
  ],
  [
    'gives events later, ended or not',
    'gives nothing more to a listener that another one ends',
    (bus) => retold(bus, (event, listener) => void queueMicrotask(() => void listener(event))),
  ],
  [
    'takes a function once',
    'takes one function twice as two subscriptions',
    (bus) => {
      const known = new Set<unknown>()
      return recalled(bus, 'subscribe', ({ listener }) => {
        const isKnown = known.has(listener)
        known.add(listener)
        return isKnown ? { listener: nothing } : {}
      })
    },
  ],
  [
    'takes no notice of the signal',
    'gives nothing after the signal',
    (bus) => recalled(bus, 'subscribe', withoutSignal),
  ],
  [
    'takes no notice of the signal in once()',
    'gives nothing after the signal',
    (bus) => recalled(bus, 'once', withoutSignal),
  ],
  [
    'takes no notice of a signal that came before',
    'gives nothing where the signal came before',
    (bus) =>
      recalled(bus, 'subscribe', ({ options }) =>
        options?.signal?.aborted === true ? { options: { ...options, signal: neverAborted } } : {},
      ),
  ],
  [
    'holds on to the signal',
    'lets go of the signal when a subscription has ended',
    (bus) =>
      recalled(bus, 'subscribe', ({ options }) => {
        options?.signal?.addEventListener('abort', nothing)
        return {}
      }),
  ],
  [
    'takes any option',
    'refuses what is no listener and no option',
    (bus) =>
      recalled(bus, 'subscribe', ({ options }) =>
        options !== undefined && 'limit' in options ? { options: {} } : {},
      ),
  ],
  [
    'calls once() again',
    'calls a once listener with the next event of its types, and no more',
    (bus) => {
      const { once } = recalled(bus, 'once', () => ({}))
      return {
        once: (types: 'custom', ...rest: unknown[]) =>
          typeof rest[0] === 'function'
            ? bus.subscribe(types, rest[0] as Listener)
            : (once as (...given: unknown[]) => unknown)(types, ...rest),
      }
    },
  ],
  [
    'cannot end once()',
    'does not call a once listener that was ended',
    (bus) =>
      recalled(
        bus,
        'once',
        () => ({}),
        () => noStop,
      ),
  ],
  [
    'resolves once() with an event from before',
    'resolves once() with the next event of its types',
    (bus) => ({ once: () => Promise.resolve(bus.log()[0]) }),
  ],
  [
    'does not end once() with the signal',
    'rejects once() with the reason of the signal',
    (bus) => recalled(bus, 'once', withoutSignal),
  ],
  [
    'rejects once() with a reason of its own',
    'rejects once() with the reason of the signal',
    (bus) =>
      recalled(
        bus,
        'once',
        () => ({}),
        (next: Promise<unknown>) => next.catch(() => Promise.reject(new Error('another'))),
      ),
  ],
  [
    'leaves once() pending for ever',
    'rejects once() when the bus is closed',
    (bus) =>
      recalled(
        bus,
        'once',
        () => ({}),
        (next: Promise<unknown>) => next.catch(() => new Promise(nothing)),
      ),
  ],
]

/** Calls listeners from a loop that never leaves others a turn. */
function endless(bus: EventBus): Replaced {
  const waiting: (() => void)[] = []
  let isUnderWay = false
  return handmade(bus, (listeners, event) => {
    waiting.push(() => listeners.forEach((listener) => void listener(event)))
    if (isUnderWay) return
    isUnderWay = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next()
    isUnderWay = false
  })
}

const nested = (bus: EventBus) =>
  handmade(bus, (listeners, event) => listeners.forEach((listener) => void listener(event)))

const listenerDefects: Defect[] = [
  [
    'says nothing of a listener that throws',
    'goes on where a listener throws, and warns of it',
    (bus) =>
      retold(bus, (event, listener) => {
        try {
          return listener(event)
        } catch {
          return undefined
        }
      }),
  ],
  ['throws what a listener throws', 'goes on where a listener throws, and warns of it', (bus) => nested(bus)],
  [
    'ends a listener that throws',
    'goes on where a listener throws, and warns of it',
    (bus) => {
      const failed = new Set<Listener>()
      return retold(bus, (event, listener) => {
        if (failed.has(listener)) return undefined
        failed.add(listener)
        const answer = listener(event)
        failed.delete(listener)
        return answer
      })
    },
  ],
  [
    'says nothing of a listener that rejects',
    'goes on where a listener rejects, and warns of it',
    (bus) =>
      retold(bus, (event, listener) => {
        const answer = listener(event)
        return answer instanceof Promise ? answer.catch(nothing) : answer
      }),
  ],
  ['delivers in the middle of a delivery', 'has one order for all where listeners publish', nested],
  ['delivers without an end', 'leaves others their turns where a listener publishes for ever', endless],
  [
    'delivers a part of very much',
    'delivers everything where listeners publish very much',
    (bus) => retold(bus, (event, listener) => (event.sequence > 2_048 ? undefined : listener(event))),
  ],
  [
    'does not wait for promises',
    'calls a listener again when its promise has settled, not before',
    (bus) => retold(bus, (event, listener) => void listener(event)),
  ],
  ['calls a listener in the middle of its call', 'never calls a listener in the middle of its call', nested],
  [
    'has all wait for one',
    'lets nobody wait for a listener that is busy',
    (bus) => {
      let tail: Promise<unknown> = Promise.resolve()
      return retold(bus, (event, listener) => (tail = tail.then(() => listener(event))))
    },
  ],
]

/** Subscriptions whose `onLost` is changed. */
const retoldLoss = (
  bus: EventBus,
  change: (onLost: (count: number) => void) => ((count: number) => void) | undefined,
) =>
  recalled(bus, 'subscribe', ({ options }) =>
    typeof options?.onLost === 'function' ? { options: { ...options, onLost: change(options.onLost) } } : {},
  )

const withLimit = (
  bus: EventBus,
  method: 'subscribe' | 'stream',
  change: (limit?: number) => number | undefined,
) =>
  recalled(bus, method, ({ options }) => ({
    options: { ...options, queueLimit: change(options?.queueLimit) },
  }))

const lossDefects: Defect[] = [
  [
    'counts one loss too many',
    'tells a slow listener how many events it lost, and where',
    (bus) => retoldLoss(bus, (onLost) => (count) => onLost(count + 1)),
  ],
  [
    'tells no loss',
    'tells a slow listener how many events it lost, and where',
    (bus) => retoldLoss(bus, () => undefined),
  ],
  [
    'tells a loss too late',
    'tells a slow listener how many events it lost, and where',
    (bus) =>
      retoldLoss(bus, (onLost) => (count) => void setImmediate(() => setImmediate(() => onLost(count)))),
  ],
  [
    'counts no drops',
    'tells a slow listener how many events it lost, and where',
    (bus) => recounted(bus, () => ({ droppedCount: 0 })),
  ],
  [
    'tells losses in one sum',
    'tells each loss by itself',
    (bus) => {
      let sum = 0
      return retoldLoss(bus, (onLost) => (count) => {
        sum += count
        if (sum > count) onLost(sum)
      })
    },
  ],
  [
    'keeps one event less than it may',
    'loses nothing of as many events as the limit says',
    (bus) => withLimit(bus, 'subscribe', (limit) => limit && Math.max(limit - 1, 1)),
  ],
  [
    'keeps everything',
    'tells a slow listener how many events it lost, and where',
    (bus) => withLimit(bus, 'subscribe', (limit) => limit && 1_000_000),
  ],
  [
    'keeps everything of those who name no limit',
    'bounds what waits for those who name no limit',
    (bus) => withLimit(bus, 'subscribe', (limit) => limit ?? 1_000_000),
  ],
  [
    'keeps everything of streams',
    'bounds what waits for those who name no limit',
    (bus) => withLimit(bus, 'stream', (limit) => limit ?? 1_000_000),
  ],
  [
    'loses in silence',
    'warns of a loss where no onLost was given',
    (bus) => recalled(bus, 'subscribe', ({ options }) => ({ options: { onLost: nothing, ...options } })),
  ],
  [
    'warns of what it has told',
    'does not warn of a loss that onLost was told',
    (bus) =>
      retoldLoss(bus, (onLost) => (count) => {
        onLost(count)
        process.emitWarning('lost', { type: 'HyperCacheWarning', code: 'ERR_HYPERCACHE_EVENTS_LOST' })
      }),
  ],
  [
    'says nothing of an onLost that throws',
    'goes on where onLost throws',
    (bus) =>
      retoldLoss(bus, (onLost) => (count) => {
        try {
          onLost(count)
        } catch {
          // Nothing is said.
        }
      }),
  ],
]

const streamDefects: Defect[] = [
  [
    'gives those who wait another event',
    'streams events in order, those that wait and those that are waited for',
    (bus) => {
      let asked = 0
      return rerun(bus, (stream) => ({
        next: async () => {
          asked += 1
          const result = await stream.next()
          return asked >= 3 && !result.done
            ? { done: false, value: { ...result.value, sequence: 9 } as ClusterEvent }
            : result
        },
      }))
    },
  ],
  [
    'lives on after its loop',
    'streams with for await, until its loop is left',
    (bus) => rerun(bus, () => ({ return: () => Promise.resolve({ done: true, value: undefined }) })),
  ],
  [
    'streams everything',
    'streams the types that were asked for, and no others',
    (bus) => recalled(bus, 'stream', () => ({ types: [] })),
  ],
  [
    'streams what was before',
    'streams nothing from before it began',
    (bus) => {
      const before = [...bus.log()]
      return rerun(bus, (stream) => {
        before.push(...bus.log())
        return {
          next: () => {
            const value = before.shift()
            return value === undefined ? stream.next() : Promise.resolve({ done: false, value })
          },
        }
      })
    },
  ],
  [
    'loses from streams in silence',
    'puts the news of a loss into a stream where the loss was',
    (bus) =>
      rerun(bus, (stream) => ({
        next: async () => {
          const result = await stream.next()
          return !result.done && result.value.type === 'events:lost' ? stream.next() : result
        },
      })),
  ],
  [
    'has one queue for all streams',
    'has a queue for each stream',
    (bus) => {
      let shared: Stream | undefined
      return { stream: (options?: object) => (shared ??= bus.stream(options)) }
    },
  ],
  [
    'does not end streams with the signal',
    'ends a stream with the signal, with nothing that waited',
    (bus) => recalled(bus, 'stream', withoutSignal),
  ],
  [
    'gives what waited after the signal',
    'ends a stream with the signal, with nothing that waited',
    (bus) => {
      let isFirst = true
      return rerun(bus, (stream) => ({
        next: async () => {
          const result = await stream.next()
          const [value] = bus.log()
          if (!result.done || value === undefined || !isFirst) return result
          isFirst = false
          return { done: false, value }
        },
      }))
    },
  ],
  [
    'leaves those who ask pending after return()',
    'ends a stream that is returned from',
    (bus) =>
      rerun(bus, (stream) => ({
        next: async () => {
          const result = await stream.next()
          return result.done === true ? new Promise(nothing) : result
        },
      })),
  ],
]

/** A log that answers otherwise. */
const relogged = (
  bus: EventBus,
  answer: (query: EventLogQuery, log: (query?: EventLogQuery) => readonly ClusterEvent[]) => unknown,
): Replaced => ({ log: (query: EventLogQuery = {}) => answer(query, (asked) => bus.log(asked)) })

const logDefects: Defect[] = [
  [
    'logs newest first',
    'logs the events as they were, oldest first',
    (bus) => relogged(bus, (query, log) => log(query).toReversed()),
  ],
  [
    'logs no times',
    'logs the events as they were, oldest first',
    (bus) => relogged(bus, (query, log) => log(query).map(({ timestampMs: _, ...event }) => event)),
  ],
  [
    'logs without a bound',
    'keeps the last events, and no more than the log may hold',
    (bus) => {
      const all: ClusterEvent[] = []
      return {
        publish: (...given: Parameters<EventBus['publish']>) => {
          all.push(bus.publish(...given))
          return all.at(-1)
        },
        log: () => all,
      }
    },
  ],
  [
    'keeps the first events',
    'keeps the last events, and no more than the log may hold',
    (bus) => {
      const first: ClusterEvent[] = []
      return {
        publish: (...given: Parameters<EventBus['publish']>) => {
          const event = bus.publish(...given) as ClusterEvent
          if (first.length < 1_000) first.push(event)
          return event
        },
        log: () => first,
      }
    },
  ],
  [
    'answers all types',
    'answers the events of the types that are asked for',
    (bus) => relogged(bus, ({ types: _, ...query }, log) => log(query)),
  ],
  [
    'begins at the number, not after it',
    'answers the events after a number, and the newest so many',
    (bus) =>
      relogged(bus, ({ after, ...query }, log) => log({ ...query, after: after && Math.max(after - 1, 0) })),
  ],
  [
    'answers the oldest so many',
    'answers the events after a number, and the newest so many',
    (bus) => relogged(bus, ({ limit, ...query }, log) => log(query).slice(0, limit)),
  ],
  [
    'limits before it looks at types',
    'counts the limit of a query in events of its types',
    (bus) =>
      relogged(bus, ({ types, ...query }, log) =>
        log(query).filter(({ type }) => types === undefined || types.includes(type)),
      ),
  ],
  [
    'takes any query',
    'refuses queries that make no sense',
    (bus) => relogged(bus, (query, log) => (query.limit === 0 ? [] : log(query))),
  ],
]

const countDefects: Defect[] = [
  [
    'counts a type too little',
    'counts what is published, by type too',
    (bus) =>
      recounted(bus, ({ publishedByType }) => ({ publishedByType: { ...publishedByType, custom: 0 } })),
  ],
  [
    'counts publications twice',
    'counts what is published, by type too',
    (bus) => recounted(bus, ({ publishedCount }) => ({ publishedCount: 2 * publishedCount })),
  ],
  [
    'counts as delivered what waits',
    'counts what listeners and streams are given',
    (bus) =>
      recounted(bus, ({ deliveredCount, queuedCount }) => ({ deliveredCount: deliveredCount + queuedCount })),
  ],
  [
    'counts nothing that waits',
    'counts what listeners and streams are given',
    (bus) => recounted(bus, () => ({ queuedCount: 0 })),
  ],
  [
    'counts subscribers that were',
    'counts subscribers, each once, for as long as they are',
    (bus) => {
      let most = 0
      return recounted(bus, ({ subscriberCount }) => ({
        subscriberCount: (most = Math.max(most, subscriberCount)),
      }))
    },
  ],
  [
    'counts no failures',
    'counts listeners that fail, of each call once',
    (bus) => recounted(bus, () => ({ failedCount: 0 })),
  ],
  [
    'calls now the time of the last event',
    'tells when the last event was published',
    (bus) => recounted(bus, () => ({ lastEventAtMs: Date.now() })),
  ],
]

/** `close()` that marks the end and leaves the rest as it is. */
function closedByName(): Replaced {
  let isClosed = false
  const close = () => void (isClosed = true)
  return {
    close,
    [Symbol.dispose]: close,
    get isClosed() {
      return isClosed
    },
  }
}

const closingDefects: Defect[] = [
  ['delivers what waited after close', 'delivers nothing after close, not what waited either', closedByName],
  [
    'finishes the delivery in which it is closed',
    'delivers nothing more where a listener closes it',
    (bus) => ({ close: () => setImmediate(() => bus.close()) }),
  ],
  [
    'leaves streams pending',
    'ends streams that are waited for when it is closed',
    (bus) =>
      rerun(bus, (stream) => ({
        next: async () => {
          const result = await stream.next()
          return result.done === true ? new Promise(nothing) : result
        },
      })),
  ],
  ['publishes after close', 'refuses to publish and to subscribe after close', closedByName],
  [
    'subscribes after close',
    'refuses to publish and to subscribe after close',
    (bus) => ({
      subscribe: (...given: Parameters<EventBus['subscribe']>) =>
        bus.isClosed ? noStop : bus.subscribe(...given),
    }),
  ],
  [
    'forgets its log',
    'refuses to publish and to subscribe after close',
    (bus) => relogged(bus, (query, log) => (bus.isClosed ? [] : log(query))),
  ],
  [
    'refuses to be closed again',
    'may be closed again, by each way, and says so',
    (bus) => ({
      close: () => {
        if (bus.isClosed) throw new Error('closed')
        bus.close()
      },
    }),
  ],
  [
    'does not say that it is closed',
    'may be closed again, by each way, and says so',
    () => ({ isClosed: false }),
  ],
]

/** What `broadcast` answers goes through a function. */
const rebroadcast = (
  bus: EventBus,
  change: (send: () => ClusterEvent<'broadcast'>, name: string, data: unknown) => unknown,
): Replaced => ({
  broadcast: (name: string, data?: unknown) => change(() => bus.broadcast(name, data), name, data),
})

/** The answer of a call, or another one where it is refused with a code. */
function unlessRefused(code: string, call: () => unknown, otherwise: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (codeOf(error) !== code) throw error
    return otherwise()
  }
}

const broadcastDefects: Defect[] = [
  [
    'tells a broadcast twice',
    'tells a broadcast here too, once, as an event',
    (bus) =>
      rebroadcast(bus, (send) => {
        send()
        return send()
      }),
  ],
  [
    'tells a broadcast to others only',
    'tells a broadcast here too, once, as an event',
    (bus) => rebroadcast(bus, (_, name, data) => new SimpleEventBus().broadcast(name, data)),
  ],
  [
    'tells a broadcast as an event of the user',
    'tells a broadcast here too, once, as an event',
    (bus) => rebroadcast(bus, (_, name, data) => bus.publish('custom', { name, data })),
  ],
  [
    'sends a broadcast after its event',
    'gives broadcasts the Lamport time of their sending, below that of the event',
    (bus) =>
      rebroadcast(bus, (send) => {
        const event = send()
        return { ...event, payload: { ...event.payload, originLamportTime: event.lamportTime } }
      }),
  ],
  [
    'tells here what it was given, not what others get',
    'tells the data of a broadcast as JSON carries it, whatever its owner does later',
    (bus) =>
      rebroadcast(bus, (send, _, data) => {
        const event = send()
        return { ...event, payload: Object.freeze({ ...event.payload, data }) }
      }),
  ],
  [
    'leaves out what is too large',
    'takes 512 bytes of name and data, and refuses one more (Z-46)',
    (bus) =>
      rebroadcast(bus, (send, name) =>
        unlessRefused('ERR_HYPERCACHE_BROADCAST_TOO_LARGE', send, () => bus.broadcast(name)),
      ),
  ],
  [
    'counts characters, not bytes',
    'takes 512 bytes of name and data, and refuses one more (Z-46)',
    (bus) =>
      rebroadcast(bus, (send, name, data) =>
        unlessRefused('ERR_HYPERCACHE_BROADCAST_TOO_LARGE', send, () => {
          if (name.length + JSON.stringify(data).length > 512) return send()
          return bus.broadcast(name)
        }),
      ),
  ],
  [
    'has no room for 512 bytes',
    'takes 512 bytes of name and data, and refuses one more (Z-46)',
    (bus) =>
      rebroadcast(bus, (send, name, data) => {
        if (Buffer.byteLength(name + JSON.stringify(data)) < 512) return send()
        throw new Error('too large')
      }),
  ],
  [
    'broadcasts what it cannot',
    'refuses a broadcast whose name is none, or whose data JSON cannot hold',
    (bus) =>
      rebroadcast(bus, (send) =>
        unlessRefused('ERR_HYPERCACHE_INVALID_EVENT', send, () => bus.broadcast('broken')),
      ),
  ],
  [
    'broadcasts after close',
    'refuses to broadcast after close',
    (bus) => rebroadcast(bus, (send) => unlessRefused('ERR_HYPERCACHE_BUS_CLOSED', send, nothing)),
  ],
]

const defects: Defect[] = [
  ...eventDefects,
  ...subscribingDefects,
  ...listenerDefects,
  ...lossDefects,
  ...streamDefects,
  ...logDefects,
  ...countDefects,
  ...closingDefects,
  ...broadcastDefects,
]

describe('SimpleEventBus', () => {
  eventBusConformance(() => underTest(new SimpleEventBus()))
})

describe('the suite bites', () => {
  test.each(defects)('on a bus that %s', async (_, name, plant) => {
    const found = eventBusRules.find((rule) => rule.name === name)
    expect(found, name).toBeDefined()
    const make = () => {
      const bus = new SimpleEventBus()
      return { ...underTest(overridden<EventBus>(bus, plant(bus))), close: () => bus.close() }
    }
    await expect(found!.run(make)).rejects.toThrow()
  })

  test('with a defect for each rule', () => {
    const covered = new Set(defects.map(([, name]) => name))
    expect(eventBusRules.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([])
  })
})
