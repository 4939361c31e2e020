/** The metrics of the traffic with other processes. Those of a node alone have no values. */

import { type MetricFamily, type Sample, counter, flag, gauge, seconds } from './metric-family.js'

/** A sample for each value that there is. */
function known(label: string, values: Readonly<Record<string, number | undefined>>): Sample[] {
  return Object.entries(values).flatMap(([name, value]): Sample[] =>
    value === undefined ? [] : [[{ [label]: name }, value]],
  )
}

/** Every family about other processes. */
export const networkFamilies: readonly MetricFamily[] = [
  gauge(
    'hypercache_ring_diverged',
    'Whether live members have had another ring than this node for too long: 1, or 0',
    ({ ringAgreement }) => ringAgreement && flag(ringAgreement.isDiverged),
  ),
  gauge(
    'hypercache_ring_agreeing_members',
    'Live members that have the same ring as this node now, this node included',
    ({ ringAgreement }) => ringAgreement?.agreeingCount,
  ),
  gauge(
    'hypercache_ring_differing_members',
    'Live members that have another ring than this node now, for however short a time',
    ({ ringAgreement }) => ringAgreement?.differingCount,
  ),
  counter(
    'hypercache_ring_divergences_total',
    'How often rings have differed for too long',
    ({ ringAgreement }) => ringAgreement?.divergedCount,
  ),
  gauge(
    'hypercache_gossip_convergence_seconds',
    'How long the last change of the ring took until all live members had it; absent before the first',
    ({ network }) => (network?.convergenceMs === undefined ? undefined : seconds(network.convergenceMs)),
  ),
  counter(
    'hypercache_gossip_probes_sent_total',
    'Probes of other members',
    ({ network }) => network?.probesSentCount,
  ),
  counter(
    'hypercache_gossip_probes_failed_total',
    'Probes that were not answered in time',
    ({ network }) => network?.probesFailedCount,
  ),
  counter(
    'hypercache_gossip_suspicions_started_total',
    'Suspicions that began here, whoever raised them',
    ({ network }) => network?.suspicionsStartedCount,
  ),
  counter(
    'hypercache_gossip_suspicions_refuted_total',
    'Suspicions that were taken back',
    ({ network }) => network?.suspicionsRefutedCount,
  ),
  counter(
    'hypercache_gossip_datagrams_total',
    'Datagrams received and sent',
    ({ network: { datagramsReceivedCount, datagramsSentCount } = {} }) =>
      known('direction', { received: datagramsReceivedCount, sent: datagramsSentCount }),
    'direction',
  ),
  counter(
    'hypercache_gossip_bytes_total',
    'Bytes received and sent',
    ({ network: { bytesReceivedCount, bytesSentCount } = {} }) =>
      known('direction', { received: bytesReceivedCount, sent: bytesSentCount }),
    'direction',
  ),
  counter(
    'hypercache_gossip_dropped_total',
    'Datagrams and stream frames that were not heeded, by the reason',
    ({ network }) => known('reason', network?.droppedByReason ?? {}),
    'reason',
  ),
  counter(
    'hypercache_gossip_syncs_total',
    'Exchanges of whole states, by how they ended',
    ({ network: { syncsCompletedCount, syncsFailedCount } = {} }) =>
      known('result', { completed: syncsCompletedCount, failed: syncsFailedCount }),
    'result',
  ),
  counter(
    'hypercache_gossip_broadcasts_total',
    'Broadcasts of other members received, and of this one sent',
    ({ network: { broadcastsReceivedCount, broadcastsSentCount } = {} }) =>
      known('direction', { received: broadcastsReceivedCount, sent: broadcastsSentCount }),
    'direction',
  ),
]
