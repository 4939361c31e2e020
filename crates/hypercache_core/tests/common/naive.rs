//! The ring once more, from the contract alone and by the plainest means: every answer is a scan over all
//! points. It shares no placement code with the crate.

use std::collections::HashSet;

use hypercache_core::{HashFunction, NodeSpec, NodeStatus};
use sha2::{Digest, Sha256};
use xxhash_rust::xxh64::xxh64;

use super::random::Change;

/// Bits of a token that the tests' custom hash function makes.
pub const CUSTOM_MASK: u64 = 0xFFF0_0000_0000_0FFF;

/// A node and what has been observed of it.
#[derive(Clone, Debug)]
pub struct NaiveNode {
    /// What it was told to be, with its defaults filled in.
    pub spec: NodeSpec,
    pub load: f64,
    pub status_since_ms: f64,
}

/// One virtual node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NaivePoint {
    pub token: u64,
    pub id: String,
    pub number: u32,
}

/// A mistake made on purpose, to see that a comparison finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A point does not own its own token.
    StrictlyAbove,
    /// Nodes answer whatever their status.
    IgnoresStatus,
    /// Zones do not matter.
    IgnoresZones,
    /// Of equal tokens the larger id comes first.
    TiesBackwards,
    /// A weight rounds down.
    RoundsDown,
}

/// The model.
#[derive(Clone, Debug)]
pub struct NaiveRing {
    pub hash: HashFunction,
    pub virtual_node_count: u32,
    pub routable: Vec<NodeStatus>,
    pub zone_aware: bool,
    pub nodes: Vec<NaiveNode>,
    pub fault: Option<Fault>,
    /// All points in ring order, made anew by each change.
    pub points: Vec<NaivePoint>,
}

impl NaiveRing {
    pub fn token(&self, bytes: &[u8]) -> u64 {
        match self.hash {
            HashFunction::Xxhash64 { seed } => xxh64(bytes, seed),
            HashFunction::Sha256 => {
                let first: [u8; 8] = Sha256::digest(bytes)[..8].try_into().expect("eight bytes");
                u64::from_be_bytes(first)
            }
            // Any function will do, so one whose tokens sometimes collide.
            HashFunction::Custom => xxh64(bytes, 0) & CUSTOM_MASK,
        }
    }

    pub fn point_count_of(&self, node: &NaiveNode) -> u32 {
        let exact = node.spec.weight.expect("filled in") * f64::from(self.virtual_node_count);
        let rounded = if self.fault == Some(Fault::RoundsDown) { exact } else { exact + 0.5 };
        (rounded.floor() as u32).max(1)
    }

    pub fn is_routable(&self, id: &str) -> bool {
        let node = self.nodes.iter().find(|node| node.spec.id == id).expect("a point has a node");
        self.answers(node)
    }

    fn answers(&self, node: &NaiveNode) -> bool {
        self.fault == Some(Fault::IgnoresStatus)
            || self.routable.contains(&node.spec.status.expect("filled in"))
    }

    /// Makes the points anew.
    pub fn place(&mut self) {
        let mut points = Vec::new();
        for node in &self.nodes {
            for number in 0..self.point_count_of(node) {
                let token = self.token(format!("{}:{number}", node.spec.id).as_bytes());
                points.push(NaivePoint { token, id: node.spec.id.clone(), number });
            }
        }
        points.sort_by(|a, b| {
            let by_id = a.id.as_bytes().cmp(b.id.as_bytes());
            let by_id = if self.fault == Some(Fault::TiesBackwards) { by_id.reverse() } else { by_id };
            a.token.cmp(&b.token).then(by_id).then(a.number.cmp(&b.number))
        });
        self.points = points;
    }

    /// All points, from the first at or above the token, once around.
    pub fn clockwise(&self, token: u64) -> impl Iterator<Item = &NaivePoint> {
        let is_reached = |point: &NaivePoint| match self.fault {
            Some(Fault::StrictlyAbove) => point.token > token,
            _ => point.token >= token,
        };
        let start = self.points.iter().position(is_reached).unwrap_or(0);
        self.points[start..].iter().chain(&self.points[..start])
    }

