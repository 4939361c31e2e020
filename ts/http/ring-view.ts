/** The ring as it is answered: worked out once for each version of it, however often it is asked for. */

import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { ClusterEvent } from '../events/event-map.js'
import { jsonLine } from '../json.js'
import { largestTransfers } from '../ring/transfers.js'
import type { NodeOwnership, RingNode, StopWatching, Transfer } from '../types.js'
import type { ChangeView, RingAnswer, RingNodeView, TransferView } from './api.js'
import { type Owners, sampledOwners, slicesOf } from './drawing.js'

/** The most transfers that an answer lists. */
export const TRANSFERS_MAX = 256

const TOKEN_COUNT = 2 ** 64

interface Version {
  epoch: number
  checksum: string
  owners: Owners | undefined
  answer: RingAnswer
  /** The answer as text, with the last change of that number. */
  text: string
  changeSequence: number | undefined
}

/** The largest transfers, without the number of their tokens. */
export function transferViews(transfers: readonly Readonly<Transfer>[]): TransferView[] {
  return largestTransfers(transfers, TRANSFERS_MAX).map(({ from, to, share }) => ({ from, to, share }))
}

/** Looks at the ring of a coordinator. */
export class RingView {
  readonly #coordinator: CoordinatorService
  readonly #stop: StopWatching | undefined
  #version: Version | undefined
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
    const version = this.#current()
    const change = this.#lastChange
    if (version.text === '' || version.changeSequence !== change?.sequence) {
      const lastChange = change === undefined ? {} : { lastChange: changeView(change) }
      version.text = jsonLine({ ...version.answer, ...lastChange })
      version.changeSequence = change?.sequence
    }
    return version.text
  }

  /**
   * Owners around the ring of this version; `undefined` where it is another one by now, and where nothing may
   * or can be drawn.
   */
  owners(checksum: string): Owners | undefined {
    const version = this.#current()
    return version.checksum === checksum ? version.owners : undefined
  }

  #current(): Version {
    const { epoch, checksum } = this.#coordinator.routing.ring
    const known = this.#version
    if (known !== undefined && known.epoch === epoch && known.checksum === checksum) return known
    return (this.#version = this.#look(epoch, checksum))
  }

  #look(epoch: number, checksum: string): Version {
    const { config, localNodeId, routing } = this.#coordinator
    const { hashSeed, hashFunction, virtualNodeCount, replicationFactor, routableStatuses } =
      config.cluster.hashRing
    const { ring, isSeeded } = routing
    const ownership = new Map(ring.ownership().map((owned) => [owned.id, owned]))
    const nodes = ring.nodes().map((node) => nodeView(node, ownership.get(node.id), localNodeId))
    const owners = isSeeded ? undefined : sampledOwners(ring, routableStatuses)
    const answer: RingAnswer = {
      epoch,
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
    return { epoch, checksum, owners, answer, text: '', changeSequence: undefined }
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
  const { epoch, movedShare, transfers, transferCount } = payload
  return { epoch, timestampMs, movedShare, transfers: transferViews(transfers), transferCount }
}
