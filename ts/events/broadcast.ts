/** Messages to every live member of the cluster: what they are made of, and their bounds. */

import { HyperCacheError, shown } from '../errors.js'
import { jsonLine } from '../json.js'
import type { BroadcastEvent } from './event-map.js'
import { invalidEvent, jsonCopy } from './json-copy.js'
import { checkedName } from './payloads.js'

/** Most bytes that the name and the data of a broadcast have together, as UTF-8. */
export const BROADCAST_BYTES_MAX = 512

/** Lamport times that are heeded of others: those above leave too little room to count on. */
const LAMPORT_TIME_MAX = 2 ** 52

/** A message to every live member. */
export interface BroadcastMessage {
  /** What kind of message it is, 1 to 255 bytes. */
  readonly name: string
  /** JSON, as text; the empty text where there is no data. */
  readonly data: string
  /** The Lamport time of its sending. */
  readonly lamportTime: number
}

/** A message that another member has sent. */
export interface ReceivedBroadcast extends BroadcastMessage {
  readonly originNodeId: string
}

/**
 * What takes broadcasts to the other members. It throws where it cannot: then nobody is told, here neither.
 */
export type BroadcastCarrier = (message: BroadcastMessage) => void

/**
 * The name and the data of a broadcast as they travel.
 *
 * @throws ERR_HYPERCACHE_INVALID_EVENT, ERR_HYPERCACHE_BROADCAST_TOO_LARGE.
 */
export function checkedBroadcast(name: unknown, data: unknown): Omit<BroadcastMessage, 'lamportTime'> {
  const checked = checkedName('the broadcast', name)
  if (typeof data === 'function' || typeof data === 'symbol') {
    throw invalidEvent(`data of the broadcast is ${shown(data)}; it must be what JSON can hold`)
  }
  const copied = jsonCopy('data of the broadcast', data, false)
  const text = copied === undefined ? '' : jsonLine(copied)
  const bytes = Buffer.byteLength(checked) + Buffer.byteLength(text)
  if (bytes <= BROADCAST_BYTES_MAX) return { name: checked, data: text }
  const message =
    `the broadcast ${shown(checked)} has ${bytes} bytes, of its name and of its data as JSON; ` +
    `it may have ${BROADCAST_BYTES_MAX}`
  throw new HyperCacheError('ERR_HYPERCACHE_BROADCAST_TOO_LARGE', message)
}

/**
 * The event of a broadcast: the same at every member, at the origin too.
 *
 * @throws ERR_HYPERCACHE_INVALID_EVENT for what no bus would have sent.
 */
export function broadcastEvent({ originNodeId, lamportTime, name, data }: ReceivedBroadcast): BroadcastEvent {
  if (!Number.isSafeInteger(lamportTime) || lamportTime < 0 || lamportTime > LAMPORT_TIME_MAX) {
    const bound = 'a whole number from 0 to 2^52'
    throw invalidEvent(`the Lamport time of the broadcast is ${shown(lamportTime)}; it must be ${bound}`)
  }
  const origin = { originNodeId, originLamportTime: lamportTime, name: checkedName('the broadcast', name) }
  if (data === '') return origin
  try {
    return { ...origin, data: JSON.parse(data) as unknown }
  } catch (cause) {
    throw invalidEvent(`data of the broadcast ${shown(name)} is ${shown(data)}; it must be JSON`, cause)
  }
}
