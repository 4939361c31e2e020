//! The ring: one current snapshot, readers that never wait, and writers one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use hypercache_types::{Error, shortened};
use parking_lot::{FairMutex, Mutex, MutexGuard};

use super::change_queue::RingChange;
use super::draft::{Draft, Next, SetOutcome};
use super::metrics::{Metrics, Registry};
use super::observe::Observe;
use super::options::RingOptions;
use super::plan::{Plan, PlannedChange};
use super::snapshot::Snapshot;
use crate::node::{NodeChange, NodeSpec};

/// A consistent-hash ring.
///
/// Every change builds another [`Snapshot`] beside the current one and swaps it in whole, so a reader sees
/// all of a change or nothing of it. A refused change leaves no trace. Times are milliseconds by the clock of
/// the caller: the ring has none.
#[derive(Debug)]
pub struct Ring {
    current: ArcSwap<Snapshot>,
    /// Rises after each swap, so that readers know when to look.
    pub(super) swap_count: AtomicU64,
    /// In the order in which they ask: a thread that changes the ring in a loop would shut the others out of
    /// a lock that goes to whoever is awake.
    writer: FairMutex<()>,
    /// Requests in flight, of all nodes.
    in_flight: AtomicU64,
    observers: Mutex<Vec<Observe>>,
    registry: Mutex<Registry>,
    stopwatch: fn() -> u64,
    rebuild_count: AtomicU64,
    rebuild_ns: AtomicU64,
}

impl Ring {
    /// Makes a ring, at version 1.
    ///
    /// # Errors
    /// See [`Ring::add_nodes`].
    pub fn new(options: RingOptions, nodes: Vec<NodeSpec>, now_ms: f64) -> Result<Self, Error> {
        let empty = Snapshot::empty(options);
        let mut draft = Draft::new(&empty, now_ms);
        draft.add(nodes)?;
        let version = empty.version;
        let first = draft.finish()?.map_or(empty, |next| Snapshot { version, ..next.snapshot });
        Ok(Self {
            current: ArcSwap::from_pointee(first),
            swap_count: AtomicU64::new(0),
            writer: FairMutex::default(),
            in_flight: AtomicU64::new(0),
            observers: Mutex::default(),
            registry: Mutex::default(),
            stopwatch: || 0,
            rebuild_count: AtomicU64::new(0),
            rebuild_ns: AtomicU64::new(0),
        })
    }

    /// The same ring with a clock to time its changes by, which answers nanoseconds since any moment.
    pub fn with_stopwatch(self, stopwatch: fn() -> u64) -> Self {
        Self { stopwatch, ..self }
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
        let _turn = self.writer.lock();
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

    /// Has nodes be as described, or be gone, in one step; the others stay as they are. What a description
    /// leaves out gets its default, except the status and the load. An absent id that is not in the ring is
    /// no error.
    ///
    /// # Errors
    /// As [`Ring::add_nodes`]; an id that is twice in the lists.
    pub fn merge_nodes<T: AsRef<str>>(
        &self,
        present: Vec<NodeSpec>,
        absent: &[T],
        now_ms: f64,
    ) -> Result<SetOutcome, Error> {
        self.change(now_ms, |draft| draft.merge(present, absent))
    }

    /// Works out what a change would move. The ring stays as it is.
    ///
    /// # Errors
    /// As the change itself; a change that asks for nothing, has a set beside other parts, or an id in two.
    pub fn plan(&self, change: PlannedChange, now_ms: f64) -> Result<Plan, Error> {
        Plan::new(self.snapshot(), change, now_ms)
    }

    /// Makes a planned change.
    ///
    /// # Errors
    /// The plan was applied already, or was made at another version, or the nodes have changed since so that
    /// something else would come out.
    pub fn apply(&self, plan: &Plan, now_ms: f64) -> Result<(), Error> {
        let mut is_applied = plan.is_applied.lock();
        if *is_applied {
            return Err(Error::PlanApplied);
        }
        let edit = |draft: &mut Draft<'_>, now: &Snapshot| plan.redo(draft, now);
        self.write(now_ms, edit, |now, next| plan.check(now, next))?;
        *is_applied = true;
        Ok(())
    }

    /// How often it has changed, in ways that change no answer too. Loads do not count.
    pub fn change_count(&self) -> u64 {
        self.swap_count.load(Ordering::Acquire)
    }

    /// Counts a request that goes to a node.
    ///
    /// # Errors
    /// An id that is not in the ring.
    pub fn acquire(&self, id: &str) -> Result<(), Error> {
        let snapshot = self.current.load();
        let node = snapshot.node(snapshot.table.slot(id)?);
        if node.in_flight.acquire(&self.in_flight) { Ok(()) } else { Err(Error::UnknownNode(shortened(id))) }
    }

    /// Counts a request that has ended. `false` where the node has none in flight: it was not acquired, or it
    /// has left the ring, and its requests have left the count with it.
    pub fn release(&self, id: &str) -> bool {
        let snapshot = self.current.load();
        snapshot.find(id).is_some_and(|node| node.in_flight.release(&self.in_flight))
    }

    /// Requests in flight, of all nodes.
    #[inline]
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// What there is to tell, of all threads.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            lookups: self.registry().sum(),
            rebuild_count: self.rebuild_count.load(Ordering::Relaxed),
            rebuild_ns: self.rebuild_ns.load(Ordering::Relaxed),
            in_flight: self.in_flight(),
        }
    }

    fn change<T>(
        &self,
        now_ms: f64,
        edit: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write(now_ms, |draft, _| edit(draft), |_, _| Ok(()))
    }

    /// Makes a change: `edit` has the draft and the snapshot it starts from, `check` that one and what comes
    /// out.
    fn write<T>(
        &self,
        now_ms: f64,
        edit: impl FnOnce(&mut Draft<'_>, &Snapshot) -> Result<T, Error>,
        check: impl FnOnce(&Snapshot, &Snapshot) -> Result<(), Error>,
    ) -> Result<T, Error> {
        let _turn = self.writer.lock();
        let begun_ns = (self.stopwatch)();
        let old = self.current.load_full();
        let mut draft = Draft::new(&old, now_ms);
        let answer = edit(&mut draft, &old)?;
        if let Some(next) = draft.finish()? {
            check(&old, &next.snapshot)?;
            let is_moved = next.snapshot.version != old.version;
            self.swap(&old, next);
            if is_moved {
                self.rebuild_count.fetch_add(1, Ordering::Relaxed);
                self.rebuild_ns.fetch_add((self.stopwatch)().saturating_sub(begun_ns), Ordering::Relaxed);
            }
        }
        Ok(answer)
    }

    /// Makes a snapshot the current one, and tells everybody. The caller is the only writer.
    fn swap(&self, old: &Arc<Snapshot>, Next { snapshot, gone }: Next) {
        let new = Arc::new(snapshot);
        self.current.store(new.clone());
        self.swap_count.fetch_add(1, Ordering::Release);
        gone.iter().for_each(|node| node.in_flight.retire(&self.in_flight));
        // A copy, so that nobody who begins or ends to observe waits for what follows.
        let observers = self.observers().clone();
        if new.version != old.version && !observers.is_empty() {
            let change =
                RingChange::between(old, &new).expect("snapshots of one ring have one hash function");
            let change = Arc::new(change);
            observers.iter().for_each(|observe| observe.call(&change));
        }
    }

    pub(super) fn observers(&self) -> MutexGuard<'_, Vec<Observe>> {
        self.observers.lock()
    }

    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock()
    }
}