    pub fn home(&self, token: u64) -> Option<&NaivePoint> {
        self.clockwise(token).next()
    }

    /// Every routable node in the order in which replicas are chosen, each with its first point.
    pub fn order(&self, token: u64) -> Vec<&NaivePoint> {
        let routable: HashSet<_> =
            self.nodes.iter().filter(|node| self.answers(node)).map(|node| node.spec.id.as_str()).collect();
        // Only a node's first point clockwise ever matters: what is taken there is taken, what is refused
        // there is refused at its later points of the same round.
        let mut seen = HashSet::new();
        let mut left: Vec<_> = self
            .clockwise(token)
            .filter(|point| routable.contains(&*point.id) && seen.insert(point.id.as_str()))
            .collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let mut used_zones = HashSet::new();
            let (taken, later): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|point| used_zones.insert(self.zone_of(&point.id)));
            order.extend(taken);
            left = later;
        }
        order
    }

    /// The zone, and the id where that is what tells nodes apart.
    fn zone_of(&self, id: &str) -> (Option<&str>, Option<&str>) {
        let node = self.nodes.iter().find(|node| node.spec.id == id).expect("a point has a node");
        let counts = self.zone_aware && self.fault != Some(Fault::IgnoresZones);
        match node.spec.zone.as_deref() {
            Some(zone) if counts => (Some(zone), None),
            _ => (None, Some(&node.spec.id)),
        }
    }

    /// What the version follows: it rises exactly when this changes.
    pub fn placement(&self) -> Vec<(String, u32, Option<String>)> {
        let routable = self.nodes.iter().filter(|node| self.answers(node));
        let zone = |node: &NaiveNode| node.spec.zone.clone().filter(|_| self.zone_aware);
        let mut placement: Vec<_> =
            routable.map(|node| (node.spec.id.clone(), self.point_count_of(node), zone(node))).collect();
        placement.sort();
        placement
    }

    /// Makes a change that is known to be legal.
    pub fn apply(&mut self, change: Change, now_ms: f64) {
        match change {
            Change::Add(specs) => specs.into_iter().for_each(|spec| self.nodes.push(fresh(spec, now_ms))),
            Change::Remove(ids) => self.nodes.retain(|node| !ids.contains(&node.spec.id)),
            Change::Load(id, load) => self.node(&id).load = load,
            Change::Update(id, change) => {
                let node = self.node(&id);
                if change.status.is_some_and(|status| Some(status) != node.spec.status) {
                    node.status_since_ms = now_ms;
                }
                let spec = &mut node.spec;
                spec.status = change.status.or(spec.status);
                spec.weight = change.weight.or(spec.weight);
                spec.zone = change.zone.unwrap_or(spec.zone.take());
                spec.address = change.address.unwrap_or(spec.address.take());
                spec.metadata = change.metadata.unwrap_or(std::mem::take(&mut spec.metadata));
            }
            Change::Set(specs) => self.set(specs, now_ms),
        }
        self.place();
    }

    fn node(&mut self, id: &str) -> &mut NaiveNode {
        self.nodes.iter_mut().find(|node| node.spec.id == id).expect("a node of the ring")
    }

    fn set(&mut self, specs: Vec<NodeSpec>, now_ms: f64) {
        let old = std::mem::take(&mut self.nodes);
        self.nodes.extend(specs.into_iter().map(|spec| {
            let Some(known) = old.iter().find(|node| node.spec.id == spec.id) else {
                return fresh(spec, now_ms);
            };
            let status = spec.status.or(known.spec.status);
            let is_same_status = status == known.spec.status;
            NaiveNode {
                load: known.load,
                status_since_ms: if is_same_status { known.status_since_ms } else { now_ms },
                ..fresh(NodeSpec { status, ..spec }, now_ms)
            }
        }));
    }
}

fn fresh(spec: NodeSpec, now_ms: f64) -> NaiveNode {
    let (weight, status) = (spec.weight.or(Some(1.0)), spec.status.or(Some(NodeStatus::Alive)));
    NaiveNode { spec: NodeSpec { weight, status, ..spec }, load: 0.0, status_since_ms: now_ms }
}
