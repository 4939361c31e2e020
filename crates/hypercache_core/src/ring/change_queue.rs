//! Announcements: every change of placement, to everybody who watches, in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use hypercache_types::Error;
use parking_lot::Mutex;

use super::movement::{Movement, Transfer};
use super::snapshot::Snapshot;

/// Most transfers that a change lists. What the others move is in [`RingChange::other_arc`].
pub const LISTED_TRANSFERS_MAX: usize = 256;
/// Most changes that wait for one watch. Those that come then are dropped, and the watch is told.
pub const WAITING_CHANGES_MAX: usize = 16_384;

/// A change of placement that has been made.
#[derive(Clone, Debug, PartialEq)]
pub struct RingChange {
    /// The version it made.
    pub version: u64,
    /// The version before.
    pub previous_version: u64,
    /// The checksum it made.
    pub checksum: u64,
    /// Number of tokens whose owner changed, of 2^64.
    pub moved_arc: u128,
    /// What moved between which nodes: all transfers, or the 256 with the largest arcs.
    pub transfers: Vec<Transfer>,
    /// How many there are in all.
    pub transfer_count: usize,
    /// What those that are not listed moved.
    pub other_arc: u128,
}

/// What came since a watch was last asked.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The changes, oldest first.
    pub changes: VecDeque<Arc<RingChange>>,
    /// Whether changes after these, and after those that still wait, were dropped.
    pub has_overflowed: bool,
}

/// A queue between those who change a ring and one who watches.
pub(crate) struct ChangeQueue {
    waiting: Mutex<Waiting>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl RingChange {
    /// Works out what a swap changed.
    pub(crate) fn between(before: &Arc<Snapshot>, after: &Arc<Snapshot>) -> Result<Self, Error> {
        let movement = Movement::new(before.clone(), after.clone())?;
        let moved_arc = movement.moved_arc();
        let transfers = movement.largest_transfers(LISTED_TRANSFERS_MAX);
        let listed: u128 = transfers.iter().map(|transfer| transfer.arc).sum();
        Ok(Self {
            version: after.version,
            previous_version: before.version,
            checksum: after.checksum(),
            moved_arc,
            transfers,
            transfer_count: movement.transfer_count(),
            other_arc: moved_arc - listed,
        })
    }
}

impl ChangeQueue {
    /// Empty. `wake` is called when changes wait and none did before.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::default(), wake: Box::new(wake) }
    }

    /// Puts a change in. Wakes its watcher where it may be asleep: while changes wait, it knows.
    pub fn push(&self, change: &Arc<RingChange>) {
        let mut waiting = self.waiting.lock();
        let was_empty = waiting.changes.is_empty();
        if waiting.changes.len() == WAITING_CHANGES_MAX {
            waiting.has_overflowed = true;
        }
        if !waiting.has_overflowed {
            waiting.changes.push_back(change.clone());
        }
        drop(waiting);
        if was_empty {
            (self.wake)();
        }
    }

    /// Takes the oldest changes; wakes the watcher again where some are left.
    pub fn take(&self, count_max: usize) -> Waiting {
        let mut waiting = self.waiting.lock();
        let count = waiting.changes.len().min(count_max);
        let left = waiting.changes.split_off(count);
        let has_more = !left.is_empty();
        let changes = std::mem::replace(&mut waiting.changes, left);
        // What was lost came after all that waits.
        let has_overflowed = !has_more && std::mem::take(&mut waiting.has_overflowed);
        drop(waiting);
        if has_more {
            (self.wake)();
        }
        Waiting { changes, has_overflowed }
    }
}

impl fmt::Debug for ChangeQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeQueue").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
