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

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Cache};

use crate::error::Error;
use crate::node::{NodeChange, NodeSpec};

pub use distribution::{Distribution, DistributionCounter, NodeKeys};
use draft::Draft;
pub use draft::SetOutcome;
pub use explain::{Explanation, SkipReason, Skipped};
pub use options::{REPLICA_COUNT_MAX, RingOptions, VIRTUAL_NODE_COUNT_MAX, replica_count};
pub use placement::ReplicaScratch;
pub use snapshot::{Snapshot, VirtualNode};

/// A consistent-hash ring.
///
/// Every change builds another [`Snapshot`] beside the current one and swaps it in whole, so a reader sees all of
/// a change or nothing of it. A refused change leaves no trace. Times are milliseconds by the clock of the
/// caller: the ring has none.
#[derive(Debug)]
pub struct Ring {
    current: Arc<ArcSwap<Snapshot>>,
    writer: Mutex<()>,
}

/// One thread's way to the current snapshot: a relaxed load and a compare. It keeps the last snapshot it saw
/// until it looks again.
pub struct Reader(Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>);

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
        Ok(Self { current: Arc::new(ArcSwap::from_pointee(first)), writer: Mutex::new(()) })
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// A reader for one thread.
    pub fn reader(&self) -> Reader {
        Reader(Cache::new(self.current.clone()))
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
        }
        Ok(answer)
    }
}

impl Reader {
    /// The current snapshot.
    #[inline]
    pub fn snapshot(&mut self) -> &Arc<Snapshot> {
        self.0.load()
    }
}
