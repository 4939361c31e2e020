/** Events as the server tells them. */

import type { ClusterEvent, EventsLost } from '../events/event-map.js'
import { jsonLine } from '../json.js'

/** Exact numbers of tokens: each is an equation for the seed. */
const ARCS: ReadonlySet<string> = new Set(['arc', 'movedArc', 'otherArc'])

/**
 * The JSON of an event, on one line.
 *
 * @param isSeeded Whether the placement is secret: then the arcs of changes of the ring are left out.
 */
export function eventJson(event: ClusterEvent | EventsLost, isSeeded: boolean): string {
  if (!isSeeded || (event.type !== 'ring:changed' && event.type !== 'rebalance:planned'))
    return jsonLine(event)
  const { payload } = event
  const transfers = payload.transfers.map(withoutArcs)
  return jsonLine({ ...event, payload: { ...withoutArcs(payload), transfers } })
}

function withoutArcs(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !ARCS.has(name)))
}
