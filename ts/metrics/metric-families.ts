/** Which metrics of a node are exported. */

import type { CoordinatorState } from '../cluster-types.js'
import { type MetricFamily, byName, counter, flag, gauge, moment, seconds } from './metric-family.js'
import { networkFamilies } from './network-families.js'

const STATES: readonly CoordinatorState[] = ['idle', 'starting', 'ready', 'draining', 'stopped', 'evicted']

const node: readonly MetricFamily[] = [
  gauge(
    'hypercache_node_info',
    'Always 1: the names of this node and of its cluster',
    ({ nodeId, clusterName }) => [[{ node: nodeId, cluster: clusterName }, 1]],
    'node',
    'cluster',
  ),
  gauge(
    'hypercache_coordinator_state',
    'Where the coordinator is in its life: 1 for the state it is in, 0 for the others',
    ({ state }) => STATES.map((name) => [{ state: name }, flag(name === state)]),
    'state',
  ),
  gauge(
    'hypercache_uptime_seconds',
    'How long the coordinator has been ready or draining; 0 in other states',
    ({ uptimeMs }) => seconds(uptimeMs),
  ),
  counter(
    'hypercache_heartbeats_total',
    'Heartbeats of the coordinator',
    ({ heartbeatCount }) => heartbeatCount,
  ),
  gauge(
    'hypercache_last_heartbeat_timestamp_seconds',
    'When the last heartbeat was, since 1970; absent before the first',
    ({ lastHeartbeatAtMs }) => moment(lastHeartbeatAtMs),
  ),
  gauge(
    'hypercache_ready',
    'Whether the node may get traffic, as of the last run of its health checks: 1, or 0',
    // The report may be older than the state.
    ({ state, health }) => flag(state === 'ready' && health.isReady),
  ),
  gauge(
    'hypercache_health_check_passing',
    'Whether a health check passed when it was run last: 1, or 0',
    ({ health }) => health.checks.map(({ name, isPassing }) => [{ check: name }, flag(isPassing)]),
    'check',
  ),
  gauge(
    'hypercache_health_check_duration_seconds',
    'How long a health check took when it was run last',
    ({ health }) => health.checks.map(({ name, durationMs }) => [{ check: name }, seconds(durationMs)]),
    'check',
  ),
]

const ring: readonly MetricFamily[] = [
  gauge(
    'hypercache_ring_nodes',
    'Nodes on the ring, by status',
    (metrics) => byName('status', metrics.ring.nodesByStatus),
    'status',
  ),
  gauge(
    'hypercache_ring_node_share_ratio',
    'Part of all keys that a node owns, 0 to 1; absent on rings of more than 256 nodes',
    (_, ownership) => ownership.map(({ id, share }) => [{ node: id }, share]),
    'node',
  ),
  gauge(
    'hypercache_ring_node_fair_share_ratio',
    'Part of all keys that the weight of a node asks for; absent on rings of more than 256 nodes',
    (_, ownership) => ownership.map(({ id, fairShare }) => [{ node: id }, fairShare]),
    'node',
  ),
  gauge(
    'hypercache_ring_points',
    'Points on the ring, of nodes of every status',
    (metrics) => metrics.ring.pointCount,
  ),
  gauge('hypercache_ring_version', 'Version of the ring', (metrics) => metrics.ring.version),
  gauge(
    'hypercache_ring_load_factor',
    'Largest share of all keys times the number of nodes: 1 where all have equal shares',
    (metrics) => metrics.ring.loadFactor,
  ),
  gauge(
    'hypercache_ring_memory_bytes',
    'Memory that the current version of the ring holds outside of the heap of JavaScript',
    (metrics) => metrics.ring.snapshotBytes,
  ),
  gauge(
    'hypercache_ring_requests_in_flight',
    'Requests acquired and not released, to all nodes',
    (metrics) => metrics.ring.inFlightCount,
  ),
  counter('hypercache_ring_rebuilds_total', 'Changes of placement', (metrics) => metrics.ring.rebuildCount),
  counter('hypercache_ring_rebuild_seconds_total', 'Time that changes of placement took', (metrics) =>
    seconds(metrics.ring.rebuildTimeMs),
  ),
  counter(
    'hypercache_lookups_total',
    'Keys looked up: for their owner, for their replicas, or in a batch',
    (metrics) =>
      byName('kind', {
        owner: metrics.ring.lookupCount,
        replicas: metrics.ring.replicaLookupCount,
        batch: metrics.ring.batchKeyCount,
      }),
    'kind',
  ),
]

