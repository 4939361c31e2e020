//! One number for each node of two snapshots. Slots are no such numbers: a slot may have another node after.

use std::cmp::Ordering;
use std::sync::Arc;

use super::flows::NOBODY;
use super::snapshot::Snapshot;

/// Numbers by slot.
#[derive(Debug)]
pub(crate) struct SlotNumbers(Vec<u32>);

impl SlotNumbers {
    #[inline]
    pub fn of_slot(&self, slot: u16) -> u32 {
        self.0[usize::from(slot)]
    }
}

/// The numbers of the nodes of two snapshots, from 0 in byte order of the ids. One id is one node.
#[derive(Debug)]
pub(crate) struct Numbers {
    before: SlotNumbers,
    after: SlotNumbers,
    ids: Vec<Arc<str>>,
}

impl Numbers {
    /// Merges two lists of nodes, both of which are in order.
    pub fn of(before: &Snapshot, after: &Snapshot) -> Self {
        let mut ids = Vec::with_capacity(before.node_count().max(after.node_count()));
        let mut numbers = [vec![NOBODY; before.slot_count()], vec![NOBODY; after.slot_count()]];
        let (mut old, mut new) = (before.nodes().peekable(), after.nodes().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((_, a)), Some((_, b))) if Arc::ptr_eq(&a.id, &b.id) => Ordering::Equal,
                (Some((_, a)), Some((_, b))) => a.id.cmp(&b.id),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let number = ids.len() as u32;
            let of_old = if order.is_le() { old.next() } else { None };
            let of_new = if order.is_ge() { new.next() } else { None };
            for (numbers, found) in numbers.iter_mut().zip([&of_old, &of_new]) {
                found.iter().for_each(|(slot, _)| numbers[usize::from(*slot)] = number);
            }
            ids.extend(of_old.or(of_new).map(|(_, node)| node.id.clone()));
        }
        let [before, after] = numbers.map(SlotNumbers);
        Self { before, after, ids }
    }

    /// Of each slot, whether it is of the same node before and after.
    pub fn kept_slots(&self) -> Vec<bool> {
        self.before.0.iter().zip(&self.after.0).map(|(before, after)| before == after).collect()
    }

    pub fn before(&self) -> &SlotNumbers {
        &self.before
    }

    pub fn after(&self) -> &SlotNumbers {
        &self.after
    }

    pub fn ids(&self) -> &[Arc<str>] {
        &self.ids
    }

    /// The id of a number; none of [`NOBODY`].
    pub fn id(&self, number: u32) -> Option<&Arc<str>> {
        self.ids.get(number as usize)
    }
}
