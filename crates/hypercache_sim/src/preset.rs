//! The presets of the configuration: how fast the protocol goes, and on what kind of network.

use std::ops::Range;
use std::time::Duration;

use hypercache_gossip::Timing;

/// A kind of network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    /// One machine.
    Local,
    /// One data center.
    Lan,
    /// Between data centers.
    Wan,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Lan, Self::Wan];

    /// As it is written in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Lan => "lan",
            Self::Wan => "wan",
        }
    }

    /// The timers, as the configuration has them.
    pub fn timing(self) -> Timing {
        let times = |milliseconds: [u64; 3]| Duration::from_millis(milliseconds[self as usize]);
        Timing {
            probe_interval: times([500, 1_000, 5_000]),
            probe_timeout: times([200, 500, 3_000]),
            indirect_probe_count: 3,
            gossip_interval: times([100, 200, 500]),
            gossip_fanout: [3, 3, 4][self as usize],
            retransmit_multiplier: 4,
            suspicion_multiplier: [4.0, 4.0, 6.0][self as usize],
            suspicion_max: times([3_000, 30_000, 60_000]),
            sync_interval: times([2_000, 5_000, 15_000]),
            sync_timeout: times([2_000, 5_000, 10_000]),
            seed_retry_max: times([5_000, 30_000, 60_000]),
            leave_timeout: times([2_000, 5_000, 10_000]),
            reap_after: Duration::from_secs(86_400),
        }
    }

    /// How long a message is under way when nothing is wrong, in microseconds.
    pub fn latency_us(self) -> Range<u64> {
        match self {
            Self::Local => 50..500,
            Self::Lan => 200..2_000,
            Self::Wan => 20_000..90_000,
        }
    }

    /// Within what time a member of so many that crashes is known as dead by all others, where nothing is
    /// lost.
    ///
    /// Whoever probes it first does so within two rounds through all others, sees at the next probe that
    /// there was no answer, and waits for as long as a suspicion lasts; then the others hear of it.
    pub fn detection_max(self, member_count: usize) -> Duration {
        let timing = self.timing();
        let others = u32::try_from(member_count.saturating_sub(1)).unwrap_or(u32::MAX);
        let probes = timing.probe_interval * (2 * others + 1);
        probes + timing.suspicion(member_count) + timing.gossip_interval * 8
    }

    /// Within what time members agree once all faults have ended.
    pub fn healing_max(self, member_count: usize) -> Duration {
        let timing = self.timing();
        let retries = timing.seed_retry_max.mul_f64(1.5);
        retries + timing.sync_interval * 8 + timing.sync_timeout * 2 + self.detection_max(member_count)
    }
}
