/** What the processes beside Serf agents tell each other in user events. */

import { createHash, randomBytes } from 'node:crypto'

import { BROADCAST_BYTES_MAX, type ReceivedBroadcast } from '../distributed-membership.js'
import { msgpack } from './msgpack.js'

/** Most bytes of a user event, in Serf's own form, where an agent is not told otherwise. */
const EVENT_BYTES_MAX = 512

/** What Serf's form of an event adds to its name and payload. */
const EVENT_HEAD_BYTES = 48

/** What the form of a part adds to its bytes. */
const PART_HEAD_BYTES = 24

/** The form of the messages. A member that reads another form counts what it cannot read. */
const FORM = 1

/** Broadcasts that are remembered, so that one that comes again is told once. */
const REMEMBERED_MAX = 4_096

/**
 * Broadcasts of which some parts are here. Who sends parts and never the rest takes no more room than this.
 */
const UNFINISHED_MAX = 64

/** Most parts of a broadcast, also where the cluster has a name of 255 bytes. */
const PARTS_MAX = 8

/** A message between the processes. */
export type SerfMessage =
  /** Its process lives, and will say so again after `intervalMs`. */
  | { kind: 'lives'; originNodeId: string; intervalMs: number }
  /** Its agent suspects another member. */
  | { kind: 'suspects'; originNodeId: string; id: string }
  /** It has been suspected, and is well. */
  | { kind: 'refutes'; originNodeId: string }
  | { kind: 'part'; id: string; index: number; count: number; bytes: Uint8Array }

/** The name of the user events of a cluster: `hc:` and its name, or a digest of a long one. */
export function eventNameOf(clusterName: string): string {
  if (Buffer.byteLength(clusterName) <= 64) return `hc:${clusterName}`
  return `hc:${createHash('sha256').update(clusterName).digest('hex').slice(0, 32)}`
}

/** The payload of a message. */
export function payloadOf(message: SerfMessage): Uint8Array {
  return msgpack().encoder.encode([FORM, ...fieldsOf(message)])
}

function fieldsOf(message: SerfMessage): unknown[] {
  switch (message.kind) {
    case 'lives':
      return [message.kind, message.originNodeId, message.intervalMs]
    case 'suspects':
      return [message.kind, message.originNodeId, message.id]
    case 'refutes':
      return [message.kind, message.originNodeId]
    case 'part':
      return ['b', Buffer.from(message.id, 'hex'), message.index, message.count, message.bytes]
  }
}

/** Reads a payload; nothing where it cannot be read. */
export function readPayload(payload: Uint8Array): SerfMessage | undefined {
  const value = decoded(payload)
  if (!Array.isArray(value) || value[0] !== FORM) return undefined
  const [, kind, first, second, third, fourth] = value as unknown[]
  if (kind === 'b') return partOf(first, second, third, fourth)
  if (typeof first !== 'string') return undefined
  if (kind === 'lives' && isCount(second, 86_400_000)) {
    return { kind, originNodeId: first, intervalMs: second }
  }
  if (kind === 'suspects' && typeof second === 'string') return { kind, originNodeId: first, id: second }
  return kind === 'refutes' ? { kind, originNodeId: first } : undefined
}

function partOf(id: unknown, index: unknown, count: unknown, bytes: unknown): SerfMessage | undefined {
  if (!(id instanceof Uint8Array) || id.length !== 8 || !(bytes instanceof Uint8Array)) return undefined
  if (!isCount(count, PARTS_MAX) || !(index === 0 || isCount(index, count - 1))) return undefined
  return { kind: 'part', id: Buffer.from(id).toString('hex'), index, count, bytes }
}

function isCount(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return msgpack().decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The parts of a broadcast: Serf's events are smaller than what a broadcast may have. All have to arrive for
 * it to be told.
 */
export function partsOf(message: ReceivedBroadcast, eventName: string): SerfMessage[] {
  const { originNodeId, name, data, lamportTime } = message
  const whole = msgpack().encoder.encode([originNodeId, lamportTime, name, data])
  const room = EVENT_BYTES_MAX - EVENT_HEAD_BYTES - PART_HEAD_BYTES - Buffer.byteLength(eventName)
  const count = Math.ceil(whole.length / room)
  const id = randomBytes(8).toString('hex')
  return Array.from({ length: count }, (_, index) => {
    const bytes = whole.subarray(index * room, (index + 1) * room)
    return { kind: 'part', id, index, count, bytes }
  })
}

/** What a part made of a broadcast. */
export type TakenPart =
  | { state: 'whole'; message: ReceivedBroadcast }
  /** Others are still to come, or it was told already. */
  | { state: 'waiting' | 'known' | 'unreadable' }

/** Puts broadcasts together, and tells each once. */
export class BroadcastParts {
  readonly #unfinished = new Map<string, Map<number, Uint8Array>>()
  readonly #known = new Set<string>()

  take({ id, index, count, bytes }: Extract<SerfMessage, { kind: 'part' }>): TakenPart {
    if (this.#known.has(id)) return { state: 'known' }
    const parts = this.#unfinished.get(id) ?? new Map<number, Uint8Array>()
    parts.set(index, bytes)
    this.#unfinished.set(id, parts)
    forgetFirst(this.#unfinished, UNFINISHED_MAX)
    if (parts.size < count) return { state: 'waiting' }
    this.#unfinished.delete(id)
    this.#known.add(id)
    forgetFirst(this.#known, REMEMBERED_MAX)
    const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part)
    const message = broadcastOf(decoded(Buffer.concat(ordered)))
    return message === undefined ? { state: 'unreadable' } : { state: 'whole', message }
  }
}

function forgetFirst(kept: Map<string, unknown> | Set<string>, max: number): void {
  if (kept.size > max) kept.delete(kept.keys().next().value as string)
}

function broadcastOf(value: unknown): ReceivedBroadcast | undefined {
  const [originNodeId, lamportTime, name, data] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof originNodeId !== 'string' || typeof name !== 'string' || typeof data !== 'string')
    return undefined
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(data)
  if (name === '' || bytes > BROADCAST_BYTES_MAX) return undefined
  if (!Number.isSafeInteger(lamportTime) || (lamportTime as number) < 0) return undefined
  return { originNodeId, lamportTime: lamportTime as number, name, data }
}
