//! Who is let in, and how much is said.

use std::collections::BTreeSet;

use super::label;
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

/// Nobody has the id of another process here, so nobody is refused or has to give way.
pub fn nobody_is_turned_away(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for entry in &history.entries {
        match &entry.what {
            What::JoinEnded(Err(why)) => {
                found.push(format!("at {:?} {} was refused: {why}", entry.at, label(history, entry.process)));
            }
            What::Conflict(address) => {
                found.push(format!(
                    "at {:?} {} gave way to {address}",
                    entry.at,
                    label(history, entry.process)
                ));
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
