//! A snapshot in the making. Nothing of it is seen until it is finished and swapped in; dropping it undoes
//! everything.

use std::collections::HashSet;
use std::sync::Arc;

use hypercache_types::{Error, shortened};

use super::options::RingOptions;
use super::placement::Placement;
use super::points::{Point, PointChange, Points, sort_tokens};
use super::snapshot::Snapshot;
use super::table::NodeTable;
use crate::node::{Node, NodeChange, NodeSpec};

/// Rings of up to this many points are scanned for those of a node that goes.
const SCANNED_POINTS_MAX: usize = 8_192;

/// A finished draft.
pub(crate) struct Next {
    pub snapshot: Snapshot,
    /// Nodes that are no longer there.
    pub gone: Vec<Arc<Node>>,
}

pub(crate) struct Draft<'a> {
    old: &'a Snapshot,
    now_ms: f64,
    table: NodeTable,
    gone: Vec<Arc<Node>>,
    point_changes: Vec<CountChange>,
    is_changed: bool,
    is_zone_changed: bool,
}

/// A node's number of points among those searched, before and after.
struct CountChange {
    slot: u16,
    /// The version of it that has more points.
    node: Arc<Node>,
    before: u32,
    after: u32,
}

/// What [`super::Ring::set_nodes`] found to do, in byte order of the ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetOutcome {
    /// Ids that came.
    pub added: Vec<Arc<str>>,
    /// Ids that went.
    pub removed: Vec<Arc<str>>,
    /// Ids of nodes of which something changed.
    pub updated: Vec<Arc<str>>,
}

impl<'a> Draft<'a> {
    pub fn new(old: &'a Snapshot, now_ms: f64) -> Self {
        Self {
            old,
            now_ms,
            table: old.table.clone(),
            gone: Vec::new(),
            point_changes: Vec::new(),
            is_changed: false,
            is_zone_changed: false,
        }
    }

    pub fn add(&mut self, specs: Vec<NodeSpec>) -> Result<(), Error> {
        let nodes = specs.into_iter().map(|spec| Node::new(spec, &self.old.options, self.now_ms));
        let slots = self.table.insert(nodes.collect::<Result<_, _>>()?)?;
        self.is_changed |= !slots.is_empty();
        for slot in slots {
            let node = self.table.node(slot).clone();
            let after = self.searched(&node);
            self.count(slot, node, 0, after);
        }
        Ok(())
    }

    pub fn remove<T: AsRef<str>>(&mut self, ids: &[T]) -> Result<(), Error> {
        let mut slots = Vec::with_capacity(ids.len());
        let mut seen = HashSet::new();
        for id in ids.iter().map(AsRef::as_ref) {
            let slot = self.table.slot(id)?;
            if !seen.insert(slot) {
                return Err(Error::DuplicateNode(self.table.node(slot).id.to_string()));
            }
            let node = self.table.node(slot).clone();
            let before = self.searched(&node);
            self.gone.push(node.clone());
            self.count(slot, node, before, 0);
            slots.push(slot);
        }
        self.is_changed |= !slots.is_empty();
        self.table.remove(&slots);
        Ok(())
    }

    /// Answers whether the change changes anything.
    pub fn update(&mut self, id: &str, change: NodeChange) -> Result<bool, Error> {
        let slot = self.table.slot(id)?;
        let old = self.table.node(slot).clone();
        let Some(new) = old.changed(change, self.options(), self.now_ms)? else {
            return Ok(false);
        };
        let new = Arc::new(new);
        let (before, after) = (self.searched(&old), self.searched(&new));
        self.is_zone_changed |= self.options().zone_aware && after > 0 && old.zone != new.zone;
        self.is_changed = true;
        self.count(slot, if after > before { new.clone() } else { old }, before, after);
        self.table.replace(slot, new);
        Ok(true)
    }

    /// Makes the nodes those of the list, by the least change.
    pub fn set(&mut self, specs: Vec<NodeSpec>) -> Result<SetOutcome, Error> {
        let wanted: HashSet<&str> = specs.iter().map(|spec| spec.id.as_str()).collect();
        let others = self.table.iter().filter(|(_, node)| !wanted.contains(&*node.id));
        let absent: Vec<_> = others.map(|(_, node)| node.id.clone()).collect();
        self.merge(specs, &absent)
    }

