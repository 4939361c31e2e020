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
    case 'member:updated':
    case 'member:reaped': {
      const { id, address, port, status } = event.payload.member
      return `${named(id)} at ${address}:${port}, ${status}`
    }
    case 'ring:changed': {
      const { version, movedShare, checksum } = event.payload
      return `version ${version}: ${percent(movedShare)} of all keys moved; checksum ${checksum}`
    }
    case 'ring:diverged': {
      const { checksum, others } = event.payload
      const told = others.map(({ nodeId, checksum: other }) => `${named(nodeId)} ${other}`)
      return `checksum ${checksum} here, elsewhere ${told.join(', ')}`
    }
    case 'ring:agreed': {
      const { checksum, memberCount, durationMs } = event.payload
      const seconds = (durationMs / 1000).toFixed(1)
      return `checksum ${checksum} at all ${memberCount} members, after ${seconds} s`
    }
    case 'rebalance:planned': {
      const { version, movedShare } = event.payload
      return `at version ${version}: ${percent(movedShare)} of all keys would move`
    }
    case 'coordinator:started':
    case 'coordinator:stopping':
    case 'coordinator:stopped':
      return named(event.payload.nodeId)
    case 'health:changed':
      return event.payload.isReady ? 'ready' : `not ready: ${event.payload.reasons.join('; ')}`
    case 'broadcast': {
      const { originNodeId, name, data } = event.payload
      return `${withData(name, data)} from ${named(originNodeId)}`
    }
    case 'custom':
      return withData(event.payload.name, event.payload.data)
    default:
      // Of a node of a later version.
      return jsonLine((event as { payload?: unknown }).payload)
  }
}

function withData(name: string, data: unknown): string {
  return data === undefined ? named(name) : `${named(name)} ${jsonLine(data)}`
}
