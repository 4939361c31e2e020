//! What live members know once all faults have ended: the same, and the truth.

use std::collections::BTreeMap;

use hypercache_gossip::Status;

use super::labels::{label, process_of};
use super::reachability::{self, is_misplaced};
use crate::history::{History, Knowledge, Member, Pid, ProcessInfo};

/// Where what is known differs from what is true, and so between members: members, statuses, records and
/// rings.
pub fn differences<'a>(
    processes: &[ProcessInfo],
    known: impl Iterator<Item = (Pid, &'a Knowledge)> + Clone,
) -> Vec<String> {
    let mut found = member_differences(processes, known.clone());
    if found.is_empty() {
        found = ring_differences(processes, known);
    }
    found
}

/// Every live pair agrees on members, statuses and records, and what they agree on is true.
pub fn members_agree(history: &History) -> Vec<String> {
    let of = |snapshot: &crate::history::Snapshot| {
        let known = snapshot.known.iter().map(|(pid, known)| (*pid, known));
        let differences = member_differences(&history.processes, known);
        differences.into_iter().map(|text| format!("at {:?}: {text}", snapshot.at)).collect::<Vec<_>>()
    };
    history.snapshots.iter().flat_map(of).collect()
}

/// Every live member has the same ring, and knows so of the others.
pub fn rings_agree(history: &History) -> Vec<String> {
    let of = |snapshot: &crate::history::Snapshot| {
        let known = snapshot.known.iter().map(|(pid, known)| (*pid, known));
        let differences = ring_differences(&history.processes, known);
        differences.into_iter().map(|text| format!("at {:?}: {text}", snapshot.at)).collect::<Vec<_>>()
    };
    history.snapshots.iter().flat_map(of).collect()
}

/// Nobody who is in company says that something stands against its being well.
pub fn nothing_stands_against_anybody(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in &history.snapshots {
        for (pid, known) in &snapshot.known {
            let is_unexpected = |line: &&String| !reachability::is_expected(history, *pid, line);
            let problems: Vec<_> = known.problems.iter().filter(is_unexpected).cloned().collect();
            if !problems.is_empty() {
                found.push(format!("{}: {}", label(history, *pid), problems.join("; ")));
            }
        }
    }
    found
}

/// No address is shown for two members that are not dead.
pub fn no_address_is_shared(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in &history.snapshots {
        for (pid, known) in &snapshot.known {
            let mut owners = BTreeMap::new();
            for (id, member) in known.view.iter().filter(|(_, member)| member.status != Status::Dead) {
                let address = (member.record.address.as_str(), member.record.port);
                if let Some(other) = owners.insert(address, id) {
                    found.push(format!("{} shows {address:?} for {other} and {id}", label(history, *pid)));
                }
            }
        }
    }
    found
}

/// Nobody is suspected once all faults have ended.
pub fn no_suspicion_leaves_a_trace(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for snapshot in &history.snapshots {
        for (pid, known) in &snapshot.known {
            let is_suspected = |(_, member): &(&String, &Member)| {
                let misplaced = process_of(&member.record).is_some_and(|pid| is_misplaced(history, pid));
                member.status == Status::Suspected && !misplaced
            };
            for (id, _) in known.view.iter().filter(is_suspected) {
                found.push(format!("{} suspects {id}", label(history, *pid)));
            }
        }
    }
    found
}

fn member_differences<'a>(
    processes: &[ProcessInfo],
    known: impl Iterator<Item = (Pid, &'a Knowledge)> + Clone,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut truth: BTreeMap<(usize, &String), &Member> = BTreeMap::new();
    for (pid, knowledge) in known.clone() {
        let process = &processes[pid];
        let Some(own) = knowledge.view.get(&process.id) else {
            found.push(format!("{} does not know itself", process.id));
            continue;
        };
        if truth.insert((process.cluster, &process.id), own).is_some() {
            found.push(format!("two live processes are {}", process.id));
        }
    }
    for (pid, knowledge) in known {
        let process = &processes[pid];
        let is_of_cluster = |(cluster, _): &&(usize, &String)| *cluster == process.cluster;
        for (cluster, id) in truth.keys().filter(is_of_cluster) {
            let (is, shown) = (truth[&(*cluster, *id)], knowledge.view.get(*id));
            // A suspicion that is being looked into is for the checker of suspicions.
            let fits = |shown: &Member| {
                shown.record == is.record && (shown.status == is.status || shown.status == Status::Suspected)
            };
            if !shown.is_some_and(fits) {
                found.push(format!(
                    "{} (p{pid}) shows {id} as {}, which is {}",
                    process.id,
                    text(shown),
                    text(Some(is))
                ));
            }
        }
        let live = |(_, member): &(&String, &Member)| member.status != Status::Dead;
        for (id, member) in knowledge.view.iter().filter(live) {
            if !truth.contains_key(&(process.cluster, id)) {
                found.push(format!(
                    "{} (p{pid}) shows {id} as {}, which is gone",
                    process.id,
                    text(Some(member))
                ));
            }
        }
    }
    found
}

fn ring_differences<'a>(
    processes: &[ProcessInfo],
    known: impl Iterator<Item = (Pid, &'a Knowledge)> + Clone,
) -> Vec<String> {
    let mut found = Vec::new();
    for (pid, knowledge) in known.clone() {
        for (other, others) in known.clone() {
            let (ours, theirs) = (&processes[pid], &processes[other]);
            if ours.cluster != theirs.cluster || pid == other {
                continue;
            }
            if knowledge.ring != others.ring {
                found.push(format!("{} and {} have different rings", ours.id, theirs.id));
            } else if knowledge.rings.get(&theirs.id).copied() != others.ring {
                found.push(format!("{} does not know which ring {} has", ours.id, theirs.id));
            }
        }
    }
    found
}

fn text(member: Option<&Member>) -> String {
    member.map_or("nothing".into(), |member| {
        let revision = member.record.metadata.get("revision").map_or("?", String::as_str);
        let process = member.record.metadata.get("process").map_or("?", String::as_str);
        format!(
            "{:?} p{process} revision {revision} {:?} {:?}",
            member.status, member.record.claim, member.record.version
        )
    })
}