    /// Has nodes be as described, or be gone; the others stay. An absent one that is not there is no error.
    pub fn merge<T: AsRef<str>>(
        &mut self,
        present: Vec<NodeSpec>,
        absent: &[T],
    ) -> Result<SetOutcome, Error> {
        let mut seen = HashSet::with_capacity(present.len() + absent.len());
        let mut ids = present.iter().map(|spec| spec.id.as_str()).chain(absent.iter().map(AsRef::as_ref));
        if let Some(twice) = ids.find(|id| !seen.insert(*id)) {
            return Err(Error::DuplicateNode(shortened(twice)));
        }
        let gone = absent.iter().filter_map(|id| self.table.find(id.as_ref()));
        let removed: Vec<_> = gone.map(|slot| self.table.node(slot).id.clone()).collect();
        self.remove(&removed)?;
        let mut outcome = SetOutcome { removed, ..SetOutcome::default() };
        let (known, new): (Vec<_>, Vec<_>) =
            present.into_iter().partition(|spec| self.table.find(&spec.id).is_some());
        for spec in known {
            let id = spec.id.clone();
            if self.update(&id, spec.into())? {
                outcome.updated.push(id.into());
            }
        }
        outcome.added.extend(new.iter().map(|spec| Arc::from(spec.id.as_str())));
        self.add(new)?;
        outcome.added.sort_unstable();
        outcome.updated.sort_unstable();
        Ok(outcome)
    }

    /// The snapshot, or `None` where nothing changed at all.
    pub fn finish(self) -> Result<Option<Next>, Error> {
        if !self.is_changed {
            return Ok(None);
        }
        self.table.check_point_total()?;
        let options = self.old.options;
        let is_moved = !self.point_changes.is_empty() || self.is_zone_changed;
        let placement = if is_moved {
            Arc::new(Placement::new(self.points(), &self.table, &options))
        } else {
            self.old.placement.clone()
        };
        let version = self.old.version + u64::from(is_moved);
        let snapshot = Snapshot::new(options, version, self.table, placement);
        Ok(Some(Next { snapshot, gone: self.gone }))
    }

    fn options(&self) -> &RingOptions {
        &self.old.options
    }

    /// How many points of a node are searched.
    fn searched(&self, node: &Node) -> u32 {
        if self.old.is_routable(node) { node.point_count } else { 0 }
    }

    fn count(&mut self, slot: u16, node: Arc<Node>, before: u32, after: u32) {
        if before != after {
            self.point_changes.push(CountChange { slot, node, before, after });
        }
    }

    /// The points to be searched: the old ones, edited, where that is the smaller work.
    fn points(&self) -> Points {
        let old = &self.old.placement.points;
        let edit_count: usize =
            self.point_changes.iter().map(|change| change.before.abs_diff(change.after) as usize).sum();
        if edit_count > old.len() / 2 {
            return self.points_anew();
        }
        let changes: Vec<_> = self.point_changes.iter().map(|change| self.point_change(change)).collect();
        let (new_table, old_table) = (&self.table, &self.old.table);
        old.splice(
            &changes,
            |new, old| new_table.node(new).id.cmp(&old_table.node(old).id),
            |a, b| new_table.node(a).id.cmp(&new_table.node(b).id),
        )
    }

    fn points_anew(&self) -> Points {
        let mut points = Vec::with_capacity(self.table.point_total() as usize);
        for (slot, node) in self.table.routable(self.options().routable) {
            let range = 0..node.point_count;
            node.each_virtual_node(self.options().hash, range, |_, token| points.push(Point { token, slot }));
        }
        Points::build(&points, |a, b| self.table.node(a).id.cmp(&self.table.node(b).id))
    }

    /// What a change does to the points: it always adds or cuts the virtual nodes with the highest numbers.
    fn point_change(&self, change: &CountChange) -> PointChange {
        let slot = change.slot;
        if change.after == 0 && self.old.placement.points.len() <= SCANNED_POINTS_MAX {
            return PointChange::CutAll { slot };
        }
        let range = change.before.min(change.after)..change.before.max(change.after);
        let mut tokens = Vec::with_capacity(range.len());
        change.node.each_virtual_node(self.options().hash, range, |_, token| tokens.push(token));
        let tokens = sort_tokens(tokens);
        if change.after < change.before {
            PointChange::Cut { slot, tokens }
        } else {
            PointChange::Add { slot, tokens }
        }
    }
}
