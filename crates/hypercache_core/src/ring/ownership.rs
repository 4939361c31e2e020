//! Which part of the ring each node has, exactly.

use std::sync::Arc;

use hypercache_types::{RING_ARC, Token, arc_between};

use super::snapshot::Snapshot;

/// What every node of a snapshot owns.
#[derive(Clone, Debug, PartialEq)]
pub struct Ownership {
    /// All nodes in byte order of the ids, those that own nothing too. Where one is routable, the arcs add up
    /// to 2^64.
    pub nodes: Vec<NodeOwnership>,
    /// Largest arc / mean arc of all nodes, as [`super::Distribution::load_factor`] is of keys; 0 where no
    /// node is routable.
    pub load_factor: f64,
}

/// The part of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeOwnership {
    /// The node.
    pub id: Arc<str>,
    /// Number of tokens it owns, of 2^64.
    pub arc: u128,
    /// Its weight / sum of the weights of the routable nodes; 0 where it is not routable.
    pub fair_share: f64,
    /// Number of tokens it would own, were all nodes well.
    pub home_arc: u128,
}

impl Snapshot {
    /// Which part of the ring each node has. Takes one look at each point; where a node is not routable, all
    /// virtual nodes are hashed besides.
    pub fn ownership(&self) -> Ownership {
        let arcs = self.owned_arcs();
        let home_arcs = if self.placement.routable_count == self.node_count() {
            arcs.clone()
        } else {
            let points = self.points();
            self.arcs(points.len(), |place| (points[place].token, points[place].slot))
        };
        let nodes = self.nodes().map(|(slot, node)| NodeOwnership {
            id: node.id.clone(),
            arc: arcs[usize::from(slot)],
            fair_share: self.fair_share(slot),
            home_arc: home_arcs[usize::from(slot)],
        });
        Ownership { nodes: nodes.collect(), load_factor: self.load_factor_of(&arcs) }
    }

    /// [`Ownership::load_factor`] alone: one look at each point, whatever the statuses.
    pub fn load_factor(&self) -> f64 {
        self.load_factor_of(&self.owned_arcs())
    }

    fn load_factor_of(&self, arcs: &[u128]) -> f64 {
        share_of(arcs.iter().copied().max().unwrap_or(0)) * self.node_count() as f64
    }

    fn owned_arcs(&self) -> Vec<u128> {
        let points = &self.placement.points;
        self.arcs(points.len(), |place| (points.token(place), points.slot(place)))
    }

    /// The part of the ring that a node's weight asks for.
    pub(crate) fn fair_share(&self, slot: u16) -> f64 {
        let node = self.node(slot);
        if self.is_routable(node) { node.weight / self.routable_weight } else { 0.0 }
    }

    /// The arc of each slot, given sorted points: a point owns what lies between the one before it and
    /// itself.
    fn arcs(&self, len: usize, point: impl Fn(usize) -> (Token, u16)) -> Vec<u128> {
        let mut arcs = vec![0; self.slot_count()];
        let Some(last) = len.checked_sub(1) else { return arcs };
        let mut start = point(last).0;
        for place in 0..len {
            let (token, slot) = point(place);
            // Of equal tokens the first owns all; a ring of one token is its first point's.
            if place == 0 || token != start {
                arcs[usize::from(slot)] += arc_between(start, token);
            }
            start = token;
        }
        arcs
    }
}

/// A part of the ring as a number from 0 to 1.
pub fn share_of(arc: u128) -> f64 {
    arc as f64 / RING_ARC as f64
}
