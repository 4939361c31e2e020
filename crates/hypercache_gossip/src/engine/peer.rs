//! What is known of another member besides what foca knows.

use std::time::Duration;

/// How a member is, as the application sees it.
pub use hypercache_core::NodeStatus as Status;

use crate::message::RingMark;
use crate::record::{Record, Version};

/// What the application was told of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub status: Status,
    pub version: Version,
}

/// Another member.
#[derive(Debug, Default)]
pub struct Peer {
    pub record: Option<Record>,
    /// When its process joined that has told which format it understands, and the newest one. The next
    /// process may be of an older release.
    pub speaks: Option<(u64, u8)>,
    pub ring: Option<RingMark>,
    pub shown: Option<Shown>,
    /// When the process joined that has said it leaves.
    pub left_life: Option<u64>,
    /// Not to be asked anything out of turn before then.
    pub rests_until: Duration,
}

impl Peer {
    /// The version of its record; the default one where there is none.
    pub fn version(&self) -> Version {
        self.record.as_ref().map(|record| record.version).unwrap_or_default()
    }

    /// Whether a process of it has said that it leaves.
    pub fn has_left(&self, started_at_ms: u64) -> bool {
        self.left_life == Some(started_at_ms)
    }
}
