//! Why a key is where it is, for people. Hashes every virtual node anew: milliseconds on large rings.

use hypercache_types::{Token, distance};

use super::placement::ReplicaScratch;
use super::snapshot::{Snapshot, VirtualNode};

/// The way from a key to its replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The key's token.
    pub token: Token,
    /// The first point of any node clockwise: whose key it would be, were all nodes well.
    pub home: VirtualNode,
    /// The replicas in order, each with its first point clockwise of the key; the owner is the first.
    pub replicas: Vec<VirtualNode>,
    /// Nodes passed over before the last replica was found, in ring order, each with its first point.
    pub skipped: Vec<Skipped>,
}

/// A node that was passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skipped {
    /// Its first point clockwise of the key.
    pub point: VirtualNode,
    /// Why.
    pub reason: SkipReason,
}

/// Why a node was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Its status may not answer.
    Status,
    /// Its zone had a replica already.
    Zone,
}

impl Snapshot {
    /// Explains where a key goes, given its token; `None` where no node is routable.
    pub fn explain(&self, token: Token, count: usize) -> Option<Explanation> {
        let mut slots = vec![0; count.min(self.placement.routable_count)];
        self.replicas(token, &mut slots, &mut ReplicaScratch::default());
        let first_points = self.first_points(token);
        let mut is_chosen = vec![false; self.slot_count()];
        slots.iter().for_each(|slot| is_chosen[usize::from(*slot)] = true);
        let mut point_of = vec![None; self.slot_count()];
        first_points.iter().for_each(|point| point_of[usize::from(point.slot)] = Some(*point));
        let replicas = slots.iter().filter_map(|slot| point_of[usize::from(*slot)]).collect();
        // By place in the order, not by distance: a node after the last replica may have the same token.
        let last = first_points.iter().rposition(|point| is_chosen[usize::from(point.slot)])?;
        let skipped = first_points[..last]
            .iter()
            .filter(|point| !is_chosen[usize::from(point.slot)])
            .map(|point| {
                let is_routable = self.is_routable(self.node(point.slot));
                Skipped {
                    point: *point,
                    reason: if is_routable { SkipReason::Zone } else { SkipReason::Status },
                }
            })
            .collect();
        Some(Explanation { token, home: first_points[0], replicas, skipped })
    }

    /// The first point of each node clockwise of `token`, nearest first.
    fn first_points(&self, token: Token) -> Vec<VirtualNode> {
        let first_of = |(slot, node): (u16, &std::sync::Arc<crate::node::Node>)| {
            let mut first = VirtualNode { token: 0, slot, number: u32::MAX };
            node.each_virtual_node(self.options.hash, 0..node.point_count, |number, place| {
                if number == 0 || distance(token, place) < distance(token, first.token) {
                    first = VirtualNode { token: place, slot, number };
                }
            });
            first
        };
        let mut points: Vec<_> = self.nodes().map(first_of).collect();
        // Nodes come in byte order of their ids, and a stable sort keeps that order for equal tokens.
        points.sort_by_key(|point| distance(token, point.token));
        points
    }
}
