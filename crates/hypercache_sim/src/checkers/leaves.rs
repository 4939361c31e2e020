//! Members that go on purpose.

use std::collections::BTreeMap;

use hypercache_gossip::ChangeKind;

use super::labels::{label, process_of};
use crate::history::{History, What};

/// Who was told to have left is not shown again, unless as a later process, or after it has been forgotten.
pub fn the_left_stay_gone(history: &History) -> Vec<String> {
    let mut left = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let (key, life) = ((observer, &change.id), change.record.version.started_at_ms);
        if left.get(&key).is_some_and(|(gone, forgotten_at)| life <= *gone && at < *forgotten_at) {
            let (observer, id, kind) = (label(history, observer), &change.id, change.kind);
            found.push(format!("at {at:?} {observer} was told {kind:?} {id} after it had left"));
        }
        if change.kind == ChangeKind::Left {
            left.insert(key, (life, at + history.plan.reap_after));
        }
    }
    found
}

/// A leave that a member could hear of all the time that it took is never told as a failure by it.
pub fn no_leave_is_a_failure(history: &History) -> Vec<String> {
    let mut called = BTreeMap::new();
    let mut hearing = BTreeMap::new();
    for entry in &history.entries {
        match &entry.what {
            What::LeaveCalled => drop(called.insert(entry.process, entry.at)),
            What::Left { could_hear } => drop(hearing.insert(entry.process, could_hear)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (at, observer, change) in history.changes().filter(|(_, _, change)| change.kind == ChangeKind::Failed)
    {
        let Some(leaver) = process_of(&change.record) else { continue };
        let could_hear = hearing.get(&leaver).is_some_and(|observers| observers.contains(&observer));
        if could_hear && called.get(&leaver).is_some_and(|called| at > *called) {
            let (observer, leaver) = (label(history, observer), label(history, leaver));
            found.push(format!("at {at:?} {observer} told that {leaver} has failed, which was leaving"));
        }
    }
    found
}
