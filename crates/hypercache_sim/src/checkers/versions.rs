//! The versions of what members say of themselves.

use std::collections::BTreeMap;

use hypercache_gossip::{ChangeKind, Record};

use super::label;
use crate::history::History;

/// What a member is shown to say never gets older in any view, as long as the member is remembered.
pub fn versions_never_fall(history: &History) -> Vec<String> {
    let mut newest = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let (key, version) = ((observer, &change.id), change.record.version);
        if newest.get(&key).is_some_and(|before| *before > version) {
            let (observer, id, before) = (label(history, observer), &change.id, newest[&key]);
            found.push(format!("at {at:?} {observer} shows {id} at {version:?} after {before:?}"));
        }
        if change.kind == ChangeKind::Reaped {
            newest.remove(&key);
        } else {
            newest.insert(key, version);
        }
    }
    found
}

/// Whoever shows a version of a member shows the same record for it.
pub fn a_version_says_one_thing(history: &History) -> Vec<String> {
    let mut records: BTreeMap<_, (&Record, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let cluster = history.processes[observer].cluster;
        let key = (cluster, &change.id, change.record.version);
        let (first, shown_by) = *records.entry(key).or_insert((&change.record, observer));
        if *first != change.record {
            let (one, other) = (label(history, observer), label(history, shown_by));
            let (id, version) = (&change.id, change.record.version);
            found.push(format!("at {at:?} {one} shows another {id} at {version:?} than {other}"));
        }
    }
    found
}
