//! What a member tells of what it knows.

use std::collections::BTreeMap;

use foca::State as SwimState;
use xxhash_rust::xxh64::Xxh64;

use super::state::Engine;
use crate::message::{EncodedRecord, Hello, MemberEntry, PushPullState, encoded};

impl Engine {
    pub(super) fn hello(&self) -> Hello {
        Hello {
            identity: self.identity().clone(),
            protocol_version: self.options.protocol_version,
            options: self.options.shared.clone(),
        }
    }

    pub(super) fn own_encoded(&self) -> EncodedRecord {
        EncodedRecord { id: self.options.id.clone(), bytes: self.record.encode() }
    }

    /// What is known of all members, this one included. Who has left is nobody's concern any more.
    pub(super) fn entries(&self) -> Vec<MemberEntry> {
        self.entries_for(&self.options.id)
    }

    /// The same for one member, who has to know which generation of its own node has left: it may be later
    /// than its own.
    pub(super) fn entries_for(&self, reader: &str) -> Vec<MemberEntry> {
        let of_others = self.swim.members().filter(|member| {
            let identity = member.id();
            let has_gone = member.state() == SwimState::Down && self.has_left(identity);
            identity.id != self.options.id && (!has_gone || identity.id == reader)
        });
        let entries = of_others.map(|member| {
            let details = self.details.get(&member.id().id);
            MemberEntry {
                identity: member.id().clone(),
                incarnation: member.incarnation(),
                state: member.state(),
                version: details.map(|details| details.version()).unwrap_or_default(),
                ring: details.and_then(|details| details.ring_of(member.id().generation)),
                received: self.received_from(member.id()),
            }
        });
        entries.chain([self.own_entry()]).collect()
    }

    pub(super) fn own_entry(&self) -> MemberEntry {
        MemberEntry {
            identity: self.identity().clone(),
            incarnation: self.swim.runtime.incarnation,
            state: SwimState::Alive,
            version: self.record.version,
            ring: self.ring,
            received: self.own_broadcasts(),
        }
    }

    /// What whoever has these entries lacks.
    pub(super) fn missing_at(&self, theirs: &[MemberEntry]) -> PushPullState {
        // The first of an id counts, should somebody send two.
        let by_id: BTreeMap<&str, &MemberEntry> =
            theirs.iter().rev().map(|entry| (entry.identity.id.as_str(), entry)).collect();
        let own = std::iter::once((&self.options.id, &self.record));
        let of_others = self.details.iter().filter_map(|(id, details)| Some((id, details.record.as_ref()?)));
        let records = own.chain(of_others).filter(|(id, record)| match by_id.get(id.as_str()) {
            Some(entry) => entry.version < record.version,
            // Who never knew a member that is gone does not want to know of it.
            None => self.is_own_or_present(id),
        });
        let records = records.map(|(id, record)| EncodedRecord { id: id.clone(), bytes: record.encode() });
        let broadcasts = self.broadcasts.iter().filter(|broadcast| {
            let origin = broadcast.origin.as_str();
            by_id.get(origin).map_or_else(
                || self.is_own_or_present(origin),
                |entry| !entry.received.contains(broadcast.started_at_ms, broadcast.number),
            )
        });
        PushPullState {
            entries: Vec::new(),
            records: records.collect(),
            broadcasts: broadcasts.cloned().collect(),
        }
    }

    /// A number that is the same at members that know the same.
    pub(super) fn digest(&self) -> u64 {
        let mut entries = self.entries();
        entries.sort_by(|a, b| a.identity.id.cmp(&b.identity.id));
        let mut digest = Xxh64::new(0);
        // The dead are told of when they die. Who comes later need not hear of them.
        for entry in entries.iter().filter(|entry| entry.state != SwimState::Down) {
            let received = (entry.received.high > 0).then_some(entry.received);
            let is_suspected = entry.state == SwimState::Suspect;
            digest.update(&encoded(&(&entry.identity, is_suspected, entry.version, entry.ring, received)));
        }
        digest.digest()
    }
}
