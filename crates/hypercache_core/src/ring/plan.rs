//! Changes that can be looked at before they are made.

use std::collections::HashSet;
use std::sync::Arc;

use hypercache_types::{Error, shortened};
use parking_lot::Mutex;

use super::draft::Draft;
use super::movement::Movement;
use super::snapshot::Snapshot;
use crate::node::{NodeChange, NodeSpec};

/// A change of several parts, made as one. An id may be in one part only, once.
#[derive(Clone, Debug, Default)]
pub struct PlannedChange {
    /// Nodes that come.
    pub add: Vec<NodeSpec>,
    /// Ids of nodes that go.
    pub remove: Vec<String>,
    /// Ids of nodes that change, and how.
    pub update: Vec<(String, NodeChange)>,
    /// The whole list, in place of the other parts.
    pub set: Option<Vec<NodeSpec>>,
}

/// A change that is worked out and not made: what it moves is known, the ring is as it was.
#[derive(Debug)]
pub struct Plan {
    change: PlannedChange,
    movement: Movement,
    /// Held while it is applied.
    pub(crate) is_applied: Mutex<bool>,
}

impl PlannedChange {
    fn check(&self) -> Result<(), Error> {
        let parts = [self.add.is_empty(), self.remove.is_empty(), self.update.is_empty()];
        let is_empty = parts.iter().all(|is_empty| *is_empty);
        if self.set.is_some() != is_empty {
            let problem = if is_empty {
                "asks for nothing; it must have nodes to add, ids to remove, updates, or a set"
            } else {
                "has a set beside other parts; a set is the whole list and stands alone"
            };
            return Err(Error::InvalidPlan(problem.into()));
        }
        let mut seen = HashSet::new();
        let added = self.add.iter().map(|spec| &spec.id);
        let updated = self.update.iter().map(|(id, _)| id);
        match added.chain(&self.remove).chain(updated).find(|id| !seen.insert(id.as_str())) {
            Some(twice) => Err(Error::DuplicateNode(shortened(twice))),
            None => Ok(()),
        }
    }

    fn apply(&self, draft: &mut Draft<'_>) -> Result<(), Error> {
        if let Some(nodes) = &self.set {
            return draft.set(nodes.clone()).map(drop);
        }
        draft.remove(&self.remove)?;
        for (id, change) in &self.update {
            draft.update(id, change.clone())?;
        }
        draft.add(self.add.clone())
    }
}

impl Plan {
    /// Works a change out.
    ///
    /// # Errors
    /// As the change itself; a change that asks for nothing, or has a set beside other parts.
    pub(crate) fn new(before: Arc<Snapshot>, change: PlannedChange, now_ms: f64) -> Result<Self, Error> {
        change.check()?;
        let mut draft = Draft::new(&before, now_ms);
        change.apply(&mut draft)?;
        let after = draft.finish()?.map_or_else(|| before.clone(), |next| Arc::new(next.snapshot));
        let movement = Movement::new(before, after)?;
        Ok(Self { change, movement, is_applied: Mutex::new(false) })
    }

    /// What it moves.
    pub fn movement(&self) -> &Movement {
        &self.movement
    }

    /// Makes the change on a draft of the ring as it is now. The caller is the only writer.
    pub(crate) fn redo(&self, draft: &mut Draft<'_>, now: &Snapshot) -> Result<(), Error> {
        let before = &*self.movement.before;
        // A set says what every node is to be: it would undo whatever has come since.
        let undoes = self.change.set.is_some() && !std::ptr::eq(now, before);
        if undoes || now.version != before.version {
            return Err(self.outdated(now));
        }
        // It was legal when it was planned. At one version nodes can come, go and change that answer nothing.
        self.change.apply(draft).map_err(|_| self.outdated(now))
    }

    /// Checks that what comes out, made on `now`, is what was shown.
    pub(crate) fn check(&self, now: &Snapshot, next: &Snapshot) -> Result<(), Error> {
        if next.checksum() == self.movement.after.checksum() { Ok(()) } else { Err(self.outdated(now)) }
    }

    fn outdated(&self, now: &Snapshot) -> Error {
        Error::PlanOutdated { planned: self.movement.before.version, current: now.version }
    }
}
