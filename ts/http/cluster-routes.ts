/** What people and programs ask of the cluster: members, ring, routes, plans, events. */

import { Readable } from 'node:stream'

import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { EventType } from '../events/event-map.js'
import type { RoutingProvider } from '../routing/routing-provider.js'
import type { EventsAnswer, MembersAnswer, RouteAnswer } from './api.js'
import { type Answer, type Route, json, jsonText } from './answer.js'
import { eventJson } from './event-json.js'
import { badRequest, tooLarge } from './http-refusal.js'
import { planAnswer } from './plan-answer.js'
import { KEY_BYTES_MAX, LIMIT_MAX, Query } from './query.js'
import type { RingView } from './ring-view.js'

const REPLICAS_MAX = 65_535
/** How long the parts of a long answer are, at the least. */
const PART_LENGTH = 65_536

/** The paths below `/cluster`. */
export function clusterRoutes(coordinator: CoordinatorService, view: RingView): Route[] {
  return [
    {
      method: 'GET',
      path: '/cluster/members',
      handle: ({ raw }) => {
        new Query(raw.url!, [])
        return json(membersAnswer(coordinator))
      },
    },
    {
      method: 'GET',
      path: '/cluster/ring',
      handle: ({ raw }) => {
        new Query(raw.url!, [])
        return jsonText(view.text())
      },
    },
    {
      method: 'GET',
      path: '/cluster/route',
      handle: ({ raw }) => json(routeAnswer(coordinator, new Query(raw.url!, ['key', 'replicas']))),
    },
    {
      method: 'POST',
      path: '/cluster/plan',
      handle: ({ raw, body }) => {
        new Query(raw.url!, [])
        return json(planAnswer(coordinator, view, body))
      },
    },
    {
      method: 'GET',
      path: '/cluster/events',
      handle: ({ raw }) =>
        eventsAnswer(coordinator, new Query(raw.url!, ['after', 'limit', 'type'], ['type'])),
    },
  ]
}

/**
 * The types of events that a query names; absent where it names none. @throws ERR_HYPERCACHE_UNKNOWN_EVENT.
 */
export function wantedTypes(query: Query): EventType[] | undefined {
  const types = query.texts('type')
  return types.length === 0 ? undefined : ([...new Set(types)] as EventType[])
}

function membersAnswer(coordinator: CoordinatorService): MembersAnswer {
  const { config, localNodeId, membership } = coordinator
  const { ringAgreement, network } = coordinator.metrics()
  return {
    localNodeId,
    clusterName: config.cluster.clusterName,
    version: membership.metrics().version,
    members: membership.members(),
    ...(ringAgreement === undefined ? {} : { ringAgreement }),
    ...(network === undefined ? {} : { network }),
  }
}

function routeAnswer({ localNodeId, routing }: CoordinatorService, query: Query): RouteAnswer {
  const key = query.text('key')
  if (key === undefined) throw badRequest('the query lacks the parameter key')
  const keyBytes = Buffer.byteLength(key)
  if (keyBytes > KEY_BYTES_MAX)
    throw tooLarge(414, `the key has ${keyBytes} bytes; it must have at most ${KEY_BYTES_MAX}`)
  const count = query.count('replicas', 1, REPLICAS_MAX)
  const { token, owner, home, replicas } = routing.ring.explain(key, count)
  return {
    key,
    owner,
    home,
    replicas: replicas.map(({ id }) => id),
    ...selectedOf(routing, key),
    isLocal: owner === localNodeId,
    isReplica: routing.isReplica(key),
    ...(routing.isSeeded ? {} : { token: token.toString() }),
  }
}

/** Who is to be asked; nothing where the user's own selection fails, which is no failure of the route. */
function selectedOf(routing: RoutingProvider, key: string): { selected?: string } {
  try {
    return { selected: routing.selectReplica(key) }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_HYPERCACHE_SELECTION_FAILED') throw error
    return {}
  }
}

function eventsAnswer({ events, routing }: CoordinatorService, query: Query): Answer {
  const after = query.count('after', 0, Number.MAX_SAFE_INTEGER)
  const limit = query.count('limit', 1, LIMIT_MAX)
  const found = events.log({ types: wantedTypes(query), after, limit })
  const lastSequence = events.log({ limit: 1 })[0]?.sequence ?? 0
  return jsonText(Readable.from(eventsText({ lastSequence, events: found }, routing.isSeeded)))
}

/** The JSON of the events, in parts: a long log makes more of it than one text can hold. */
function* eventsText({ lastSequence, events }: EventsAnswer, isSeeded: boolean): Generator<string> {
  let part = `{"lastSequence":${lastSequence},"events":[`
  for (const [index, event] of events.entries()) {
    part += `${index === 0 ? '' : ','}${eventJson(event, isSeeded)}`
    if (part.length < PART_LENGTH) continue
    yield part
    part = ''
  }
  yield `${part}]}`
}
