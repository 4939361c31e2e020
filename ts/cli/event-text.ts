/** Events for people: a line each. */

import type { ClusterEvent, EventsLost } from '../events/event-map.js'
import { jsonLine } from '../json.js'
import { oneLine } from './failure.js'
import { grouped, named, percent } from './text.js'

const TYPE_CELLS = 'coordinator:stopping'.length

/** An event on a line: when, its number, its type, and what happened. */
export function eventText(event: ClusterEvent | EventsLost): string {
  if (event.type === 'events:lost')
    return `… ${grouped(event.lostCount)} events lost here: they came too fast …`
  const { timestampMs, sequence, type } = event
  const when = new Date(timestampMs).toISOString()
  return oneLine(`${when}  ${sequence}  ${type.padEnd(TYPE_CELLS)}  ${whatHappened(event)}`)
}

function whatHappened(event: ClusterEvent): string {
  switch (event.type) {
    case 'member:joined':
    case 'member:left':
    case 'member:failed':
    case 'member:suspected':
    case 'member:recovered':
    case 'member:updated': {
      const { id, address, port, status } = event.payload.member
      return `${named(id)} at ${address}:${port}, ${status}`
    }
    case 'ring:changed': {
      const { epoch, movedShare, checksum } = event.payload
      return `epoch ${epoch}: ${percent(movedShare)} of all keys moved; checksum ${checksum}`
    }
    case 'rebalance:planned': {
      const { epoch, movedShare } = event.payload
      return `at epoch ${epoch}: ${percent(movedShare)} of all keys would move`
    }
    case 'coordinator:started':
    case 'coordinator:stopping':
    case 'coordinator:stopped':
      return named(event.payload.nodeId)
    case 'health:changed':
      return event.payload.isReady ? 'ready' : `not ready: ${event.payload.reasons.join('; ')}`
    case 'custom': {
      const { name, data } = event.payload
      return data === undefined ? named(name) : `${named(name)} ${jsonLine(data)}`
    }
    default:
      // Of a node of a later version.
      return jsonLine((event as { payload?: unknown }).payload)
  }
}
