//! What this member knows of the others: what SWIM says, what they say themselves, and what follows from
//! both.

use foca::{Member, State as SwimState};

use super::details::MemberDetails;
use super::state::Engine;
use crate::identity::Identity;
use crate::message::PROTOCOL_VERSION_MIN;

/// Members that are remembered at most.
pub(super) const MEMBERS_MAX: usize = 65_535;

impl Engine {
    /// What SWIM says of another member.
    pub(super) fn member(&self, id: &str) -> Option<&Member<Identity>> {
        self.swim.member(id).filter(|member| member.id().id != self.options.id)
    }

    /// The newest generation of another member.
    pub(super) fn identity_of(&self, id: &str) -> Option<&Identity> {
        self.member(id).map(Member::id)
    }

    pub(super) fn is_live(&self, id: &str) -> bool {
        self.swim.member(id).is_some_and(|member| member.state() != SwimState::Down)
    }

    /// Whether a member is this one, or is live and has not said that it leaves.
    pub(super) fn is_own_or_present(&self, id: &str) -> bool {
        let is_staying = |identity: &Identity| !self.has_left(identity);
        id == self.options.id || self.is_live(id) && self.identity_of(id).is_some_and(is_staying)
    }

    /// Members that are dead and have not said that they leave.
    pub(super) fn dead(&self) -> impl Iterator<Item = &String> {
        let is_dead =
            |member: &&Member<Identity>| member.state() == SwimState::Down && !self.has_left(member.id());
        let ids = self.swim.members().filter(is_dead).map(|member| &member.id().id);
        ids.filter(|id| **id != self.options.id)
    }

    /// Whether a member has said that this generation of it leaves.
    pub(super) fn has_left(&self, identity: &Identity) -> bool {
        let details = self.details.get(&identity.id);
        details.is_some_and(|details| details.has_left(identity.generation.started_at_ms))
    }

    /// What else is known of a member that SWIM knows. Whoever changes its record, its format or whether it
    /// leaves says so by [`Engine::touch`].
    pub(super) fn details_mut(&mut self, id: &str) -> Option<&mut MemberDetails> {
        self.member(id)?;
        if !self.details.contains_key(id) && self.details.len() >= MEMBERS_MAX {
            return None;
        }
        Some(self.details.entry(id.into()).or_default())
    }

    /// Has what follows from the details of a member be worked out again.
    pub(super) fn touch(&mut self, id: &str) {
        self.touched.insert(id.into());
    }

    /// Works out what follows from all that has changed of members: it costs nothing where nothing has.
    pub(super) fn follow_members(&mut self) {
        let mut changed = std::mem::take(&mut self.touched);
        changed.extend(self.swim.take_changed());
        if changed.is_empty() {
            return;
        }
        self.common_protocol_version = None;
        for id in &changed {
            self.follow_member(id);
        }
        self.unpublished.append(&mut changed);
    }

    fn follow_member(&mut self, id: &str) {
        let live = self.member(id).filter(|member| member.state() != SwimState::Down);
        let version = self.details.get(id).map(MemberDetails::version).unwrap_or_default();
        let is_without_record =
            live.is_some_and(|member| member.id().generation.started_at_ms != version.started_at_ms);
        // Who leaves says itself that it is dead.
        let staying = live.filter(|member| !self.has_left(member.id()));
        self.swim.set_living(id, staying.map(|member| (member.id().generation, member.incarnation())));
        self.swim.set_trusted(id, !staying.is_some_and(|member| self.is_deaf(member.id())));
        let address = staying.map(|member| member.id().address);
        if is_without_record {
            self.without_record.insert(id.into());
        } else {
            self.without_record.remove(id);
        }
        self.addresses.set(id, address);
    }

    /// The newest format that every live member understands: datagrams are passed on.
    pub(super) fn common_protocol_version(&mut self) -> u8 {
        self.follow_members();
        let known = self.common_protocol_version.unwrap_or_else(|| {
            let theirs = self.swim.live().map(|member| self.protocol_version_of(member.id()));
            theirs.fold(self.options.protocol_version, u8::min)
        });
        self.common_protocol_version = Some(known);
        known
    }

    /// The newest format that a member and this one understand, as far as is known.
    pub(super) fn protocol_version_of(&self, identity: &Identity) -> u8 {
        let told = self.details.get(&identity.id).and_then(|details| details.protocol_version);
        let is_of_generation =
            |(started_at_ms, _): &(u64, u8)| *started_at_ms == identity.generation.started_at_ms;
        told.filter(is_of_generation)
            .map_or(PROTOCOL_VERSION_MIN, |(_, theirs)| theirs.min(self.options.protocol_version))
    }

    pub(super) fn understands(&self, protocol_version: u8) -> bool {
        (PROTOCOL_VERSION_MIN..=self.options.protocol_version).contains(&protocol_version)
    }
}
