//! What the driver of a node does after everything that happens.

use std::time::Duration;

use hypercache_node::{Event, Vigor};

use super::state::World;
use crate::history::{Pid, What};

/// What the clocks say when a run begins, in milliseconds since 1970.
pub const EPOCH_MS: u64 = 1_800_000_000_000;

impl World {
    /// Looks after the lease and the checksum of the ring, and takes what the node tells its application.
    /// Answers when the lease wants to be looked at.
    pub(super) fn follow(&mut self, pid: Pid) -> Option<Duration> {
        let (now, wall_ms) = (self.now, self.wall_ms());
        let process = self.processes.get_mut(&pid)?;
        let time = process.engine.time();
        if process.is_joined && !process.is_stalled {
            process.node.renew_lease();
        }
        let (vigor, next_check) = process.node.check_lease(time);
        if let Some(vigor) = vigor {
            process.engine.doubt(now, vigor.doubt());
            if vigor == Vigor::GaveUp {
                self.network.count("keys given up");
            }
        }
        if let (Some(checksum), _) = process.node.look(time, wall_ms) {
            process.known.ring = Some(checksum);
            process.engine.announce_ring(now, checksum);
        }
        for event in process.node.take(usize::MAX) {
            match event {
                Event::Changed(changes) => {
                    let ids = changes.into_iter().map(|change| change.id).collect();
                    self.note(pid, What::MembersTold(ids));
                }
                Event::RingChanged(change) => self.note(pid, What::RingMoved(change.version)),
                _ => {}
            }
        }
        next_check.filter(|_| self.processes[&pid].is_stalled).map(|at| now + at.saturating_sub(time))
    }

    pub(super) fn wall_ms(&self) -> f64 {
        EPOCH_MS as f64 + self.now.as_millis() as f64
    }
}
