//! What happened in a run: what the world did, and what each engine told its application.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hypercache_gossip::{Broadcast, Change, ChangeKind, Record, RingMark, Status};

use crate::plan::{Host, HostPlan, Plan};

/// A process, by its number: none is ever used again.
pub type Pid = usize;

/// A process.
#[derive(Clone, Debug)]
pub struct ProcessInfo {
    /// Where it runs.
    pub host: Host,
    /// Which cluster it is of.
    pub cluster: usize,
    /// Its node id.
    pub id: String,
    /// Where it is reached.
    pub address: SocketAddr,
    /// What its clock said when it started.
    pub started_at_ms: u64,
    /// When it started, by the clock of the world.
    pub began: Duration,
    /// When it ended.
    pub ended: Option<Duration>,
}

impl ProcessInfo {
    /// Whether it has the id and the cluster of what runs on a host.
    pub fn is_of(&self, host: &HostPlan) -> bool {
        (self.cluster, &self.id) == (host.cluster, &host.id)
    }
}

/// What happened to a process, or was told by its engine.
#[derive(Clone, Debug)]
pub enum What {
    /// It started.
    Started,
    /// It ended without a word.
    Crashed,
    /// It was stopped.
    Frozen,
    /// It went on.
    Thawed,
    /// It was asked to leave.
    LeaveCalled,
    /// It sent a message to all, which these have to hear if they live to the end.
    Broadcasted {
        /// The number of the message in the run, which is its name.
        name: String,
        /// Who has to hear it.
        must_hear: BTreeSet<Pid>,
    },
    /// The engine told how the join went.
    JoinEnded(Result<(), String>),
    /// The engine told of changes of the view.
    Changed(Vec<Change>),
    /// The node told its application that members have changed: who.
    MembersTold(Vec<String>),
    /// The node told its application that keys have other owners, with this version of the ring.
    RingMoved(u64),
    /// Its application stood still.
    Stalled,
    /// Its application went on.
    Resumed,
    /// The engine told of another member's ring.
    Ring(String, RingMark),
    /// The engine told of a message.
    Heard(Broadcast),
    /// The engine told what stands against its being well.
    Problems(Vec<String>),
    /// The engine told of somebody strange.
    Stranger(IpAddr, &'static str),
    /// The engine told that another process has its id.
    Conflict(SocketAddr),
    /// The engine told that the leave is over. All the time these could hear of it.
    Left {
        /// Who.
        could_hear: BTreeSet<Pid>,
    },
}

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Duration,
    /// To or by whom.
    pub process: Pid,
    /// What.
    pub what: What,
}

/// A member as an application sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// How it is.
    pub status: Status,
    /// What it says of itself.
    pub record: Record,
}

/// What an application knows.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// The members, by id.
    pub view: BTreeMap<String, Member>,
    /// The rings that others have told.
    pub rings: BTreeMap<String, u64>,
    /// The ring that it has told itself.
    pub ring: Option<u64>,
    /// What stands against its being well.
    pub problems: Vec<String>,
}

impl Knowledge {
    /// Takes note of changes.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            if matches!(change.kind, ChangeKind::Left | ChangeKind::Reaped) {
                self.view.remove(&change.id);
                self.rings.remove(&change.id);
            } else {
                let member = Member { status: change.status, record: change.record.clone() };
                self.view.insert(change.id.clone(), member);
            }
        }
    }
}

/// Members and their statuses, as one node had them in two places.
#[derive(Clone, Debug)]
pub struct Following {
    /// What the application was shown.
    pub shown: BTreeMap<String, Status>,
    /// Who was on the ring.
    pub on_ring: BTreeMap<String, Status>,
}

/// What all live members knew at a time.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When.
    pub at: Duration,
    /// What each knew.
    pub known: BTreeMap<Pid, Knowledge>,
    /// How the ring of each followed.
    pub following: BTreeMap<Pid, Following>,
}

/// What a run has measured. Times are in milliseconds of the world.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// From the end of all faults until all members agreed for good.
    pub convergence_ms: Vec<u64>,
    /// From a crash in the calm until one other member knew of it.
    pub detection_ms: Vec<u64>,
    /// From a crash in the calm until all others knew of it.
    pub full_detection_ms: Vec<u64>,
    /// Deaths told of processes that lived.
    pub false_deaths: u64,
    /// What engines have not heeded, by the reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Events of the world.
    pub events: u64,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct History {
    /// What was to happen.
    pub plan: Plan,
    /// The processes.
    pub processes: Vec<ProcessInfo>,
    /// What happened, in its order.
    pub entries: Vec<Entry>,
    /// What was known once all faults had ended and time enough had passed, and at the end.
    pub snapshots: Vec<Snapshot>,
    /// How often what was wrong really was.
    pub faults: BTreeMap<&'static str, u64>,
    /// Most exchanges, and most datagrams, that one process began within one second.
    pub busiest: (u64, u64),
    /// What was measured.
    pub measures: Measures,
    /// A number that differs where anything differs.
    pub hash: u64,
}

impl History {
    /// Whether a process ran at a time.
    pub fn is_running(&self, pid: Pid, at: Duration) -> bool {
        let process = &self.processes[pid];
        process.began <= at && process.ended.is_none_or(|ended| ended > at)
    }

    /// Changes of views, one by one.
    pub fn changes(&self) -> impl Iterator<Item = (Duration, Pid, &Change)> {
        self.entries.iter().flat_map(|entry| {
            let changes = if let What::Changed(changes) = &entry.what { &changes[..] } else { &[] };
            changes.iter().map(|change| (entry.at, entry.process, change))
        })
    }
}
