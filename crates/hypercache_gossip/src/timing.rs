//! The timers of the protocol.

use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use hypercache_transport::{DATAGRAM_BYTES_MAX, ENVELOPE_BYTES_MAX};

use crate::message::DatagramHead;

/// How fast things go. All but the counts are times.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Between two probes of one member.
    pub probe_interval: Duration,
    /// For the direct answer to a probe; then others are asked to try.
    pub probe_timeout: Duration,
    /// How many others.
    pub indirect_probe_count: usize,
    /// Between two rounds of gossip.
    pub gossip_interval: Duration,
    /// To how many members each.
    pub gossip_fanout: usize,
    /// Times ceil(log10(members + 1)): how often each member passes on one piece of news.
    pub retransmit_multiplier: usize,
    /// Times max(1, log10(members)), times the probe interval: how long a suspicion lasts.
    pub suspicion_multiplier: f64,
    /// However many members there are, a suspicion lasts no longer.
    pub suspicion_max: Duration,
    /// Between two exchanges of all that is known.
    pub sync_interval: Duration,
    /// For one exchange.
    pub sync_timeout: Duration,
    /// The longest wait before a seed is asked again.
    pub seed_retry_max: Duration,
    /// For telling the others of a leave.
    pub leave_timeout: Duration,
    /// How long a dead member is remembered.
    pub reap_after: Duration,
}

impl Timing {
    /// How long a suspicion lasts among so many members.
    pub fn suspicion(&self, member_count: usize) -> Duration {
        let scale = (member_count.max(1) as f64).log10().max(1.0);
        self.probe_interval.mul_f64(self.suspicion_multiplier * scale).min(self.suspicion_max)
    }

    /// How often a member of so many passes on one piece of news.
    pub fn transmissions(&self, member_count: usize) -> u8 {
        let scale = ((member_count + 1) as f64).log10().ceil().max(1.0) as usize;
        u8::try_from(self.retransmit_multiplier.saturating_mul(scale)).unwrap_or(u8::MAX).max(1)
    }

    /// The same for foca.
    pub(crate) fn for_foca(&self, member_count: usize) -> foca::Config {
        let some = |count: usize| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        foca::Config {
            probe_period: self.probe_interval,
            probe_rtt: self.probe_timeout,
            num_indirect_probes: some(self.indirect_probe_count),
            max_transmissions: NonZeroU8::new(self.transmissions(member_count)).unwrap_or(NonZeroU8::MIN),
            suspect_to_down_after: self.suspicion(member_count),
            remove_down_after: Some(self.reap_after),
            max_packet_size: some(DATAGRAM_BYTES_MAX - ENVELOPE_BYTES_MAX - DatagramHead::BYTES),
            notify_down_members: true,
            // Exchanges over streams do what these would do, and more.
            periodic_announce: None,
            periodic_announce_to_down_members: None,
            periodic_gossip: Some(foca::PeriodicParams {
                frequency: self.gossip_interval,
                num_members: some(self.gossip_fanout),
            }),
        }
    }
}

impl Default for Timing {
    /// Those of one data center.
    fn default() -> Self {
        Self {
            probe_interval: Duration::from_secs(1),
            probe_timeout: Duration::from_millis(500),
            indirect_probe_count: 3,
            gossip_interval: Duration::from_millis(200),
            gossip_fanout: 3,
            retransmit_multiplier: 4,
            suspicion_multiplier: 4.0,
            suspicion_max: Duration::from_secs(30),
            sync_interval: Duration::from_secs(5),
            sync_timeout: Duration::from_secs(5),
            seed_retry_max: Duration::from_secs(30),
            leave_timeout: Duration::from_secs(5),
            reap_after: Duration::from_secs(86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspicion_lasts_longer_among_more_members_and_never_longer_than_allowed() {
        let timing = Timing::default();
        assert_eq!(timing.suspicion(1), Duration::from_secs(4));
        assert_eq!(timing.suspicion(10), Duration::from_secs(4));
        assert_eq!(timing.suspicion(1_000), Duration::from_secs(12));
        let short = Timing { suspicion_max: Duration::from_secs(2), ..timing };
        assert_eq!(short.suspicion(1_000), Duration::from_secs(2));
    }

    #[test]
    fn news_is_passed_on_more_often_among_more_members() {
        let timing = Timing::default();
        assert_eq!([1, 9, 10, 99, 100].map(|count| timing.transmissions(count)), [4, 4, 8, 8, 12]);
        let many = Timing { retransmit_multiplier: 1_000, ..timing };
        assert_eq!(many.transmissions(10), u8::MAX);
    }
}
