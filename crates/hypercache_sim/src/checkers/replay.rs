//! Whether changes, told one after the other, fit what was told before.

use std::collections::{BTreeMap, BTreeSet};

use hypercache_gossip::{Change, ChangeKind, Status};

use super::labels::label;
use crate::history::{History, Knowledge, Member, What};

/// Every change is one of what the view was: nobody joins twice, recovers from nothing, or goes that is not
/// there.
pub fn changes_fit_the_view(history: &History) -> Vec<String> {
    let mut known: BTreeMap<usize, Knowledge> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in &history.entries {
        let What::Changed(changes) = &entry.what else { continue };
        let view = known.entry(entry.process).or_default();
        let own = &history.processes[entry.process].id;
        if view.view.is_empty() && changes.first().is_none_or(|change| change.id != *own) {
            found.push(format!("{} was not told of itself first", label(history, entry.process)));
        }
        let mut ids = BTreeSet::new();
        for change in changes {
            let why = if ids.insert(&change.id) {
                mismatch(change, view.view.get(&change.id))
            } else {
                Some("it has two changes at once")
            };
            if let Some(why) = why {
                let (observer, Change { kind, id, status, .. }) = (label(history, entry.process), change);
                found.push(format!("at {:?} {observer} was told {kind:?} {id} {status:?}: {why}", entry.at));
            }
        }
        view.apply(changes);
    }
    found
}

fn mismatch(change: &Change, before: Option<&Member>) -> Option<&'static str> {
    let (now, was) = (change.status, before.map(|member| member.status));
    let is_doubtful = |status| matches!(status, Some(Status::Dead | Status::Suspected));
    match change.kind {
        ChangeKind::Joined if before.is_some() => Some("it was there already"),
        ChangeKind::Joined if now == Status::Dead => Some("it is dead"),
        ChangeKind::Joined => None,
        _ if before.is_none() => Some("it was not there"),
        ChangeKind::Left if was == Some(Status::Dead) => Some("it was dead"),
        ChangeKind::Left => (now != Status::Leaving).then_some("it was not leaving"),
        ChangeKind::Failed => {
            (was == Some(Status::Dead) || now != Status::Dead).then_some("it had failed, or has not")
        }
        ChangeKind::Reaped => (was != Some(Status::Dead)).then_some("it was not dead"),
        ChangeKind::Suspected => {
            (is_doubtful(was) || now != Status::Suspected).then_some("it was suspected, or is not")
        }
        ChangeKind::Recovered => {
            (!is_doubtful(was) || now == Status::Dead).then_some("it was well, or is not")
        }
        ChangeKind::Updated => {
            let is_same = before.is_some_and(|member| member.status == now && member.record == change.record);
            is_same.then_some("nothing has changed")
        }
    }
}
