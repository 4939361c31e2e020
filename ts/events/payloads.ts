/** Which types of events there are, and what their payloads must have for subscribers to rely on. */

import { isWellFormed, listOf } from '../checks.js'
import { HyperCacheError, shown } from '../errors.js'
import type { CustomEvent, EventMap, EventType } from './event-map.js'
import { invalidEvent, jsonCopy } from './json-copy.js'

/** What a field of a payload must be. */
type Kind = 'string' | 'number' | 'bigint' | 'boolean' | 'list' | 'member'
type Shape = readonly (readonly [name: string, kind: Kind])[]

const WANTED: Readonly<Record<Kind, string>> = {
  string: 'a string',
  number: 'a number',
  bigint: 'a bigint',
  boolean: 'a boolean',
  list: 'an array',
  member: 'a member: an object with an id',
}

const MEMBER: Shape = [['member', 'member']]
const COORDINATOR: Shape = [['nodeId', 'string']]

const SHAPES: Readonly<Record<EventType, Shape>> = {
  'member:joined': MEMBER,
  'member:left': MEMBER,
  'member:failed': MEMBER,
  'member:suspected': MEMBER,
  'member:recovered': MEMBER,
  'member:updated': MEMBER,
  'member:reaped': MEMBER,
  'ring:changed': [
    ['version', 'number'],
    ['previousVersion', 'number'],
    ['checksum', 'string'],
    ['movedArc', 'bigint'],
    ['movedShare', 'number'],
    ['transfers', 'list'],
    ['transferCount', 'number'],
    ['otherArc', 'bigint'],
  ],
  'ring:diverged': [
    ['checksum', 'string'],
    ['others', 'list'],
    ['sinceMs', 'number'],
  ],
  'ring:agreed': [
    ['checksum', 'string'],
    ['memberCount', 'number'],
    ['durationMs', 'number'],
  ],
  'rebalance:planned': [
    ['version', 'number'],
    ['checksumAfter', 'string'],
    ['movedArc', 'bigint'],
    ['movedShare', 'number'],
    ['transfers', 'list'],
    ['transferCount', 'number'],
  ],
  'coordinator:started': COORDINATOR,
  'coordinator:stopping': COORDINATOR,
  'coordinator:stopped': COORDINATOR,
  'health:changed': [
    ['isReady', 'boolean'],
    ['reasons', 'list'],
    ['checks', 'list'],
  ],
  broadcast: [
    ['originNodeId', 'string'],
    ['originLamportTime', 'number'],
    ['name', 'string'],
  ],
  custom: [['name', 'string']],
}

/** All types of events. */
export const EVENT_TYPES: readonly EventType[] = Object.freeze(Object.keys(SHAPES) as EventType[])

const KNOWN: ReadonlySet<unknown> = new Set(EVENT_TYPES)
const NAME_BYTES_MAX = 255

/** A type of event. @throws ERR_HYPERCACHE_UNKNOWN_EVENT. */
export function checkedType(value: unknown): EventType {
  if (KNOWN.has(value)) return value as EventType
  const message = `the type of event is ${shown(value)}; it must be one of ${EVENT_TYPES.join(', ')}`
  throw new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_EVENT', message)
}

/**
 * One type of event, or several, each once.
 *
 * @throws ERR_HYPERCACHE_UNKNOWN_EVENT; also for an empty list, which would never be told anything;
 * ERR_HYPERCACHE_INVALID_TYPE.
 */
export function checkedTypes(value: unknown): readonly EventType[] {
  if (typeof value === 'string') return [checkedType(value)]
  const types = new Set(listOf('types', value).map(checkedType))
  if (types.size > 0) return [...types]
  const message = 'the list of event types is empty; leave it out for all of them'
  throw new HyperCacheError('ERR_HYPERCACHE_UNKNOWN_EVENT', message)
}

/**
 * The frozen payload of an event: the one that was given where it is frozen throughout, else a copy; of
 * `custom` always a copy.
 *
 * @throws ERR_HYPERCACHE_INVALID_EVENT.
 */
export function checkedPayload(type: EventType, payload: unknown): EventMap[EventType] {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw invalidEvent(`the payload of ${type} is ${shown(payload)}; it must be an object`)
  }
  if (type === 'custom') return checkedCustom(payload)
  // Copied first: a getter could answer something else the second time.
  const copied = jsonCopy('the payload', payload, true) as Record<string, unknown>
  for (const [name, kind] of SHAPES[type]) {
    const field = copied[name]
    if (isOfKind(field, kind)) continue
    throw invalidEvent(`${name} of the payload of ${type} is ${shown(field)}; it must be ${WANTED[kind]}`)
  }
  return copied as unknown as EventMap[EventType]
}

/** A payload as it was, of one that was read back from JSON: tokens and arcs are bigints again. */
export function revived(type: EventType, payload: unknown): unknown {
  if (type !== 'ring:changed' && type !== 'rebalance:planned') return payload
  const fields = payload as Record<string, unknown> & { transfers: { arc: string }[] }
  return {
    ...fields,
    movedArc: BigInt(fields.movedArc as string),
    ...(type === 'ring:changed' ? { otherArc: BigInt(fields.otherArc as string) } : {}),
    transfers: fields.transfers.map((transfer) => ({ ...transfer, arc: BigInt(transfer.arc) })),
  }
}

function isOfKind(field: unknown, kind: Kind): boolean {
  if (kind === 'list') return Array.isArray(field)
  if (kind !== 'member') return typeof field === kind
  return typeof field === 'object' && field !== null && typeof (field as { id?: unknown }).id === 'string'
}

/** Written out, because events of users may be many: a copy like the others' takes twice as long. */
function checkedCustom(payload: { name?: unknown; data?: unknown }): CustomEvent {
  for (const field in payload) {
    if (field === 'name' || field === 'data') continue
    throw invalidEvent(`the payload of custom has the unknown field ${shown(field)}; known are name, data`)
  }
  const { name, data } = payload
  const checked = checkedName('the payload of custom', name)
  if (typeof data === 'function' || typeof data === 'symbol') {
    throw invalidEvent(`data of the payload of custom is ${shown(data)}; it must be what JSON can hold`)
  }
  const copied = jsonCopy('data of the payload of custom', data, false)
  return Object.freeze(copied === undefined ? { name: checked } : { name: checked, data: copied })
}

/** The name of something that a user publishes. @throws ERR_HYPERCACHE_INVALID_EVENT. */
export function checkedName(where: string, name: unknown): string {
  if (typeof name === 'string' && isName(name)) return name
  const bound = `a text of 1 to ${NAME_BYTES_MAX} bytes of UTF-8`
  throw invalidEvent(`name of ${where} is ${shown(name)}; it must be ${bound}`)
}

function isName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= NAME_BYTES_MAX && isWellFormed(text)
}
