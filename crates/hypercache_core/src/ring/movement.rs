//! What moves between two snapshots: exactly, from one merge of their points, whatever keys there are.

use std::sync::Arc;

use hypercache_types::{Error, RING_ARC, Token};

use super::flows::{Flow, FlowRange, Flows, NOBODY};
use super::numbers::Numbers;
use super::ownership::share_of;
use super::snapshot::Snapshot;
use super::stretches::each_stretch;

/// What moves from `before` to `after`.
#[derive(Debug)]
pub struct Movement {
    pub(crate) before: Arc<Snapshot>,
    pub(crate) after: Arc<Snapshot>,
    pub(crate) numbers: Numbers,
    flows: Vec<Flow>,
    ranges: Vec<FlowRange>,
}

/// All that moves from one node to another. `None` stands for nobody: no node was, or will be, routable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The owner before.
    pub from: Option<Arc<str>>,
    /// The owner after.
    pub to: Option<Arc<str>>,
    /// Number of tokens, of 2^64.
    pub arc: u128,
    /// Number of ranges they lie in.
    pub range_count: u32,
}

/// One range that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedRange {
    /// Exclusive. Equal to `end` it is the whole ring.
    pub start: Token,
    /// Inclusive.
    pub end: Token,
    /// The owner before.
    pub from: Option<Arc<str>>,
    /// The owner after.
    pub to: Option<Arc<str>>,
}

/// The owners of a key before and after; `None` is nobody.
pub type OwnerChange<'a> = (Option<&'a Arc<str>>, Option<&'a Arc<str>>);

/// Keys counted by where they move.
#[derive(Clone, Debug, Default)]
pub struct MovementCounts {
    key_count: u64,
    /// By place among the flows.
    moved: Vec<u64>,
}

impl Movement {
    /// Compares two snapshots, of one ring or of two.
    ///
    /// # Errors
    /// Their hash functions or seeds differ: their tokens do not compare.
    pub fn new(before: Arc<Snapshot>, after: Arc<Snapshot>) -> Result<Self, Error> {
        let (old, new) = (before.options.hash, after.options.hash);
        if old != new {
            return Err(Error::DifferentHash(old.name(), new.name()));
        }
        let numbers = Numbers::of(&before, &after);
        let (flows, ranges) = if Arc::ptr_eq(&before.placement, &after.placement) {
            (Vec::new(), Vec::new())
        } else {
            moved(&before, &after, &numbers)
        };
        Ok(Self { before, after, numbers, flows, ranges })
    }

    /// The snapshot before.
    pub fn before(&self) -> &Arc<Snapshot> {
        &self.before
    }

    /// The snapshot after.
    pub fn after(&self) -> &Arc<Snapshot> {
        &self.after
    }

    /// Number of tokens whose owner changes, of 2^64.
    pub fn moved_arc(&self) -> u128 {
        self.flows.iter().map(|flow| flow.arc).sum()
    }

    /// The least part of the ring that any placement would have to move for this change, 0 to 1: what the
    /// nodes' fair shares gain, where nobody has all of a ring without a routable node.
    pub fn ideal_share(&self) -> f64 {
        let mut gains = vec![0.0; self.numbers.ids().len() + 1];
        let nobody = self.numbers.ids().len();
        let sides = [(&self.before, self.numbers.before(), -1.0), (&self.after, self.numbers.after(), 1.0)];
        for (snapshot, numbers, sign) in sides {
            for (slot, _) in snapshot.nodes() {
                gains[numbers.of_slot(slot) as usize] += sign * snapshot.fair_share(slot);
            }
            gains[nobody] += if snapshot.placement.points.is_empty() { sign } else { 0.0 };
        }
        // Not `sum`: of nothing that is −0.
        gains.into_iter().filter(|gain| *gain > 0.0).fold(0.0, |sum, gain| sum + gain)
    }

    /// Number of pairs of nodes between which something moves.
    pub fn transfer_count(&self) -> usize {
        self.flows.len()
    }

    /// What moves between each pair of nodes, in byte order of their ids; nobody is last.
    pub fn transfers(&self) -> impl Iterator<Item = Transfer> {
        self.flows.iter().map(|flow| self.transfer(flow))
    }

