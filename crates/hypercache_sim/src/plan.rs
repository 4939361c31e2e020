//! What is to happen to whom and when.

use std::collections::BTreeSet;
use std::time::Duration;

use hypercache_node::Patience;

use crate::preset::Preset;

/// Probe intervals for which an application may be silent.
pub const STALL_INTERVALS: u32 = 10;

/// A machine, by its number. Each runs at most one process at a time.
pub type Host = usize;

/// What a run is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Faults of every kind.
    Chaos,
    /// At most 20 % of what is sent is lost, and nothing else is wrong.
    LossAlone,
    /// Member after member is replaced by a newer release, or by an older one, with a little loss.
    Upgrade,
    /// No faults until the last part.
    Quiet,
}

/// What may be wrong with the network for a while.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// These hosts hear each other, and the others each other.
    Partition(BTreeSet<Host>),
    /// What one host sends to another one does not come.
    OneWay(Host, Host),
    /// A host hears and is heard by nobody.
    Isolation(Host),
    /// No datagram comes to a host; streams do.
    Deaf(Host),
    /// No datagram of a host comes to anybody; streams do.
    Mute(Host),
    /// A share of what is sent is lost.
    Loss(f64),
    /// A share of what one host sends and is sent is lost.
    BadLink(Host, f64),
    /// A share of the datagrams comes later than what was sent after them, by so much at most.
    Delays(f64, Duration),
    /// A share of the datagrams comes twice.
    Duplicates(f64),
    /// A share of the datagrams comes with a bit changed, or cut short. Where nothing is sealed, cut short
    /// only.
    Damage(f64),
    /// Host names are not resolved.
    NoNames,
}

/// Where a process starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the address that its host has.
    Same,
    /// At one that nobody had.
    New,
    /// At one that the given host had, if nobody has it now.
    Of(Host),
}

/// Where a process says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advertised {
    /// Where it is.
    Right,
    /// Where nobody is.
    Nowhere,
    /// Where the given host is.
    Of(Host),
}

/// What the wall clock of a host says when a process starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// What time it is, roughly.
    Right,
    /// It has gone back by so many milliseconds.
    Back(u64),
    /// Exactly what it said at the last start: a machine that has no clock while it is off.
    Stuck,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Action {
    /// A process starts, unless one runs there.
    Start(Host, Place, Clock),
    /// From now on the host starts the release that speaks this.
    Release(Host, u8),
    /// The process ends without a word; with `true`, the machine is off.
    Crash(Host, bool),
    /// It leaves.
    Leave(Host),
    /// It neither hears nor does anything.
    Freeze(Host),
    /// It hears all that has come in the meantime.
    Thaw(Host),
    /// Its application stands still; the process goes on.
    Stall(Host),
    /// Its application goes on.
    Resume(Host),
    /// It changes what it says of itself.
    Update(Host),
    /// It sends so many messages to all.
    Broadcast(Host, usize),
    /// A fault begins.
    Begin(usize, Fault),
    /// It ends.
    End(usize),
    /// Somebody sends what is no message.
    Garbage(Host),
    /// Somebody sends a datagram again that was sent some time ago.
    Replay(Host),
}

/// A machine and what runs on it.
#[derive(Clone, Debug)]
pub struct HostPlan {
    /// Which cluster its processes are of.
    pub cluster: usize,
    /// Their node id.
    pub id: String,
    /// The message format of the release that it starts with.
    pub protocol_version: u8,
    /// How far its wall clock is from the right time, in milliseconds.
    pub skew_ms: i64,
    /// The hosts it asks first.
    pub seeds: Vec<Host>,
    /// Where its processes say that they are.
    pub advertised: Advertised,
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct ClusterPlan {
    /// Its name.
    pub name: String,
    /// What seals its messages.
    pub keys: Vec<[u8; 32]>,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is made of.
    pub seed: u64,
    /// What it is about.
    pub theme: Theme,
    /// What kind of network.
    pub preset: Preset,
    /// The clusters. The first is the one that things happen to.
    pub clusters: Vec<ClusterPlan>,
    /// The machines; those of the first cluster come first.
    pub hosts: Vec<HostPlan>,
    /// How many are of the first cluster.
    pub member_count: usize,
    /// Whether seeds are given by name, and so are found where they have moved to.
    pub has_names: bool,
    /// After what time the dead are forgotten.
    pub reap_after: Duration,
    /// What happens, and when.
    pub actions: Vec<(Duration, Action)>,
    /// When all faults end.
    pub calm_at: Duration,
    /// A host on which somebody starts a second process with the id of another member.
    pub twin: Option<Host>,
    /// Hosts of the first cluster on which nothing runs after that.
    pub away: BTreeSet<Host>,
    /// Who leaves and who crashes in the calm, where enough members are left.
    pub last_acts: (Option<Host>, Option<Host>),
}

impl Plan {
    /// How patient nodes are.
    pub fn patience(&self) -> Patience {
        let interval = self.preset.timing().probe_interval;
        Patience { divergence: interval * 30, stall_timeout: interval * STALL_INTERVALS }
    }

    /// Adds what is to happen after so many probe intervals.
    pub fn add(&mut self, intervals: f64, action: Action) {
        let at = self.preset.timing().probe_interval.mul_f64(intervals);
        self.actions.push((at, action));
        self.actions.sort_by_key(|(at, _)| *at);
        self.calm_at = self.calm_at.max(at + self.preset.timing().probe_interval);
    }

    /// The timers of the run.
    pub fn timing(&self) -> hypercache_gossip::Timing {
        hypercache_gossip::Timing { reap_after: self.reap_after, ..self.preset.timing() }
    }

    /// Hosts of the first cluster whose processes cannot be reached where they say that they are.
    pub fn misplaced(&self) -> impl Iterator<Item = Host> + '_ {
        self.members().filter(|host| self.hosts[*host].advertised != Advertised::Right)
    }

    /// Hosts of the first cluster, but for the one of a twin.
    pub fn members(&self) -> std::ops::Range<Host> {
        0..self.member_count
    }
}
