//! The follow step: has a ring be as the members are.
//!
//! It has two inputs, which know nothing of each other. A *place* is what a member is on the ring with: it is
//! configured, and decides where tokens are. A *sight* is how a member is seen to be: it is observed, and
//! decides whether the member answers. The step brings the ring to both, as one change where the ring takes
//! it, and member by member where it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hypercache_core::{Error, NodeChange, NodeSpec, NodeStatus, Ring, Token};

/// What a member is on the ring with.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Where others reach it, for whoever asks the ring.
    pub address: String,
    /// Its share of points.
    pub weight: f64,
    /// Its failure domain.
    pub zone: Option<String>,
    /// Words for what it can do.
    pub capabilities: Vec<String>,
    /// Names and values.
    pub metadata: BTreeMap<String, String>,
    /// The tokens of its virtual nodes, where the ring's hash function is not ours.
    pub tokens: Option<Arc<[Token]>>,
}

/// How a member is seen to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Decides whether it answers.
    pub status: NodeStatus,
    /// How loaded it says that it is, 0 to 1, if it says.
    pub load: Option<f64>,
}

/// A member that the ring does not take as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The member.
    pub id: String,
    /// Why.
    pub error: Error,
}

/// Has one ring follow members. Nodes of the ring that are no members stay as they are.
pub struct Follow {
    ring: Arc<Ring>,
    places: BTreeMap<String, Place>,
    sights: BTreeMap<String, Sight>,
    /// Members whose place or sight has changed since the last step.
    changed: BTreeSet<String>,
    refused: BTreeMap<String, Error>,
    /// How often the ring had changed when those that it refuses were tried last.
    tried_at: u64,
}

impl Follow {
    /// Follows nobody yet.
    pub fn new(ring: Arc<Ring>) -> Self {
        let (places, sights, changed) = Default::default();
        Self { ring, places, sights, changed, refused: BTreeMap::new(), tried_at: 0 }
    }

    /// The ring that follows.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// A member is on the ring with this place, or not on it.
    pub fn place(&mut self, id: &str, place: Option<Place>) {
        if self.places.get(id) != place.as_ref() {
            self.changed.insert(id.into());
        }
        match place {
            Some(place) => drop(self.places.insert(id.into(), place)),
            None => drop(self.places.remove(id)),
        }
    }

    /// A member is seen to be like this, or not seen any more.
    pub fn observe(&mut self, id: &str, sight: Option<Sight>) {
        if self.sights.get(id) != sight.as_ref() {
            self.changed.insert(id.into());
        }
        match sight {
            Some(sight) => drop(self.sights.insert(id.into(), sight)),
            None => drop(self.sights.remove(id)),
        }
    }

    /// Brings the ring to places and sights, and tries again what it has refused before. Answers what it
    /// refuses now and did not before.
    pub fn step(&mut self, now_ms: f64) -> Vec<Refusal> {
        let changed = std::mem::take(&mut self.changed);
        let refusals = if self.settle_all(&changed, now_ms) {
            changed.iter().for_each(|id| drop(self.refused.remove(id)));
            Vec::new()
        } else {
            changed.iter().filter_map(|id| self.try_one(id, now_ms)).collect()
        };
        for id in &changed {
            self.set_load(id);
        }
        self.retry(now_ms);
        refusals
    }

    /// Members that the ring does not take as they are.
    pub fn refused(&self) -> &BTreeMap<String, Error> {
        &self.refused
    }

    /// Tries what the ring has refused, until it has not changed since.
    fn retry(&mut self, now_ms: f64) {
        while !self.refused.is_empty() && self.tried_at != self.ring.change_count() {
            self.tried_at = self.ring.change_count();
            let refused: Vec<String> = self.refused.keys().cloned().collect();
            for id in refused {
                self.try_one(&id, now_ms);
                self.set_load(&id);
            }
        }
    }

    /// All of them as one change. Answers whether the ring took it; else it is as it was.
    fn settle_all(&self, ids: &BTreeSet<String>, now_ms: f64) -> bool {
        let (present, absent): (Vec<_>, Vec<_>) = ids.iter().partition(|id| self.places.contains_key(*id));
        let specs = present.into_iter().filter_map(|id| self.spec(id)).collect();
        self.ring.merge_nodes(specs, &absent, now_ms).is_ok()
    }

    /// One of them. Answers the refusal that is new.
    fn try_one(&mut self, id: &str, now_ms: f64) -> Option<Refusal> {
        let Some(spec) = self.spec(id) else {
            self.refused.remove(id);
            return self
                .ring
                .merge_nodes(Vec::new(), &[id], now_ms)
                .err()
                .map(|error| self.refuse(id, error))?;
        };
        let status = spec.status;
        match self.ring.merge_nodes::<&str>(vec![spec], &[], now_ms) {
            Ok(_) => {
                self.refused.remove(id);
                None
            }
            Err(error) => {
                // The place is refused, and the node keeps the one that it has, if any. How it is seen to be
                // counts all the same: its id is the only thing that can stand against that.
                let _ = self.ring.update_node(id, NodeChange { status, ..NodeChange::default() }, now_ms);
                self.refuse(id, error)
            }
        }
    }

    fn refuse(&mut self, id: &str, error: Error) -> Option<Refusal> {
        let before = self.refused.insert(id.into(), error.clone());
        (before.as_ref() != Some(&error)).then(|| Refusal { id: id.into(), error })
    }

    fn set_load(&self, id: &str) {
        if let Some(load) = self.sights.get(id).and_then(|sight| sight.load) {
            // Of a node that the ring has refused, nobody asks for the load.
            let _ = self.ring.update_node_load(id, load);
        }
    }

    fn spec(&self, id: &str) -> Option<NodeSpec> {
        let place = self.places.get(id)?.clone();
        Some(NodeSpec {
            id: id.into(),
            address: Some(place.address),
            weight: Some(place.weight),
            zone: place.zone,
            status: self.sights.get(id).map(|sight| sight.status),
            capabilities: place.capabilities,
            metadata: place.metadata,
            tokens: place.tokens,
        })
    }
}
