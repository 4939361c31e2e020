//! What this member believes of what others tell.

use std::time::Duration;

use foca::{Member, State as SwimState};
use rand::RngExt;

use super::outbound::OutboundRequest;
use super::schedule::Task;
use super::state::Engine;
use crate::identity::Identity;
use crate::message::{
    EncodedRecord, Hello, MemberEntry, PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN, PushPullState, Rumor,
};
use crate::record::{Claim, Record};

impl Engine {
    /// Takes over what somebody else knows.
    pub(super) fn merge(&mut self, hello: &Hello, state: PushPullState) {
        let mut updates = Vec::new();
        let is_trusted = !self.is_deaf(&hello.identity);
        for entry in &state.entries {
            self.merge_entry(entry, is_trusted, &mut updates);
        }
        self.swim.merge(updates);
        self.merge_protocol_version(hello);
        for EncodedRecord { id, bytes } in state.records {
            match Record::decode(&bytes) {
                Some(record) => self.merge_record(id, record),
                None => self.count_drop("unfit record"),
            }
        }
        for entry in state.entries {
            if let Some(ring) = entry.ring {
                self.merge_ring(entry.identity.id, ring);
            }
        }
        for broadcast in state.broadcasts {
            self.merge_broadcast(broadcast);
        }
    }

    /// What to believe of an entry of somebody else's view.
    fn merge_entry(&mut self, entry: &MemberEntry, is_trusted: bool, updates: &mut Vec<Member<Identity>>) {
        let identity = &entry.identity;
        let update = || Member::new(identity.clone(), entry.incarnation, entry.state);
        if identity.id == self.options.id {
            // What they say of me: foca refutes a suspicion.
            if identity == self.identity() && entry.state != SwimState::Alive {
                updates.push(update());
            }
            return self.merge_own_entry(entry);
        }
        let Some(known) = self.member(&identity.id) else {
            // A dead member is one that is forgotten here, or was never known.
            if entry.state != SwimState::Down {
                updates.push(update());
            }
            return;
        };
        let is_known_generation = known.id() == identity;
        let is_earlier = identity.generation < known.id().generation;
        let has_left = self.has_left(identity);
        match (entry.state, known.state()) {
            // A later generation than the one that is known: that one has been there before, where a clock
            // has gone back.
            (SwimState::Down, SwimState::Alive | SwimState::Suspect) if !is_earlier && !has_left => {
                self.verify(&identity.id);
            }
            (SwimState::Alive | SwimState::Suspect, SwimState::Down) if is_known_generation && !has_left => {
                self.contact_dead(&identity.id);
            }
            (SwimState::Suspect, SwimState::Alive) if is_known_generation && !is_trusted => {}
            _ => updates.push(update()),
        }
    }

    fn merge_protocol_version(&mut self, hello: &Hello) {
        let (id, started_at_ms) = (&hello.identity.id, hello.identity.generation.started_at_ms);
        let told =
            Some((started_at_ms, hello.protocol_version.clamp(PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX)));
        if let Some(details) = self.details_mut(id)
            && details.protocol_version != told
        {
            details.protocol_version = told;
            self.touch(id);
        }
    }

    fn merge_record(&mut self, id: String, record: Record) {
        let Some(known) = self.identity_of(&id).map(|identity| identity.generation) else { return };
        let Some(details) = self.details_mut(&id) else { return };
        let version = record.version;
        // A generation that nobody has heard of has no record.
        if version.started_at_ms > known.started_at_ms || version <= details.version() {
            return;
        }
        let is_leaving = record.claim == Claim::Leaving;
        if is_leaving {
            details.left_at_ms = details.left_at_ms.max(Some(version.started_at_ms));
        }
        details.record = Some(record);
        self.touch(&id);
        self.spread(&Rumor::Record { id, version, is_leaving });
    }

    /// Asks a member that somebody suspects, if this is one of the few members that do: what is lost between
    /// two members is not lost between all.
    pub(super) fn help_verify(&mut self, id: &str) {
        let helpers = self.options.timing.indirect_probe_count;
        if self.rng.random_range(0..self.swim.live_count().max(1)) < helpers {
            self.verify(id);
        }
    }

    /// Asks a member whether it is there: at once, and again while it is suspected.
    pub(super) fn verify(&mut self, id: &str) {
        let again = self.options.timing.probe_interval;
        if self.is_live(id) && self.push_pull_unless_quiet(id, again) {
            self.schedule.add(again, Task::VerifySuspect(id.into()));
        }
    }

    /// Somebody says that a dead member lives: it is to hear that it is dead here.
    fn contact_dead(&mut self, id: &str) {
        self.push_pull_unless_quiet(id, self.options.timing.sync_interval);
    }

    /// Asks a member out of turn, and then not again for a while. Answers whether it did.
    fn push_pull_unless_quiet(&mut self, id: &str, rest: Duration) -> bool {
        let time = self.schedule.time();
        let Some(details) = self.details.get_mut(id).filter(|details| details.quiet_until <= time) else {
            return false;
        };
        details.quiet_until = time + rest;
        self.start_request(OutboundRequest::PushPull(id.into()));
        true
    }
}
