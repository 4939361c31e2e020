//! Announcements: every change of placement, to everybody who watches, in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Ring;
use super::movement::{Movement, Transfer};
use super::snapshot::Snapshot;
use crate::error::Error;

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

type Call = dyn Fn(&Arc<RingChange>) + Send + Sync;

/// What is called with each change.
#[derive(Clone)]
pub(crate) struct Observe(Arc<Call>);

/// Has a function be called with each change of a ring's placement. It ends when it is dropped.
#[derive(Debug)]
pub struct Observer {
    ring: Arc<Ring>,
    observe: Observe,
}

/// A queue between those who change a ring and one who watches.
struct ChangeQueue {
    waiting: Mutex<Waiting>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// Somebody's watch over a ring. It ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    queue: Arc<ChangeQueue>,
    _observer: Observer,
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

impl Observe {
    pub fn call(&self, change: &Arc<RingChange>) {
        (self.0)(change);
    }
}

impl fmt::Debug for Observe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observe").finish_non_exhaustive()
    }
}

impl Observer {
    /// Begins to observe. Every change of placement made from now on is told, each once and in order, by the
    /// thread that makes it, while it holds the ring's lock for writers: `observe` must be quick, and not
    /// change the ring.
    pub fn new(ring: Arc<Ring>, observe: impl Fn(&Arc<RingChange>) + Send + Sync + 'static) -> Self {
        let observe = Observe(Arc::new(observe));
        ring.observers().push(observe.clone());
        Self { ring, observe }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.ring.observers().retain(|observe| !Arc::ptr_eq(&observe.0, &self.observe.0));
    }
}

impl ChangeQueue {
    /// Puts a change in. Wakes its watcher where it may be asleep: while changes wait, it knows.
    fn push(&self, change: &Arc<RingChange>) {
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
}

impl fmt::Debug for ChangeQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeQueue").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl Watch {
    /// Begins to watch. Every change of placement made from now on comes, each once and in order, by
    /// whichever thread it is made. `wake` is called by the thread that makes the first change after the
    /// watch was last asked, while it holds the ring's lock for writers: it must be quick, and not touch the
    /// ring. A [`Watch::take`] that leaves some calls it too.
    pub fn new(ring: Arc<Ring>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let queue = Arc::new(ChangeQueue { waiting: Mutex::default(), wake: Box::new(wake) });
        let pushed = queue.clone();
        Self { queue, _observer: Observer::new(ring, move |change| pushed.push(change)) }
    }

    /// Takes what has come since the last call, but for changes beyond the first `count_max`: `wake` is
    /// called again for those.
    pub fn take(&self, count_max: usize) -> Waiting {
        let mut waiting = self.queue.waiting.lock();
        let count = waiting.changes.len().min(count_max);
        let left = waiting.changes.split_off(count);
        let has_more = !left.is_empty();
        let changes = std::mem::replace(&mut waiting.changes, left);
        // What was lost came after all that waits.
        let has_overflowed = !has_more && std::mem::take(&mut waiting.has_overflowed);
        drop(waiting);
        if has_more {
            (self.queue.wake)();
        }
        Waiting { changes, has_overflowed }
    }
}
