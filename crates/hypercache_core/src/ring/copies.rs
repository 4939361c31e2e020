//! What each node must receive so that every key has its replicas again.

use hypercache_types::NodeStatus;

use super::flows::{FlowRange, Flows, NOBODY};
use super::movement::{MovedRange, Movement};
use super::numbers::SlotNumbers;
use super::placement::ReplicaScratch;
use super::snapshot::Snapshot;
use super::stretches::each_stretch;
use crate::node::Node;

/// Reads the replicas of stretches of one snapshot.
struct Replicas<'a> {
    snapshot: &'a Snapshot,
    numbers: &'a SlotNumbers,
    slots: Vec<u16>,
    found: Vec<u32>,
    scratch: ReplicaScratch,
}

impl<'a> Replicas<'a> {
    fn new(snapshot: &'a Snapshot, numbers: &'a SlotNumbers, count: usize) -> Self {
        let slots = vec![0; count.min(snapshot.placement.routable_count)];
        Self { snapshot, numbers, slots, found: Vec::new(), scratch: ReplicaScratch::default() }
    }

    /// The numbers of the replicas of what the point at `place` owns.
    fn at(&mut self, place: usize) -> &[u32] {
        self.found.clear();
        if !self.slots.is_empty() {
            let slot_count = self.snapshot.slot_count();
            self.snapshot.placement.walk(place, slot_count, &mut self.slots, &mut self.scratch);
            self.found.extend(self.slots.iter().map(|slot| self.numbers.of_slot(*slot)));
        }
        &self.found
    }
}

impl Movement {
    /// Which node must receive which range so that the first `count` replicas have it: for each node among
    /// the replicas after that was not among those before. `from` is the first replica before that the change
    /// does not make dead, or nobody. In ring order; neighbours that go the same way are one range.
    pub fn copies(&self, count: usize) -> Vec<MovedRange> {
        let is_lost: Vec<_> = self.numbers.ids().iter().map(|id| self.is_lost(id)).collect();
        let mut old = Replicas::new(&self.before, self.numbers.before(), count);
        let mut new = Replicas::new(&self.after, self.numbers.after(), count);
        let mut flows = Flows::default();
        let (before, after) = (&self.before.placement.points, &self.after.placement.points);
        // Where the owners are the same, other replicas may differ.
        let seam = each_stretch(
            before,
            after,
            |_| false,
            |stretch| {
                let (had, has) = (old.at(stretch.before), new.at(stretch.after));
                if had == has {
                    return;
                }
                let from = had.iter().copied().find(|number| !is_lost[*number as usize]).unwrap_or(NOBODY);
                for &to in has.iter().filter(|number| !had.contains(number)) {
                    flows.push(FlowRange { start: stretch.start, end: stretch.end, from, to });
                }
            },
        );
        let (_, ranges) = flows.finish(seam);
        ranges.iter().map(|range| self.moved_range(range)).collect()
    }

    /// Whether the change says of a node that answered that it has failed: nobody can copy from it.
    fn is_lost(&self, id: &str) -> bool {
        let is_dead = |node: &Node| node.status == NodeStatus::Dead && !self.after.is_routable(node);
        self.after.find(id).is_some_and(|node| is_dead(node))
    }
}
