//! The ring: one current snapshot, readers that never wait, and writers one after another.

mod checksum;
mod distribution;
mod draft;
mod explain;
mod options;
mod placement;
mod points;
mod snapshot;
mod table;
mod zones;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::error::Error;
use crate::node::{NodeChange, NodeSpec};

pub use distribution::{Distribution, DistributionCounter, NodeKeys};
use draft::Draft;
pub use draft::SetOutcome;
pub use explain::{Explanation, SkipReason, Skipped};
pub use options::{
    LOOKUP_CACHE_SIZE_MAX, LookupCache, REPLICA_COUNT_MAX, RingOptions, VIRTUAL_NODE_COUNT_MAX, replica_count,
};
pub use placement::ReplicaScratch;
pub use snapshot::{Snapshot, VirtualNode};

/// A consistent-hash ring.
///
/// Every change builds another [`Snapshot`] beside the current one and swaps it in whole, so a reader sees
/// all of a change or nothing of it. A refused change leaves no trace. Times are milliseconds by the clock of
/// the caller: the ring has none.
#[derive(Debug)]
pub struct Ring {
    current: ArcSwap<Snapshot>,
    /// Rises after each swap, so that readers know when to look.
    swap_count: AtomicU64,
    writer: Mutex<()>,
}

/// One thread's way to the current snapshot: an atomic load and a compare. It keeps the last snapshot it saw
/// until it looks again.
#[derive(Debug)]
pub struct Reader {
    ring: Arc<Ring>,
    seen: Arc<Snapshot>,
    seen_at: u64,
}

impl Ring {
    /// Makes a ring, at epoch 1.
    ///
    /// # Errors
    /// See [`Ring::add_nodes`].
    pub fn new(options: RingOptions, nodes: Vec<NodeSpec>, now_ms: f64) -> Result<Self, Error> {
        let empty = Snapshot::empty(options);
        let mut draft = Draft::new(&empty, now_ms);
        draft.add(nodes)?;
        let first =
            draft.finish()?.map(|snapshot| Snapshot { epoch: empty.epoch, ..snapshot }).unwrap_or(empty);
        let current = ArcSwap::from_pointee(first);
        Ok(Self { current, swap_count: AtomicU64::new(0), writer: Mutex::new(()) })
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Adds nodes, all or none.
    ///
    /// # Errors
    /// A field out of its bounds, an id that is in the ring or twice in the list, too many nodes or points.
    pub fn add_nodes(&self, nodes: Vec<NodeSpec>, now_ms: f64) -> Result<(), Error> {
        self.change(now_ms, |draft| draft.add(nodes))
    }

    /// Removes nodes, all or none.
    ///
    /// # Errors
    /// An id that is not in the ring, or twice in the list.
    pub fn remove_nodes<T: AsRef<str>>(&self, ids: &[T], now_ms: f64) -> Result<(), Error> {
        self.change(now_ms, |draft| draft.remove(ids))
    }

    /// Changes one node.
    ///
    /// # Errors
    /// An id that is not in the ring, a field out of its bounds, too many points.
    pub fn update_node(&self, id: &str, change: NodeChange, now_ms: f64) -> Result<(), Error> {
        self.change(now_ms, |draft| draft.update(id, change).map(drop))
    }

    /// Takes a node's reported load, 0 to 1. Loads place nothing: no snapshot is made.
    ///
    /// # Errors
    /// An id that is not in the ring, a load that is no number from 0 to 1.
    pub fn update_node_load(&self, id: &str, load: f64) -> Result<(), Error> {
        let _guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.current.load();
        snapshot.node(snapshot.table.slot(id)?).set_load(load)
    }

    /// Makes the nodes exactly those of the list, by the least change and in one step. What a description
    /// leaves out gets its default, except the status and the load: they are observed, and stay.
    ///
    /// # Errors
    /// As [`Ring::add_nodes`].
    pub fn set_nodes(&self, nodes: Vec<NodeSpec>, now_ms: f64) -> Result<SetOutcome, Error> {
        self.change(now_ms, |draft| draft.set(nodes))
    }

    fn change<T>(
        &self,
        now_ms: f64,
        edit: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // A writer that panicked has swapped nothing in, so what the lock guards is whole.
        let _guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.current.load_full();
        let mut draft = Draft::new(&old, now_ms);
        let answer = edit(&mut draft)?;
        if let Some(next) = draft.finish()? {
            self.current.store(Arc::new(next));
            self.swap_count.fetch_add(1, Ordering::Release);
        }
        Ok(answer)
    }
}

impl Reader {
    /// A reader for one thread.
    pub fn new(ring: Arc<Ring>) -> Self {
        // In this order: a swap in between makes the next look refresh once for nothing, never miss one.
        let seen_at = ring.swap_count.load(Ordering::Acquire);
        let seen = ring.snapshot();
        Self { ring, seen, seen_at }
    }

    /// The ring it reads.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// The current snapshot.
    #[inline]
    pub fn snapshot(&mut self) -> &Arc<Snapshot> {
        let swap_count = self.ring.swap_count.load(Ordering::Acquire);
        if swap_count != self.seen_at {
            self.refresh(swap_count);
        }
        &self.seen
    }

    /// The snapshot of the last look, whatever has happened since.
    pub fn last(&self) -> &Arc<Snapshot> {
        &self.seen
    }

    #[cold]
    fn refresh(&mut self, swap_count: u64) {
        self.seen = self.ring.snapshot();
        self.seen_at = swap_count;
    }
}
