/** The ring as it is answered. Who owns what around it is worked out once for each version. */

import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { ClusterEvent } from '../events/event-map.js'
import { jsonLine } from '../json.js'
import { largestTransfers } from '../ring/transfers.js'
import type { NodeOwnership, RingNode, StopWatching, Transfer } from '../types.js'
import type { ChangeView, RingAnswer, RingNodeView, TransferView } from './api.js'
import { type Owners, sampledOwners, slicesOf } from './drawing.js'

const TOKEN_COUNT = 2 ** 64

/** Owners around the ring, at one version of it. */
interface Drawn {
  version: number
  checksum: string
  owners: Owners | undefined
}

/** The largest transfers, without the number of their tokens. */
export function transferViews(transfers: readonly Readonly<Transfer>[]): TransferView[] {
  return largestTransfers(transfers).map(({ from, to, share }) => ({ from, to, share }))
}

/** Looks at the ring of a coordinator. */
export class RingView {
  readonly #coordinator: CoordinatorService
  readonly #stop: StopWatching | undefined
  #drawn: Drawn | undefined
  #lastChange: ClusterEvent<'ring:changed'> | undefined

  /** Follows the changes of the ring until `close()`: the log forgets them. */
  constructor(coordinator: CoordinatorService) {
    this.#coordinator = coordinator
    const { events } = coordinator
    const keep = (event: ClusterEvent<'ring:changed'>) => void (this.#lastChange = event)
    if (!events.isClosed) this.#stop = events.subscribe('ring:changed', keep)
    this.#lastChange = events.log({ types: 'ring:changed', limit: 1 })[0]
  }

  /** Follows the changes no more. */
  close(): void {
    this.#stop?.close()
  }

  /** `GET /cluster/ring`, as JSON. */
  text(): string {
    const change = this.#lastChange
    return jsonLine({
      ...this.#answer(),
      ...(change === undefined ? {} : { lastChange: changeView(change) }),
    })
  }

  /**
   * Owners around the ring of this version; `undefined` where it is another one by now, and where nothing may
   * or can be drawn.
   */
  owners(checksum: string): Owners | undefined {
    const drawn = this.#current()
    return drawn.checksum === checksum ? drawn.owners : undefined
  }

  /** Sampling looks at every point: done again only where an owner can have changed. */
  #current(): Drawn {
    const { config, routing } = this.#coordinator
    const { version, checksum } = routing.ring
    const known = this.#drawn
    if (known !== undefined && known.version === version && known.checksum === checksum) return known
    const { routableStatuses } = config.cluster.hashRing
    const owners = routing.isSeeded ? undefined : sampledOwners(routing.ring, routableStatuses)
    return (this.#drawn = { version, checksum, owners })
  }

  /** Made anew each time: a status, a zone or a weight may change without the version. */
  #answer(): RingAnswer {
    const { config, localNodeId, membership, routing } = this.#coordinator
    const { hashSeed, hashFunction, virtualNodeCount, replicationFactor } = config.cluster.hashRing
    const { ring, isSeeded } = routing
    const ownership = new Map(ring.ownership().map((owned) => [owned.id, owned]))
    const nodes = ring.nodes().map((node) => {
      const { doubt } = membership.member(node.id) ?? {}
      const view = nodeView(node, ownership.get(node.id), localNodeId)
      return doubt === undefined ? view : { ...view, doubt }
    })
    const { version, checksum, owners } = this.#current()
    return {
      version,
      checksum,
      hashFunction: isSeeded && hashSeed === 0n ? 'custom' : hashFunction,
      virtualNodeCount,
      replicationFactor,
      pointCount: ring.pointCount,
      loadFactor: Math.max(0, ...nodes.map(({ share }) => share)) * nodes.length,
      isSeeded,
      nodes,
      ...(owners === undefined ? {} : { slices: slicesOf(owners, nodes) }),
    }
  }
}

function nodeView(node: RingNode, owned: NodeOwnership | undefined, localNodeId: string): RingNodeView {
  const { id, status, statusSinceMs, weight, zone, pointCount } = node
  return {
    id,
    status,
    statusSinceMs,
    weight,
    ...(zone === undefined ? {} : { zone }),
    pointCount,
    share: owned?.share ?? 0,
    fairShare: owned?.fairShare ?? 0,
    homeShare: owned === undefined ? 0 : Number(owned.homeArc) / TOKEN_COUNT,
    isLocal: id === localNodeId,
  }
}

function changeView({ payload, timestampMs }: ClusterEvent<'ring:changed'>): ChangeView {
  const { version, movedShare, transfers, transferCount } = payload
  return { version, timestampMs, movedShare, transfers: transferViews(transfers), transferCount }
}
