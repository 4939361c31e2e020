/** Counters of the traffic of gossip, as every membership tells them. */

import type { NativeGossipCounts } from '../../native.js'
import type { NetworkMetrics } from '../distributed-membership.js'

/** The counters that native code keeps, over all the lives of a membership. */
export function networkMetricsOf({ dropped, ...counts }: NativeGossipCounts): NetworkMetrics {
  return {
    probesSentCount: counts.probesSent,
    probesFailedCount: counts.probesFailed,
    suspicionsStartedCount: counts.suspicionsStarted,
    suspicionsRefutedCount: counts.suspicionsRefuted,
    datagramsReceivedCount: counts.datagramsReceived,
    datagramsSentCount: counts.datagramsSent,
    bytesReceivedCount: counts.bytesReceived,
    bytesSentCount: counts.bytesSent,
    syncsCompletedCount: counts.syncsCompleted,
    syncsFailedCount: counts.syncsFailed,
    broadcastsSentCount: counts.broadcastsSent,
    broadcastsReceivedCount: counts.broadcastsReceived,
    droppedByReason: dropped,
  }
}
