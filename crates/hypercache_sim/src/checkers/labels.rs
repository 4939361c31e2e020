//! How processes are named.

use hypercache_gossip::Record;

use crate::history::History;

/// How a process is called in what checkers say.
pub fn label(history: &History, pid: usize) -> String {
    let process = &history.processes[pid];
    format!("{} (process {pid} of cluster {})", process.id, process.cluster)
}

/// The process that a record is of: each says so in it.
pub fn process_of(record: &Record) -> Option<usize> {
    record.metadata.get("process")?.parse().ok()
}
