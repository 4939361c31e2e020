/** Options of the event bus, and of what is asked of it. */

import {
  checkedCount,
  checkedFields,
  checkedFunction,
  checkedSignal,
  checkedText,
  type Fields,
} from '../checks.js'
import { type Clock, systemClock } from '../clock.js'
import { HyperCacheError, shown, wrongType } from '../errors.js'
import type { BroadcastCarrier } from './broadcast.js'
import type { ListenOptions, SubscribeOptions } from './event-bus.js'
import { EventLogFile } from './event-log-file.js'
import { LamportClock } from './lamport-clock.js'

/** Options of a {@link SimpleEventBus}, all optional. They never change. */
export interface SimpleEventBusOptions {
  /** Where timestamps come from. @defaultValue the machine's clock */
  clock?: Clock | undefined
  /** The logical clock of this node. @defaultValue one of its own */
  lamportClock?: LamportClock | undefined
  /** Events that `log()` can answer, 0 to 1,000,000: the last ones. @defaultValue 1_000 */
  logSize?: number | undefined
  /**
   * Path of a file that every event is appended to, as a line of JSON. Its last events are read when the bus
   * is made, and sequence numbers go on above theirs. One bus writes one file. @defaultValue none
   */
  logFile?: string | undefined
  /**
   * Size in bytes, 1,024 to 2^40, that would be passed by a line: then the file is renamed to `<logFile>.1`,
   * in the place of the one before, and begun anew. Both together take twice as much.
   * @defaultValue 16_777_216
   */
  logFileMaxBytes?: number | undefined
  /**
   * Events that may wait for one subscriber unless it says otherwise, 1 to 1,000,000. @defaultValue 10_000
   */
  queueLimit?: number | undefined
  /** The node whose bus it is: the origin of what it broadcasts. @defaultValue 'local' */
  nodeId?: string | undefined
  /**
   * Takes broadcasts to the other members. It throws where it cannot: then nobody is told, here neither.
   * @defaultValue none: a broadcast stays here
   */
  carrier?: BroadcastCarrier | undefined
}

const BUS_OPTIONS: ReadonlySet<keyof SimpleEventBusOptions> = new Set([
  ...(['clock', 'lamportClock', 'logSize', 'logFile', 'logFileMaxBytes', 'queueLimit'] as const),
  ...(['nodeId', 'carrier'] as const),
])
const LISTEN_OPTIONS: ReadonlySet<keyof ListenOptions> = new Set(['signal', 'queueLimit', 'onLost'])
const STREAM_OPTIONS: ReadonlySet<keyof SubscribeOptions> = new Set(['signal', 'queueLimit'])
const ONCE_OPTIONS: ReadonlySet<keyof SubscribeOptions> = new Set(['signal'])

const LOG_SIZE = 1_000
const LOG_SIZE_MAX = 1_000_000
const LOG_FILE_BYTES = 16_777_216
const LOG_FILE_BYTES_MIN = 1_024
const LOG_FILE_BYTES_MAX = 2 ** 40
const QUEUE_LIMIT = 10_000
const QUEUE_LIMIT_MAX = 1_000_000

/** The options of a bus, complete. */
export interface CheckedBusOptions {
  clock: Clock
  lamportClock: LamportClock
  logSize: number
  file: EventLogFile | undefined
  queueLimit: number
  nodeId: string
  carrier: BroadcastCarrier
}

/** @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_OUT_OF_RANGE, ERR_HYPERCACHE_UNKNOWN_FIELD. */
export function checkedBusOptions(options: unknown): CheckedBusOptions {
  const fields = checkedFields('options', options, BUS_OPTIONS)
  const { clock = systemClock, lamportClock = new LamportClock(), logFile } = fields
  const isClock = typeof clock === 'object' && clock !== null && 'nowMs' in clock
  if (!isClock || typeof clock.nowMs !== 'function') throw wrongType('options.clock', clock, 'a Clock')
  if (!isLamportClock(lamportClock)) throw wrongType('options.lamportClock', lamportClock, 'a LamportClock')
  const logSize = within(fields, 'logSize', LOG_SIZE, [0, LOG_SIZE_MAX])
  const bytesMax = within(fields, 'logFileMaxBytes', LOG_FILE_BYTES, [LOG_FILE_BYTES_MIN, LOG_FILE_BYTES_MAX])
  const file = logFile === undefined ? undefined : new EventLogFile(checkedPath(logFile), bytesMax)
  const nodeId = checkedText('options.nodeId', fields.nodeId ?? 'local')
  const carrier = checkedFunction('options.carrier', fields.carrier ?? (() => undefined)) as BroadcastCarrier
  const queueLimit = queueLimitOf(fields, QUEUE_LIMIT)
  return { clock: clock as Clock, lamportClock, logSize, file, queueLimit, nodeId, carrier }
}

/** What a subscription asks for; not every kind of it takes all. */
export interface CheckedSubscribeOptions {
  signal: AbortSignal | undefined
  queueLimit: number
  onLost: ((lostCount: number) => void) | undefined
}

/** Which fields each kind of subscription takes. */
const FIELDS_OF = { subscribe: LISTEN_OPTIONS, stream: STREAM_OPTIONS, once: ONCE_OPTIONS }

/** @throws ERR_HYPERCACHE_INVALID_TYPE, ERR_HYPERCACHE_OUT_OF_RANGE, ERR_HYPERCACHE_UNKNOWN_FIELD. */
export function checkedSubscribeOptions(
  kind: keyof typeof FIELDS_OF,
  options: unknown,
  defaultLimit: number,
): CheckedSubscribeOptions {
  const fields = checkedFields('options', options, FIELDS_OF[kind])
  const { signal, onLost } = fields
  return {
    signal: checkedSignal('options.signal', signal),
    queueLimit: queueLimitOf(fields, defaultLimit),
    onLost:
      onLost === undefined
        ? undefined
        : (checkedFunction('options.onLost', onLost) as (lostCount: number) => void),
  }
}

function queueLimitOf(fields: Fields, defaultLimit: number): number {
  return within(fields, 'queueLimit', defaultLimit, [1, QUEUE_LIMIT_MAX])
}

function within(fields: Fields, name: string, defaultNumber: number, [min, max]: [number, number]): number {
  const value = fields[name] === undefined ? defaultNumber : fields[name]
  return checkedCount(value, `options.${name}`, max, min)
}

function isLamportClock(value: unknown): value is LamportClock {
  // Also one of another copy of this package.
  return typeof value === 'object' && value !== null && 'tick' in value && 'observe' in value
}

function checkedPath(value: unknown): string {
  const path = checkedText('options.logFile', value)
  if (path !== '' && !path.includes('\0')) return path
  const message = `options.logFile is ${shown(path)}; it must be the path of a file`
  throw new HyperCacheError('ERR_HYPERCACHE_INVALID_TEXT', message)
}
