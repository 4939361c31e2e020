//! The ring of a node follows its members, and is told of after them.

use std::collections::BTreeSet;

use hypercache_gossip::{ChangeKind, Doubt};

use super::labels::{label, process_of};
use crate::history::{Following, History, What};

/// Whoever is shown is on the ring, with the same status, and nobody else is.
pub fn rings_follow_their_members(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in &history.snapshots {
        for (pid, Following { shown, on_ring }) in &snapshot.following {
            if shown != on_ring {
                let (at, who) = (snapshot.at, label(history, *pid));
                found.push(format!("at {at:?} {who} has {on_ring:?} on its ring and shows {shown:?}"));
            }
        }
    }
    found
}

/// The ring of a node changes because of its members only, who are told first.
pub fn members_are_told_before_the_ring(history: &History) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for entry in &history.entries {
        match &entry.what {
            What::MembersTold(_) => drop(told.insert(entry.process)),
            What::RingMoved(version) if !told.remove(&entry.process) => {
                let (at, who) = (entry.at, label(history, entry.process));
                found
                    .push(format!("at {at:?} {who} told of version {version} of its ring before any member"));
            }
            _ => {}
        }
    }
    found
}

/// A member gives up its keys only while its application stands still.
pub fn nobody_gives_up_without_cause(history: &History) -> Vec<String> {
    let mut stalled = BTreeSet::new();
    let mut found = Vec::new();
    for entry in &history.entries {
        match &entry.what {
            What::Stalled => drop(stalled.insert(entry.process)),
            What::Changed(changes) => {
                for change in changes.iter().filter(|change| change.kind == ChangeKind::Failed) {
                    let gave_up = change.record.doubt == Some(Doubt::GaveUp);
                    let process = process_of(&change.record);
                    if gave_up && !process.is_some_and(|pid| stalled.contains(&pid)) {
                        let (at, who) = (entry.at, label(history, entry.process));
                        found.push(format!("at {at:?} {who} told that {} has given up", change.id));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
