//! The versions of what members say of themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use hypercache_gossip::{ChangeKind, Record};

use super::labels::{label, process_of};
use crate::history::History;

/// What a member is shown to say never gets older in any view, as long as the member is remembered.
pub fn versions_never_fall(history: &History) -> Vec<String> {
    let mut newest = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let (key, version) = ((observer, &change.id), change.record.version);
        let before = newest.get(&key).filter(|(_, forgotten_at)| *forgotten_at > at);
        if let Some((before, _)) = before.filter(|(before, _)| *before > version) {
            let (observer, id) = (label(history, observer), &change.id);
            found.push(format!("at {at:?} {observer} shows {id} at {version:?} after {before:?}"));
        }
        // Who has left is forgotten as the dead are, but nobody is told of that.
        let forgotten_at = match change.kind {
            ChangeKind::Reaped => at,
            ChangeKind::Left => at + history.plan.reap_after,
            _ => Duration::MAX,
        };
        newest.insert(key, (version, forgotten_at));
    }
    found
}

/// Whoever shows a version of what a process says shows the same record for it.
pub fn a_version_says_one_thing(history: &History) -> Vec<String> {
    let mut records: BTreeMap<_, (&Record, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        // A process that begins in the same millisecond as the one before does not know that at first.
        let key = (process_of(&change.record), change.record.version);
        let (first, shown_by) = *records.entry(key).or_insert((&change.record, observer));
        if *first != change.record {
            let (one, other) = (label(history, observer), label(history, shown_by));
            let (id, version) = (&change.id, change.record.version);
            found.push(format!("at {at:?} {one} shows another {id} at {version:?} than {other}"));
        }
    }
    found
}
