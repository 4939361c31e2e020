//! The nodes of one snapshot, by slot and by id.

use std::sync::Arc;

use hypercache_types::{Error, NODES_MAX, POINTS_MAX, StatusSet, shortened};

use crate::node::Node;

/// A slot is a node's small number while it is in the ring. Slots of nodes that are gone are given again,
/// so the table is never larger than the most nodes there were at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeTable {
    slots: Vec<Option<Arc<Node>>>,
    free: Vec<u16>,
    /// Slots in byte order of their ids: to find an id, and to list nodes the same way everywhere.
    by_id: Vec<u16>,
    /// Rises with each change that gives a slot a name.
    version: u64,
    /// Points of all nodes, whatever their status.
    point_total: u64,
}

impl NodeTable {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Number of slots, free ones included.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// The node of a slot that is in use.
    pub fn node(&self, slot: u16) -> &Arc<Node> {
        self.slots[usize::from(slot)].as_ref().expect("a point or an id leads only to a slot in use")
    }

    /// Slots and nodes in byte order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Arc<Node>)> {
        self.by_id.iter().map(|slot| (*slot, self.node(*slot)))
    }

    /// Those whose status may answer.
    pub fn routable(&self, statuses: StatusSet) -> impl Iterator<Item = (u16, &Arc<Node>)> {
        self.iter().filter(move |(_, node)| statuses.contains(node.status))
    }

    pub fn find(&self, id: &str) -> Option<u16> {
        let at = self.by_id.binary_search_by(|slot| (*self.node(*slot).id).cmp(id)).ok()?;
        Some(self.by_id[at])
    }

    /// The slot of a node that must be there.
    pub fn slot(&self, id: &str) -> Result<u16, Error> {
        self.find(id).ok_or_else(|| Error::UnknownNode(shortened(id)))
    }

    pub fn replace(&mut self, slot: u16, node: Arc<Node>) {
        self.point_total -= u64::from(self.node(slot).point_count);
        self.point_total += u64::from(node.point_count);
        self.slots[usize::from(slot)] = Some(node);
    }

    pub fn remove(&mut self, slots: &[u16]) {
        for slot in slots {
            self.point_total -= u64::from(self.node(*slot).point_count);
            self.slots[usize::from(*slot)] = None;
            self.free.push(*slot);
        }
        self.by_id.retain(|slot| self.slots[usize::from(*slot)].is_some());
    }

    /// Puts nodes in, all under one new version. Answers their slots.
    pub fn insert(&mut self, nodes: Vec<Node>) -> Result<Vec<u16>, Error> {
        let count = self.len() + nodes.len();
        if count > NODES_MAX {
            return Err(Error::TooManyNodes(count));
        }
        self.version += u64::from(!nodes.is_empty());
        let mut slots = Vec::with_capacity(nodes.len());
        for mut node in nodes {
            node.named_at = self.version;
            self.point_total += u64::from(node.point_count);
            let slot = self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                (self.slots.len() - 1) as u16
            });
            self.slots[usize::from(slot)] = Some(Arc::new(node));
            slots.push(slot);
        }
        self.order(&slots)?;
        Ok(slots)
    }

    /// Points of all nodes, whatever their status.
    pub fn point_total(&self) -> u64 {
        self.point_total
    }

    /// Checks the number of points.
    pub fn check_point_total(&self) -> Result<(), Error> {
        let total = self.point_total;
        if total > u64::from(POINTS_MAX) { Err(Error::TooManyPoints(total as f64)) } else { Ok(()) }
    }

    /// Brings new slots into `by_id`. Refuses an id that is there twice.
    fn order(&mut self, new: &[u16]) -> Result<(), Error> {
        let repeated = if let [slot] = new {
            let id = &self.node(*slot).id;
            let at = self.by_id.partition_point(|other| self.node(*other).id < *id);
            let repeated = self.by_id.get(at).is_some_and(|other| self.node(*other).id == *id);
            self.by_id.insert(at, *slot);
            repeated.then_some(*slot)
        } else {
            let mut by_id = std::mem::take(&mut self.by_id);
            by_id.extend_from_slice(new);
            by_id.sort_by(|a, b| self.node(*a).id.cmp(&self.node(*b).id));
            self.by_id = by_id;
            let mut pairs = self.by_id.windows(2);
            pairs.find(|pair| self.node(pair[0]).id == self.node(pair[1]).id).map(|pair| pair[0])
        };
        repeated.map_or(Ok(()), |slot| Err(Error::DuplicateNode(shortened(&self.node(slot).id))))
    }
}
