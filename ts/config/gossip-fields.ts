/** The fields of the block `cluster.gossip`: the one place where a timer of gossip is named. */

import { type Field, block, field, numberAbove, seconds, wholeNumber } from './field.js'
import { camelOf } from './names.js'

/** A dead member may be remembered for this long, in seconds: 90 days. */
const REAP_SECONDS_MAX = 7_776_000

/** A time in seconds, of one hundredth at least. */
const SHORT = seconds(0.01)

/**
 * The timers of the protocol, and its counts. Each of them is a field of the configuration and, by
 * `nativeTimer`, one of `NativeTiming`.
 */
export const GOSSIP_TIMERS: Readonly<Record<string, Field>> = {
  probe_interval_seconds: field(SHORT, {
    byPreset: { local: 0.5, lan: 1, wan: 5 },
    description:
      'Time between two probes that this node sends, each to one other member, in seconds. A failed ' +
      'member is probed by somebody after one such interval in the mean. Shorter notices a failure ' +
      'sooner; each node sends and answers 1 ÷ this many probes a second, whatever the size of the ' +
      'cluster.',
  }),
  probe_timeout_seconds: field(SHORT, {
    byPreset: { local: 0.2, lan: 0.5, wan: 3 },
    description:
      'Time that a probed member has to answer before others are asked to probe it too, in seconds, ' +
      'less than probe_interval_seconds: the rest of the interval is what those have. Above the round ' +
      'trip of nearly all datagrams; less asks for help without need, more leaves less time for it.',
  }),
  indirect_probe_count: field(wholeNumber(1, 64), {
    default: 3,
    description:
      'Members that are asked to probe the one that did not answer. More find a way around a bad link ' +
      'more often, and cost 4 datagrams each.',
  }),
  suspicion_multiplier: field(numberAbove(1, 100, '', true), {
    byPreset: { local: 4, lan: 4, wan: 6 },
    description:
      'How long a member that has not answered is suspected before it is dead: suspicion_multiplier × ' +
      'max(1, log10(members)) × probe_interval_seconds, at most failure_detection_timeout_seconds. More ' +
      'forgives a longer pause; less moves keys away from a failed node sooner.',
  }),
  gossip_interval_seconds: field(SHORT, {
    byPreset: { local: 0.1, lan: 0.2, wan: 0.5 },
    description:
      'Time between two datagrams of news to gossip_fanout members, in seconds. All of them know after ' +
      'about gossip_interval_seconds × log(members) ÷ log(1 + gossip_fanout). Shorter spreads news, and ' +
      'the word of a suspected node that it is well, faster, for more datagrams.',
  }),
  gossip_fanout: field(wholeNumber(1, 64), {
    byPreset: { local: 3, lan: 3, wan: 4 },
    description:
      'Members that get the news each time. More spread it faster, and lose it more seldom, for as many ' +
      'times the datagrams.',
  }),
  retransmit_multiplier: field(wholeNumber(1, 20), {
    default: 4,
    description:
      'How often a node tells each piece of news: retransmit_multiplier × ⌈log10(members + 1)⌉ ' +
      'times. More reaches everybody in spite of more loss, for as many times the bytes.',
  }),
  sync_interval_seconds: field(SHORT, {
    byPreset: { local: 2, lan: 5, wan: 15 },
    description:
      'Time between two exchanges of all that is known with another member, over TCP, in seconds. They ' +
      'repair what gossip has lost. Shorter repairs sooner; an exchange costs bytes by the number of ' +
      'members, and by their metadata where it changed.',
  }),
  sync_timeout_seconds: field(SHORT, {
    byPreset: { local: 2, lan: 5, wan: 10 },
    description:
      'Time that such an exchange may take, to connect included, in seconds. It fails then, and another ' +
      'one follows. Longer forgives a slow network; shorter finds a peer that hangs sooner.',
  }),
  seed_retry_max_seconds: field(SHORT, {
    byPreset: { local: 5, lan: 30, wan: 60 },
    description:
      'Longest wait between two tries to reach the seeds while none has answered, in seconds. Waits ' +
      'grow up to it, and the tries never end. Shorter joins sooner after the seeds have come up; longer ' +
      'costs them less.',
  }),
  leave_timeout_seconds: field(SHORT, {
    byPreset: { local: 2, lan: 5, wan: 10 },
    description:
      'Time that a node which leaves takes at most to have the others know, in seconds. It stops then in ' +
      'any case; who did not hear of it takes it for failed.',
  }),
  reap_after_seconds: field(numberAbove(0, REAP_SECONDS_MAX, ' of seconds'), {
    default: 86_400,
    description:
      'Time after which a dead member is forgotten, with its points on the ring, in seconds. Longer than ' +
      'any outage that nodes come back from: until then they are members, shown as dead, and get their ' +
      'keys back as they come.',
  }),
}

/** How members watch each other, and tell each other what they know. */
export const GOSSIP = block(
  'GossipConfig',
  'Timers of membership: gossip. The preset sets them; docs/config.md has the time to notice a failure.',
  {
    ...GOSSIP_TIMERS,
    divergence_seconds: field(SHORT, {
      byPreset: { local: 10, lan: 30, wan: 60 },
      description:
        'Time for which live members may have rings that differ before ring:diverged is published and ' +
        'health tells of it, in seconds. While a change spreads they differ: more than ' +
        'sync_interval_seconds. Shorter tells sooner, longer does so only of what does not pass.',
    }),
  },
)

/** What native code calls a timer, and what a value is multiplied by there: its times are in milliseconds. */
export function nativeTimer(name: string): { name: string; factor: number } {
  const inMs = name.replace(/_seconds$/, '_ms')
  return { name: camelOf(inMs), factor: inMs === name ? 1 : 1000 }
}
