//! Who is dead, who is not, and who is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use hypercache_gossip::{ChangeKind, Doubt, Status};

use super::labels::{label, process_of};
use crate::history::{History, Pid, What};
use crate::plan::Theme;

/// Whoever showed a member that then ended without a word shows it as dead at the end, unless it has been
/// forgotten, or is there again.
pub fn the_dead_are_known(history: &History) -> Vec<String> {
    let Some(last) = history.snapshots.last() else { return Vec::new() };
    if history.plan.reap_after < last.at {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (crashed, at) in crashes(history) {
        let (info, leavers) = (&history.processes[crashed], said_it_leaves(history));
        let is_back = history
            .processes
            .iter()
            .enumerate()
            .any(|(pid, other)| pid > crashed && other.cluster == info.cluster && other.id == info.id);
        if is_back || leavers.contains(&crashed) {
            continue;
        }
        for (observer, known) in &last.known {
            let showed = shown_at(history, *observer, crashed, at);
            let shows = known.view.get(&info.id).map(|member| member.status);
            if showed && shows != Some(Status::Dead) {
                found.push(format!(
                    "{} shows {} as {shows:?}",
                    label(history, *observer),
                    label(history, crashed)
                ));
            }
        }
    }
    found
}

/// A member that was dead and is forgotten does not come back, unless a process of it lives, or had died so
/// late that others may not have known it yet.
pub fn the_reaped_stay_gone(history: &History) -> Vec<String> {
    let plan = &history.plan;
    let known_to_all = plan.preset.detection_max(plan.member_count) + plan.timing().probe_interval * 15;
    let mut reaped = BTreeSet::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let Some(process) = process_of(&change.record) else { continue };
        if change.kind == ChangeKind::Reaped {
            let ended = history.processes.get(process).and_then(|info| info.ended);
            if ended.is_some_and(|ended| ended + known_to_all <= at) {
                reaped.insert((observer, process));
            }
        } else if reaped.contains(&(observer, process)) {
            found.push(format!("{} shows process {process} again", label(history, observer)));
        }
    }
    found
}

/// Where nothing is wrong but that some of what is sent is lost, only who has ended is dead.
pub fn no_member_is_dead_because_of_loss(history: &History) -> Vec<String> {
    if history.plan.theme == Theme::Chaos {
        return Vec::new();
    }
    false_deaths(history)
}

/// Deaths told of processes that lived.
pub fn false_deaths(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for (at, observer, change) in history.changes().filter(|(_, _, change)| change.kind == ChangeKind::Failed)
    {
        let Some(process) = process_of(&change.record) else { continue };
        // A member that gives up its keys lives, and says so itself.
        let gave_up = change.record.doubt == Some(Doubt::GaveUp);
        if !gave_up && process < history.processes.len() && history.is_running(process, at) {
            let (observer, dead) = (label(history, observer), label(history, process));
            found.push(format!("at {at:?} {observer} told that {dead} has failed, which lived"));
        }
    }
    found
}

fn crashes(history: &History) -> Vec<(Pid, std::time::Duration)> {
    let crashes = history.entries.iter().filter(|entry| matches!(entry.what, What::Crashed));
    crashes.map(|entry| (entry.process, entry.at)).collect()
}

/// Who was asked to leave: others may know it as left although it then crashed.
fn said_it_leaves(history: &History) -> BTreeSet<Pid> {
    let leaves = history.entries.iter().filter(|entry| matches!(entry.what, What::LeaveCalled));
    leaves.map(|entry| entry.process).collect()
}

/// Whether one process showed another one as not dead at a time.
fn shown_at(history: &History, observer: Pid, shown: Pid, at: std::time::Duration) -> bool {
    let mut is_shown = BTreeMap::new();
    for (time, process, change) in history.changes() {
        if time <= at && process == observer && process_of(&change.record) == Some(shown) {
            let is_live = !matches!(change.kind, ChangeKind::Left | ChangeKind::Reaped | ChangeKind::Failed);
            is_shown.insert(shown, is_live);
        }
    }
    is_shown.get(&shown).copied().unwrap_or_default()
}
