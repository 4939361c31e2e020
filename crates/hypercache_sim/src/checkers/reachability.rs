//! Members that cannot be reached where they say that they are, and what comes of it for the others.

use std::collections::BTreeMap;

use hypercache_gossip::{ChangeKind, Doubt, Status};

use super::labels::{label, process_of};
use crate::history::{History, Pid};
use crate::plan::{Action, Advertised, Fault, Host, Theme};

/// Probe intervals in which a member that is well may be suspected once.
const CALM_INTERVALS: u32 = 25;

const UNREACHABLE: &str = "the other members cannot reach this node at ";
const SHARED: &str = " all say that they are at ";

/// Whether a process is never reached where it says that it is.
pub fn is_misplaced(history: &History, pid: Pid) -> bool {
    let process = history.processes.get(pid).filter(|process| process.cluster == 0);
    process.is_some_and(|process| history.plan.misplaced().any(|host| host == process.host))
}

/// Whether a problem is one that a process is to tell of.
pub fn is_expected(history: &History, pid: Pid, line: &str) -> bool {
    line.starts_with(UNREACHABLE) && is_misplaced(history, pid)
        || line.contains(SHARED) && has_shared_address(history, pid)
}

/// A member that is not reached where it says that it is says so itself, the others see why they suspect it,
/// and everybody tells of two members at one address.
pub fn the_unreachable_say_so(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in &history.snapshots {
        let misplaced: Vec<Pid> =
            snapshot.known.keys().copied().filter(|pid| is_misplaced(history, *pid)).collect();
        for (pid, known) in &snapshot.known {
            let who = label(history, *pid);
            let says = |part: &str| known.problems.iter().any(|line| line.contains(part));
            if misplaced.contains(pid) && !says(UNREACHABLE) {
                found.push(format!("{who} does not say that it is unreachable"));
            }
            let is_shared = misplaced.iter().any(|pid| is_shared(history, *pid));
            if history.processes[*pid].cluster == 0 && is_shared && !says(SHARED) {
                found.push(format!("{who} does not tell of two members at one address"));
            }
            for id in misplaced.iter().map(|pid| &history.processes[*pid].id) {
                let shown = known.view.get(id).map(|member| (member.status, member.record.doubt));
                let is_other_cluster = history.processes[*pid].cluster != 0;
                if !is_other_cluster && shown != Some((Status::Suspected, Some(Doubt::Unreachable))) {
                    found.push(format!("{who} shows {id} as {shown:?}"));
                }
            }
        }
    }
    found
}

/// Where nothing is wrong but that some members are not reached, the others are hardly ever suspected.
pub fn correct_members_do_not_flap(history: &History) -> Vec<String> {
    if history.plan.theme != Theme::Quiet {
        return Vec::new();
    }
    let hindered = hindered(history);
    let window = history.plan.timing().probe_interval * CALM_INTERVALS;
    let mut last = BTreeMap::new();
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let Some(pid) = process_of(&change.record).filter(|pid| *pid < history.processes.len()) else {
            continue;
        };
        let is_well = history.is_running(pid, at) && !hindered.contains(&history.processes[pid].host);
        if change.kind != ChangeKind::Suspected || change.record.doubt.is_some() || !is_well {
            continue;
        }
        if last.insert(observer, at).is_some_and(|before| at - before < window) {
            let (observer, suspect) = (label(history, observer), label(history, pid));
            found.push(format!("at {at:?} {observer} suspects {suspect}, its second within {window:?}"));
        }
    }
    found
}

/// Hosts that are not reached, always or for a while.
fn hindered(history: &History) -> Vec<Host> {
    let of_fault = |action: &Action| match action {
        Action::Begin(_, Fault::Deaf(host) | Fault::Mute(host)) => Some(*host),
        _ => None,
    };
    let for_a_while = history.plan.actions.iter().filter_map(|(_, action)| of_fault(action));
    history.plan.misplaced().chain(for_a_while).collect()
}

fn has_shared_address(history: &History, pid: Pid) -> bool {
    let is_of = |host: Host| matches!(history.plan.hosts[host].advertised, Advertised::Of(_));
    history.processes[pid].cluster == 0 && history.plan.misplaced().any(is_of)
}

fn is_shared(history: &History, pid: Pid) -> bool {
    matches!(history.plan.hosts[history.processes[pid].host].advertised, Advertised::Of(_))
}