const cache: readonly MetricFamily[] = [
  counter(
    'hypercache_lookup_cache_hits_total',
    'Keys whose token was remembered',
    (metrics) => metrics.ring.cache.hitCount,
  ),
  counter(
    'hypercache_lookup_cache_misses_total',
    'Keys whose token had to be computed',
    (metrics) => metrics.ring.cache.missCount,
  ),
  counter(
    'hypercache_lookup_cache_evictions_total',
    'Keys that made room for others',
    (metrics) => metrics.ring.cache.evictionCount,
  ),
  gauge(
    'hypercache_lookup_cache_keys',
    'Keys that the lookup caches remember',
    (metrics) => metrics.ring.cache.keyCount,
  ),
  gauge(
    'hypercache_lookup_cache_bytes',
    'Memory that the lookup caches hold',
    (metrics) => metrics.ring.cache.memoryBytes,
  ),
]

const membership: readonly MetricFamily[] = [
  gauge('hypercache_membership_joined', 'Whether this node takes part: 1, or 0', (metrics) =>
    flag(metrics.membership.isJoined),
  ),
  gauge(
    'hypercache_members',
    'Members that this node knows of, by status',
    (metrics) => byName('status', metrics.membership.membersByStatus),
    'status',
  ),
  gauge(
    'hypercache_membership_version',
    'Version of the view of members',
    (metrics) => metrics.membership.version,
  ),
  counter(
    'hypercache_membership_changes_total',
    'Changes of members, by what happened',
    ({ membership: { joinedCount, leftCount, failedCount, suspectedCount, ...others } }) =>
      byName('type', {
        joined: joinedCount,
        left: leftCount,
        failed: failedCount,
        suspected: suspectedCount,
        recovered: others.recoveredCount,
        updated: others.updatedCount,
        reaped: others.reapedCount,
      }),
    'type',
  ),
  gauge(
    'hypercache_membership_last_change_timestamp_seconds',
    'When the view of members changed last, since 1970; absent before the first change',
    (metrics) => moment(metrics.membership.lastChangeAtMs),
  ),
  gauge(
    'hypercache_membership_subscribers',
    'Subscribers to changes of members',
    (metrics) => metrics.membership.subscriberCount,
  ),
]

const events: readonly MetricFamily[] = [
  counter(
    'hypercache_events_published_total',
    'Events published, by type',
    (metrics) => byName('type', metrics.events.publishedByType),
    'type',
  ),
  counter(
    'hypercache_events_delivered_total',
    'Events given to subscribers, one for each subscriber',
    (metrics) => metrics.events.deliveredCount,
  ),
  counter(
    'hypercache_events_dropped_total',
    'Events lost to subscribers that were too slow, one for each subscriber',
    (metrics) => metrics.events.droppedCount,
  ),
  counter(
    'hypercache_events_failed_total',
    'Calls of event listeners that threw or rejected',
    (metrics) => metrics.events.failedCount,
  ),
  gauge(
    'hypercache_last_event_timestamp_seconds',
    'When the last event was published, since 1970; absent before the first',
    (metrics) => moment(metrics.events.lastEventAtMs),
  ),
  gauge('hypercache_event_subscribers', 'Subscribers to events', (metrics) => metrics.events.subscriberCount),
  gauge(
    'hypercache_events_queued',
    'Events that wait for slow subscribers',
    (metrics) => metrics.events.queuedCount,
  ),
  gauge(
    'hypercache_event_log_events',
    'Events that the log keeps in memory',
    (metrics) => metrics.events.log.eventCount,
  ),
  gauge(
    'hypercache_event_log_file_bytes',
    'Size of the file of events; 0 without one',
    (metrics) => metrics.events.log.fileBytes,
  ),
  counter(
    'hypercache_event_log_write_failures_total',
    'Events that could not be written to the file of events',
    (metrics) => metrics.events.log.writeFailureCount,
  ),
]

/** Every family that is read from {@link ClusterMetrics}. */
export const METRIC_FAMILIES: readonly MetricFamily[] = [
  ...node,
  ...ring,
  ...cache,
  ...membership,
  ...networkFamilies,
  ...events,
]
