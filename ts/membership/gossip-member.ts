/** A member as native code tells of it, and as everybody else sees it. */

import type { Member } from '../cluster-types.js'
import type { NativeGossipEvent } from '../native.js'

/** A change that native code tells of. */
export type NativeChange = NonNullable<NativeGossipEvent['changes']>[number]

/** What native code does not know of a member. */
interface Seen {
  /** How it was seen before. */
  previous: Member | undefined
  /** When it was seen now. */
  nowMs: number
  isLocal: boolean
}

/** The member of a change. */
export function memberOf({ id, status, record }: NativeChange, { previous, nowMs, isLocal }: Seen): Member {
  const { address, port, ports, weight, zone, capabilities, metadata, load } = record
  return {
    id,
    address,
    port,
    status,
    statusSinceMs: previous?.status === status ? previous.statusSinceMs : nowMs,
    weight,
    ...(zone === undefined ? {} : { zone }),
    capabilities: Object.freeze(capabilities),
    metadata: Object.freeze(metadata),
    ports: Object.freeze(ports),
    startedAtMs: record.startedAtMs!,
    incarnation: record.incarnation!,
    ...(load === undefined ? {} : { load }),
    isLocal,
  }
}
