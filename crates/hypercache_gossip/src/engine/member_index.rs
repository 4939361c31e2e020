//! The members that foca knows, by their ids. Foca keeps a list, in which finding one is a walk over all.

use std::collections::{BTreeMap, BTreeSet};

use foca::{Member, State};

use crate::identity::Identity;

/// What foca's list has, found in O(log n), and which of it has changed.
#[derive(Default)]
pub struct MemberIndex {
    by_id: BTreeMap<String, Member<Identity>>,
    /// Ids that are not as they were when this was last taken.
    changed: BTreeSet<String>,
}

impl MemberIndex {
    /// Takes over how a member is now.
    pub fn set(&mut self, member: Member<Identity>) {
        let id = &member.id().id;
        if self.by_id.get(id) != Some(&member) {
            self.changed.insert(id.clone());
            self.by_id.insert(id.clone(), member);
        }
    }

    /// Forgets a member, unless it lives, or is another process now.
    pub fn remove_dead(&mut self, identity: &Identity) {
        let is_dead = |member: &Member<Identity>| member.id() == identity && member.state() == State::Down;
        if self.by_id.get(&identity.id).is_some_and(is_dead) {
            self.by_id.remove(&identity.id);
            self.changed.insert(identity.id.clone());
        }
    }

    /// The member with an id.
    pub fn get(&self, id: &str) -> Option<&Member<Identity>> {
        self.by_id.get(id)
    }

    /// All members, dead ones too, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Member<Identity>> {
        self.by_id.values()
    }

    /// Takes the ids of members that have come, changed or gone.
    pub fn take_changed(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.changed)
    }

    /// Whether it has just what a list has.
    pub fn is_of<'a>(&self, mut list: impl ExactSizeIterator<Item = &'a Member<Identity>>) -> bool {
        list.len() == self.by_id.len() && list.all(|member| self.get(&member.id().id) == Some(member))
    }
}
