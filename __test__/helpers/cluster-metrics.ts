/** Metrics of a node that no node has: every number is another one, so that it is known where it turns up. */

import type {
  ClusterMetrics,
  MembershipMetrics,
  NetworkMetrics,
  RingAgreementMetrics,
} from '../../dist/index.js'

const STATUSES = ['alive', 'suspected', 'dead', 'leaving', 'updating'] as const
const EVENT_TYPES = [
  'member:joined',
  'member:left',
  'member:failed',
  'member:suspected',
  'member:recovered',
  'member:updated',
  'member:reaped',
  'ring:changed',
  'ring:diverged',
  'ring:agreed',
  'rebalance:planned',
  'coordinator:started',
  'coordinator:stopping',
  'coordinator:stopped',
  'health:changed',
  'broadcast',
  'custom',
] as const

/** Made-up metrics: the numbers are odd ones from `from` on, none twice. */
export function madeUpMetrics(from = 1_000_001): ClusterMetrics {
  let last = from - 2
  const next = () => (last += 2)
  const each = <K extends string>(names: readonly K[]) =>
    Object.fromEntries(names.map((name) => [name, next()])) as Record<K, number>
  return {
    nodeId: 'node1',
    clusterName: 'shop',
    state: 'ready',
    uptimeMs: next(),
    heartbeatCount: next(),
    lastHeartbeatAtMs: next(),
    health: {
      isReady: true,
      reasons: [],
      checks: [{ name: 'disk', isPassing: true, durationMs: next(), checkedAtMs: next() }],
    },
    ring: {
      nodeCount: 3,
      nodesByStatus: each(STATUSES),
      pointCount: next(),
      version: next(),
      rebuildCount: next(),
      rebuildTimeMs: next(),
      lookupCount: next(),
      replicaLookupCount: next(),
      batchKeyCount: next(),
      cache: {
        hitCount: next(),
        missCount: next(),
        hitRate: 0.5,
        evictionCount: next(),
        keyCount: next(),
        memoryBytes: next(),
      },
      snapshotBytes: next(),
      inFlightCount: next(),
      loadFactor: next(),
    },
    membership: membership(next, each(STATUSES)),
    events: {
      publishedCount: next(),
      publishedByType: each(EVENT_TYPES),
      deliveredCount: next(),
      droppedCount: next(),
      failedCount: next(),
      subscriberCount: next(),
      queuedCount: next(),
      lastEventAtMs: next(),
      log: { eventCount: next(), fileBytes: next(), writeFailureCount: next() },
    },
    network: network(next),
    ringAgreement: agreement(next),
  }
}

function membership(
  next: () => number,
  membersByStatus: MembershipMetrics['membersByStatus'],
): MembershipMetrics {
  return {
    isJoined: true,
    memberCount: next(),
    membersByStatus,
    version: next(),
    joinedCount: next(),
    leftCount: next(),
    failedCount: next(),
    suspectedCount: next(),
    recoveredCount: next(),
    updatedCount: next(),
    reapedCount: next(),
    subscriberCount: next(),
    lastChangeAtMs: next(),
  }
}

function agreement(next: () => number): RingAgreementMetrics {
  return {
    isDiverged: true,
    agreeingCount: next(),
    differingCount: next(),
    divergedCount: next(),
    others: [],
  }
}

function network(next: () => number): NetworkMetrics {
  return {
    probesSentCount: next(),
    probesFailedCount: next(),
    suspicionsStartedCount: next(),
    suspicionsRefutedCount: next(),
    datagramsReceivedCount: next(),
    datagramsSentCount: next(),
    bytesReceivedCount: next(),
    bytesSentCount: next(),
    droppedByReason: { garbage: next(), 'other cluster': next() },
    syncsCompletedCount: next(),
    syncsFailedCount: next(),
    broadcastsSentCount: next(),
    broadcastsReceivedCount: next(),
    convergenceMs: next(),
  }
}
