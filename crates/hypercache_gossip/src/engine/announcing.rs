//! What this member says of itself: its record, and its ring.

use std::time::Duration;

use super::schedule::Task;
use super::state::{Engine, Phase};
use crate::error::Error;
use crate::message::{RingMark, Rumor};
use crate::record::{RECORD_BYTES_MAX, Record, Version};

impl Engine {
    /// Changes what this member says of itself.
    ///
    /// # Errors
    /// A record of more than [`RECORD_BYTES_MAX`] bytes; then nothing has changed.
    pub fn update(&mut self, now: Duration, change: impl FnOnce(&mut Record)) -> Result<(), Error> {
        self.schedule.advance_to(now);
        let mut record = self.record.clone();
        change(&mut record);
        let size = record.encode().len();
        if size > RECORD_BYTES_MAX {
            return Err(Error::RecordTooLarge(size));
        }
        if record != self.record {
            self.change_record(|own| *own = Record { version: own.version, ..record });
        }
        self.settle();
        Ok(())
    }

    /// Takes note of which ring this member has.
    pub fn announce_ring(&mut self, now: Duration, checksum: u64) {
        self.schedule.advance_to(now);
        if self.ring.is_some_and(|ring| ring.checksum == checksum) {
            return;
        }
        let stamp = self.ring.map_or(1, |ring| ring.stamp + 1);
        self.ring = Some(RingMark { started_at_ms: self.record.version.started_at_ms, stamp, checksum });
        if self.is_ring_spread {
            self.is_ring_spread = false;
            // A ring that is changing changes again at once: one rumor for all of that.
            self.schedule.add(self.options.timing.gossip_interval, Task::SpreadRing);
        }
        self.settle();
    }

    pub(super) fn spread_ring(&mut self) {
        self.is_ring_spread = true;
        if let Some(ring) = self.ring {
            self.spread(&Rumor::Ring { id: self.options.id.clone(), ring });
        }
    }

    pub(super) fn change_record(&mut self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record);
        self.record.version.counter += 1;
        let is_leaving = self.phase == Phase::Leaving;
        self.spread(&Rumor::Record { id: self.options.id.clone(), version: self.record.version, is_leaving });
    }

    /// Tells that a member leaves along with the news that it is gone, which would else be taken for a
    /// failure by whoever hears that first.
    pub(super) fn spread_leave(&mut self, id: String, version: Version) {
        self.spread(&Rumor::Record { id, version, is_leaving: true });
    }
}
