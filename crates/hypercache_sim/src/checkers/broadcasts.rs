//! Messages to all.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::label;
use crate::history::{History, What};

/// A message comes once at most, after it was sent, to members of the cluster that it was sent in, and not to
/// who sent it.
pub fn each_comes_once(history: &History) -> Vec<String> {
    let mut sent = BTreeMap::new();
    let mut heard = BTreeSet::new();
    let mut found = Vec::new();
    for entry in &history.entries {
        match &entry.what {
            What::Broadcasted { name, .. } => drop(sent.insert(name, entry.process)),
            What::Heard(broadcast) => {
                let process = label(history, entry.process);
                let name = &broadcast.name;
                let origin = sent.get(name).map(|origin| &history.processes[*origin]);
                let cluster = history.processes[entry.process].cluster;
                let is_right = |origin: &&crate::history::ProcessInfo| {
                    origin.cluster == cluster && origin.id == broadcast.origin
                };
                if !origin.is_some_and(|origin| is_right(&origin)) || sent[name] == entry.process {
                    found.push(format!(
                        "{process} heard {name} of {}, which did not send it",
                        broadcast.origin
                    ));
                }
                if !heard.insert((entry.process, name)) {
                    found.push(format!("at {:?} {process} heard {name} again", entry.at));
                }
            }
            _ => {}
        }
    }
    found
}

/// A message comes to all members that were there when it was sent and live on, where nothing but a little
/// loss hinders it.
pub fn each_comes_to_all(history: &History) -> Vec<String> {
    let heard: BTreeSet<(usize, &String)> = history
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Heard(broadcast) => Some((entry.process, &broadcast.name)),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for entry in &history.entries {
        let What::Broadcasted { name, must_hear } = &entry.what else { continue };
        let living = must_hear.iter().filter(|pid| history.processes[**pid].ended.is_none());
        for pid in living.filter(|pid| !heard.contains(&(**pid, name))) {
            let (process, origin) = (label(history, *pid), label(history, entry.process));
            found.push(format!("{process} did not hear {name}, which {origin} sent at {:?}", entry.at));
        }
    }
    found
}
