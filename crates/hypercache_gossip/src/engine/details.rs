//! What is known of another member besides what foca knows.

use std::time::Duration;

use super::change::Status;
use crate::identity::Generation;
use crate::message::RingMark;
use crate::record::{Record, Version};

/// What the application was told of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    pub status: Status,
    pub version: Version,
}

/// Another member.
#[derive(Debug, Default)]
pub struct MemberDetails {
    pub record: Option<Record>,
    /// When its process joined that has told which format it understands, and the newest one. The next
    /// process may be of an older release.
    pub protocol_version: Option<(u64, u8)>,
    pub ring: Option<RingMark>,
    pub published: Option<Published>,
    /// When the process joined that has said it leaves.
    pub left_at_ms: Option<u64>,
    /// Whether no datagram has answered this member's last probe of it.
    pub is_silent: bool,
    /// Not to be asked anything out of turn before then.
    pub quiet_until: Duration,
}

impl MemberDetails {
    /// The version of its record; the default one where there is none.
    pub fn version(&self) -> Version {
        self.record.as_ref().map(|record| record.version).unwrap_or_default()
    }

    /// The ring that it is known to have, unless that was said by a later generation than this one: of a node
    /// whose clock has gone back.
    pub fn ring_of(&self, generation: Generation) -> Option<RingMark> {
        self.ring.filter(|ring| ring.started_at_ms <= generation.started_at_ms)
    }

    /// Whether a process of it has said that it leaves.
    pub fn has_left(&self, started_at_ms: u64) -> bool {
        self.left_at_ms == Some(started_at_ms)
    }
}
