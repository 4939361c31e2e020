//! Zones of the routable nodes, and when each is used up.

use std::collections::HashMap;

use super::options::RingOptions;
use super::table::NodeTable;

/// What zone-aware replicas need to know.
#[derive(Debug)]
pub(crate) struct Zones {
    /// Zone number of each slot. A node without a zone has a number of its own.
    of_slot: Vec<u16>,
    /// `chosen_after[r]`: how many replicas r full rounds give, a round being one node of each zone that
    /// still has one. Starts with 0 rounds, ends with all routable nodes.
    chosen_after: Vec<u32>,
    count: usize,
}

impl Zones {
    pub fn of(table: &NodeTable, options: &RingOptions) -> Self {
        let mut of_slot = vec![0; table.slot_count()];
        let mut numbers = HashMap::new();
        let mut node_counts: Vec<usize> = Vec::new();
        for (slot, node) in table.routable(options.routable) {
            let fresh = node_counts.len();
            let number = match node.zone.as_deref() {
                Some(zone) => *numbers.entry(zone).or_insert(fresh),
                None => fresh,
            };
            if number == fresh {
                node_counts.push(0);
            }
            node_counts[number] += 1;
            of_slot[usize::from(slot)] = number as u16;
        }
        node_counts.sort_unstable();
        let rounds = node_counts.last().copied().unwrap_or(0);
        let mut chosen_after = vec![0u32];
        let mut used_up = 0;
        for round in 1..=rounds {
            // Zones with fewer nodes than this round's number have nothing left.
            used_up += node_counts[used_up..].iter().take_while(|count| **count < round).count();
            chosen_after.push(chosen_after[round - 1] + (node_counts.len() - used_up) as u32);
        }
        Self { of_slot, chosen_after, count: node_counts.len() }
    }

    #[inline]
    pub fn of_slot(&self, slot: u16) -> u16 {
        self.of_slot[usize::from(slot)]
    }

    /// Number of zones with a routable node.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Replicas chosen before round `round` (from 0) begins.
    pub fn chosen_before(&self, round: usize) -> usize {
        self.chosen_after[round] as usize
    }

    /// The round (from 0) in which the last of `count` replicas is chosen.
    pub fn last_round(&self, count: usize) -> usize {
        self.chosen_after.partition_point(|chosen| (*chosen as usize) < count) - 1
    }

    pub fn memory_bytes(&self) -> usize {
        size_of_val(&self.of_slot[..]) + size_of_val(&self.chosen_after[..])
    }
}
