//! Who is let in, and how much is said.

use std::collections::BTreeSet;
use std::time::Duration;

use super::labels::label;
use crate::history::{History, What};

/// Most exchanges that a process begins within a second, for each other member, and besides.
const EXCHANGES_MAX: (u64, u64) = (6, 40);
/// Most datagrams that it sends within a second, for each other member, and besides.
const DATAGRAMS_MAX: (u64, u64) = (20, 200);

/// No member shows one of another cluster, and each stranger is told of once for each reason.
pub fn clusters_stay_apart(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for (at, observer, change) in history.changes() {
        let cluster = history.processes[observer].cluster;
        if change.record.metadata.get("cluster") != Some(&cluster.to_string()) {
            found.push(format!(
                "at {at:?} {} shows {} of another cluster",
                label(history, observer),
                change.id
            ));
        }
    }
    let mut strangers = BTreeSet::new();
    for entry in &history.entries {
        if let What::Stranger(from, reason) = entry.what
            && !strangers.insert((entry.process, from, reason))
        {
            found.push(format!("{} was told of {from} ({reason}) again", label(history, entry.process)));
        }
    }
    found
}

/// Nobody is refused or has to give way but for another process with the same id, and in the calm it is the
/// second one that is refused.
pub fn nobody_is_turned_away(history: &History) -> Vec<String> {
    let twin = history.plan.twin;
    let twin_id = twin.map(|host| &history.plan.hosts[host].id);
    let calm_at = history.snapshots.first().map_or(Duration::MAX, |snapshot| snapshot.at);
    let mut found = Vec::new();
    for entry in &history.entries {
        let process = &history.processes[entry.process];
        let is_calm = process.began >= calm_at;
        let is_second = Some(process.host) == twin;
        let has_twin = process.cluster == 0 && Some(&process.id) == twin_id;
        let may_give_way = if is_calm { is_second } else { has_twin && entry.at < calm_at };
        let (at, name) = (entry.at, label(history, entry.process));
        match &entry.what {
            What::JoinEnded(Err(why)) if !may_give_way => {
                found.push(format!("at {at:?} {name} was refused: {why}"))
            }
            What::Conflict(address) if !may_give_way => {
                found.push(format!("at {at:?} {name} gave way to {address}"))
            }
            What::JoinEnded(Ok(())) if is_calm && is_second => {
                found.push(format!("at {at:?} {name} was let in"))
            }
            _ => {}
        }
    }
    found
}

/// Nobody sends more in a second than the protocol needs.
pub fn nobody_talks_without_end(history: &History) -> Vec<String> {
    let others = history.plan.member_count as u64;
    let (exchanges, datagrams) = history.busiest;
    let limit = |(each, besides): (u64, u64)| each * others + besides;
    let mut found = Vec::new();
    for (count, most, kind) in
        [(exchanges, limit(EXCHANGES_MAX), "exchanges"), (datagrams, limit(DATAGRAMS_MAX), "datagrams")]
    {
        if count > most {
            found.push(format!("a process began {count} {kind} within a second, at most {most}"));
        }
    }
    found
}
