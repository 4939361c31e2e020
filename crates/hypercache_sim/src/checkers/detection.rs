//! How soon a crash is noticed.

use std::time::Duration;

use hypercache_gossip::ChangeKind;

use super::labels::label;
use crate::history::{Entry, History, Pid, What};

/// When the given processes told that a member has failed, those that did.
pub fn times(entries: &[Entry], id: &str, processes: &[Pid]) -> Vec<Duration> {
    let of = |pid: &Pid| {
        let told = entries.iter().find(|entry| entry.process == *pid && has_failed(entry, id));
        told.map(|entry| entry.at)
    };
    processes.iter().filter_map(of).collect()
}

/// A member that crashes while nothing else is wrong is dead for all others within the time of the formula.
pub fn crashes_are_noticed_in_time(history: &History) -> Vec<String> {
    let Some(calm) = history.snapshots.first() else { return Vec::new() };
    let is_crash = |entry: &&Entry| matches!(entry.what, What::Crashed) && entry.at > calm.at;
    let mut found = Vec::new();
    for (number, crash) in history.entries.iter().enumerate().filter(|(_, entry)| is_crash(entry)) {
        let victim = &history.processes[crash.process];
        let others: Vec<Pid> =
            calm.known.keys().copied().filter(|pid| is_witness(history, *pid, crash)).collect();
        let end = crash.at + history.plan.preset.detection_max(others.len() + 1);
        for other in others {
            let told = times(&history.entries[number..], &victim.id, &[other]);
            if told.first().is_none_or(|at| *at > end) {
                let text =
                    told.first().map_or("not at all".into(), |at| format!("after {:?}", *at - crash.at));
                let (other, limit) = (label(history, other), end - crash.at);
                found.push(format!("{other} told of the crash of {} {text}, at most {limit:?}", victim.id));
            }
        }
    }
    found
}

fn is_witness(history: &History, pid: Pid, crash: &Entry) -> bool {
    let (process, victim) = (&history.processes[pid], &history.processes[crash.process]);
    pid != crash.process && process.cluster == victim.cluster && process.ended.is_none()
}

fn has_failed(entry: &Entry, id: &str) -> bool {
    let What::Changed(changes) = &entry.what else { return false };
    changes.iter().any(|change| change.kind == ChangeKind::Failed && change.id == id)
}
