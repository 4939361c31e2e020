/** What a node says to the others by user events of its Serf agent, and hears of them. */

import { checkedFunction, checkedText } from '../../checks.js'
import { HyperCacheError, shown } from '../../errors.js'
import { callListener, stopWatching } from '../../listeners.js'
import type { StopWatching } from '../../types.js'
import {
  BROADCAST_BYTES_MAX,
  type BroadcastMessage,
  type ReceivedBroadcast,
} from '../distributed-membership.js'
import {
  BroadcastParts,
  eventNameOf,
  partsOf,
  payloadOf,
  readPayload,
  type SerfMessage,
} from './serf-messages.js'

/** What other processes say of members: all but broadcasts. */
export type MemberMessage = Exclude<SerfMessage, { kind: 'part' }>

/** Who carries events, and who is told of them. */
export interface SerfTalkParts {
  readonly localNodeId: string
  readonly clusterName: string
  /** Sends an event, now or later. */
  send(payload: Uint8Array): void
  /** Sends an event, now or never. */
  sendNow(payload: Uint8Array): void
  onMessage(message: MemberMessage): void
  onUnreadable(): void
}

/** Broadcasts, and what processes say of each other. What this node said itself is not heard. */
export class SerfTalk {
  readonly eventName: string
  readonly #of: SerfTalkParts
  readonly #parts = new BroadcastParts()
  readonly #listeners = new Set<(message: ReceivedBroadcast) => void>()
  sentCount = 0
  receivedCount = 0

  constructor(of: SerfTalkParts) {
    this.#of = of
    this.eventName = eventNameOf(of.clusterName)
  }

  /** See `DistributedMembership.broadcast`. */
  broadcast({ name, data, lamportTime }: BroadcastMessage): void {
    const nameBytes = Buffer.byteLength(checkedText('message.name', name))
    if (nameBytes < 1 || nameBytes > 255) {
      const text = `message.name is ${shown(name)}; it must be a text of 1 to 255 bytes`
      throw new HyperCacheError('ERR_HYPERCACHE_INVALID_TEXT', text)
    }
    const bytes = nameBytes + Buffer.byteLength(checkedText('message.data', data))
    if (bytes > BROADCAST_BYTES_MAX) {
      const text =
        `the broadcast ${shown(name)} has ${bytes} bytes of name and data; ` +
        `${BROADCAST_BYTES_MAX} is the most`
      throw new HyperCacheError('ERR_HYPERCACHE_BROADCAST_TOO_LARGE', text)
    }
    const message = { name, data, lamportTime, originNodeId: this.#of.localNodeId }
    for (const part of partsOf(message, this.eventName)) this.#of.send(payloadOf(part))
    this.sentCount += 1
  }

  /** See `DistributedMembership.onBroadcast`. */
  onBroadcast(listener: (message: ReceivedBroadcast) => void): StopWatching {
    const checked = checkedFunction('listener', listener)
    // One of its own, so that the same function can be given twice.
    const listen = (message: ReceivedBroadcast) => checked(message)
    this.#listeners.add(listen)
    return stopWatching(() => this.#listeners.delete(listen))
  }

  /** Says something of a member that means nothing later. */
  say(message: MemberMessage): void {
    this.#of.sendNow(payloadOf(message))
  }

  /** Takes an event of the agent. */
  hear(name: string, payload: Uint8Array): void {
    if (name !== this.eventName) return
    const message = readPayload(payload)
    if (message === undefined) this.#of.onUnreadable()
    else if (message.kind === 'part') this.#takePart(message)
    else if (message.originNodeId !== this.#of.localNodeId) this.#of.onMessage(message)
  }

  /** Tells nobody any more. */
  close(): void {
    this.#listeners.clear()
  }

  #takePart(part: Extract<SerfMessage, { kind: 'part' }>): void {
    const taken = this.#parts.take(part)
    if (taken.state === 'unreadable') this.#of.onUnreadable()
    if (taken.state !== 'whole' || taken.message.originNodeId === this.#of.localNodeId) return
    this.receivedCount += 1
    const message = Object.freeze(taken.message)
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) void callListener('SerfMembership.onBroadcast()', listener, message)
    }
  }
}