    /// The `count` transfers with the largest arcs, in the order of [`Movement::transfers`].
    pub fn largest_transfers(&self, count: usize) -> Vec<Transfer> {
        let mut places: Vec<_> = (0..self.flows.len()).collect();
        if count < places.len() {
            places.sort_unstable_by_key(|place| (std::cmp::Reverse(self.flows[*place].arc), *place));
            places.truncate(count);
            places.sort_unstable();
        }
        places.into_iter().map(|place| self.transfer(&self.flows[place])).collect()
    }

    /// The ranges that move, in ring order, from the one that holds the lowest token; neighbours that go the
    /// same way are one range.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = MovedRange> {
        self.ranges.iter().map(|range| self.moved_range(range))
    }

    /// The owners of a token before and after, where they differ.
    pub fn owner_change(&self, token: Token) -> Option<OwnerChange<'_>> {
        let (from, to) = self.owners(token);
        (from != to).then(|| (self.numbers.id(from), self.numbers.id(to)))
    }

    /// Counts keys, given by their tokens.
    pub fn count(&self, tokens: impl IntoIterator<Item = Token>, counts: &mut MovementCounts) {
        counts.moved.resize(self.flows.len(), 0);
        for token in tokens {
            counts.key_count += 1;
            let (from, to) = self.owners(token);
            if from != to {
                let place = self.flows.binary_search_by_key(&(from, to), |flow| (flow.from, flow.to));
                counts.moved[place.expect("a key that moves lies in a range that moves")] += 1;
            }
        }
    }

    /// How many keys were counted, and of each transfer that has any, how many.
    pub fn counted(&self, counts: &MovementCounts) -> (u64, Vec<(Transfer, u64)>) {
        let moved = self.flows.iter().zip(&counts.moved).filter(|(_, count)| **count > 0);
        (counts.key_count, moved.map(|(flow, count)| (self.transfer(flow), *count)).collect())
    }

    fn transfer(&self, flow: &Flow) -> Transfer {
        Transfer {
            from: self.numbers.id(flow.from).cloned(),
            to: self.numbers.id(flow.to).cloned(),
            arc: flow.arc,
            range_count: flow.range_count,
        }
    }

    pub(crate) fn moved_range(&self, range: &FlowRange) -> MovedRange {
        MovedRange {
            start: range.start,
            end: range.end,
            from: self.numbers.id(range.from).cloned(),
            to: self.numbers.id(range.to).cloned(),
        }
    }

    #[inline]
    fn owners(&self, token: Token) -> (u32, u32) {
        let number = |snapshot: &Snapshot, numbers: &super::numbers::SlotNumbers| {
            snapshot.owner(token).map_or(NOBODY, |slot| numbers.of_slot(slot))
        };
        (number(&self.before, self.numbers.before()), number(&self.after, self.numbers.after()))
    }

    /// Heap memory that goes when this goes, in bytes, without the texts of the nodes: `before` is somebody's
    /// ring.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&self.ranges[..]) + size_of_val(&self.flows[..]) + self.after.memory_bytes()
    }

    /// The moved part of the ring, 0 to 1.
    pub fn moved_share(&self) -> f64 {
        share_of(self.moved_arc())
    }
}

/// The ranges of which the owner changes.
fn moved(before: &Snapshot, after: &Snapshot, numbers: &Numbers) -> (Vec<Flow>, Vec<FlowRange>) {
    let (old, new) = (&before.placement.points, &after.placement.points);
    let owner = |snapshot: &Snapshot, of: &super::numbers::SlotNumbers, place: usize| {
        let points = &snapshot.placement.points;
        if points.is_empty() { NOBODY } else { of.of_slot(points.slot(place)) }
    };
    let kept_slots = numbers.kept_slots();
    let is_kept = |slot: u16| kept_slots.get(usize::from(slot)).is_some_and(|is_kept| *is_kept);
    // A point that comes or goes is mostly a range that moves.
    let mut flows = Flows::with_capacity(old.len().abs_diff(new.len()));
    let seam = each_stretch(old, new, is_kept, |stretch| {
        let from = owner(before, numbers.before(), stretch.before);
        let to = owner(after, numbers.after(), stretch.after);
        if from != to {
            flows.push(FlowRange { start: stretch.start, end: stretch.end, from, to });
        }
    });
    let (flows, ranges) = flows.finish(seam);
    debug_assert!(flows.iter().map(|flow| flow.arc).sum::<u128>() <= RING_ARC);
    (flows, ranges)
}
