//! How keys spread over the nodes of one snapshot.

use std::sync::Arc;

use hypercache_types::{Error, HashFunction, Token};

use super::snapshot::Snapshot;

/// Counts keys by owner, on one snapshot from the first key to the last.
#[derive(Debug)]
pub struct DistributionCounter {
    snapshot: Arc<Snapshot>,
    key_counts: Vec<u64>,
}

/// How keys spread.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// Keys counted.
    pub key_count: u64,
    /// Keys per node: key count / number of nodes, 0 without nodes.
    pub mean: f64,
    /// Population standard deviation of the nodes' key counts.
    pub standard_deviation: f64,
    /// Largest key count / mean; 0 without keys.
    pub load_factor: f64,
    /// Every node in byte order of the ids, those without keys too.
    pub nodes: Vec<NodeKeys>,
}

/// The keys of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeKeys {
    /// The node.
    pub id: Arc<str>,
    /// Keys it owns.
    pub key_count: u64,
    /// Its part of all keys, 0 to 1.
    pub key_share: f64,
}

impl DistributionCounter {
    /// Starts at 0 keys.
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        let key_counts = vec![0; snapshot.slot_count()];
        Self { snapshot, key_counts }
    }

    /// The hash function of the keys.
    pub fn hash(&self) -> HashFunction {
        self.snapshot.options.hash
    }

    /// Counts keys, given by their tokens.
    ///
    /// # Errors
    /// No node is routable.
    pub fn add(&mut self, tokens: impl IntoIterator<Item = Token>) -> Result<(), Error> {
        let key_counts = &mut self.key_counts;
        let is_routed = self.snapshot.owners(tokens, |slot| key_counts[usize::from(slot)] += 1);
        if is_routed { Ok(()) } else { Err(self.snapshot.no_owner()) }
    }

    /// The figures so far.
    pub fn result(&self) -> Distribution {
        let key_count: u64 = self.key_counts.iter().sum();
        let nodes: Vec<_> =
            self.snapshot.nodes().map(|(slot, node)| self.node_keys(slot, &node.id, key_count)).collect();
        let node_count = nodes.len().max(1) as f64;
        let mean = key_count as f64 / node_count;
        let squares = nodes.iter().map(|node| (node.key_count as f64 - mean).powi(2));
        // Not `sum`: of nothing that is −0.
        let squares = squares.fold(0.0, |sum, square| sum + square);
        let largest = nodes.iter().map(|node| node.key_count).max().unwrap_or(0);
        Distribution {
            key_count,
            mean,
            standard_deviation: (squares / node_count).sqrt(),
            load_factor: if key_count == 0 { 0.0 } else { largest as f64 / mean },
            nodes,
        }
    }

    fn node_keys(&self, slot: u16, id: &Arc<str>, all: u64) -> NodeKeys {
        let key_count = self.key_counts[usize::from(slot)];
        let key_share = if all == 0 { 0.0 } else { key_count as f64 / all as f64 };
        NodeKeys { id: id.clone(), key_count, key_share }
    }
}
