/** A member as native code tells of it, and as everybody else sees it. */

import type { Member } from '../../cluster-types.js'
import type { NativeMemberChange } from '../../native.js'

/** What native code does not know of a member. */
interface Seen {
  /** How it was seen before. */
  previous: Member | undefined
  /** When it was seen now. */
  nowMs: number
  isLocal: boolean
}

/** The member of a change. */
export function memberOf(change: NativeMemberChange, { previous, nowMs, isLocal }: Seen): Member {
  const { id, status, record } = change
  const { address, port, ports, weight, zone, capabilities, metadata, load, doubt } = record
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
    ...(doubt === undefined ? {} : { doubt }),
    isLocal,
  }
}
