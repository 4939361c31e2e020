//! What is to happen to whom and when: made of the seed alone, before anything runs.

use std::collections::BTreeSet;
use std::time::Duration;

use hypercache_node::Patience;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use crate::preset::Preset;
use crate::weather;

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
    pub speaks: u8,
    /// How far its wall clock is from the right time, in milliseconds.
    pub skew_ms: i64,
    /// The hosts it asks first.
    pub seeds: Vec<Host>,
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
    /// Makes the plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x0070_6c61_6e00);
        let theme = match rng.random_range(0..100) {
            0..66 => Theme::Chaos,
            66..80 => Theme::LossAlone,
            80..90 => Theme::Upgrade,
            _ => Theme::Quiet,
        };
        let preset = *[Preset::Local, Preset::Lan, Preset::Lan, Preset::Wan].choose(&mut rng).expect("some");
        let member_count = if rng.random_ratio(1, 40) { 20 } else { rng.random_range(3..=9) };
        let is_sealed = rng.random_bool(0.5);
        let clusters = clusters(&mut rng, is_sealed);
        let has_names = rng.random_bool(0.7);
        let hosts = hosts(&mut rng, theme, member_count, &clusters);
        let unit = preset.timing().probe_interval;
        // Short enough for members to be forgotten while they cannot be heard.
        let is_reaping = theme == Theme::Chaos && rng.random_bool(0.15);
        let reap_after = if is_reaping { unit * 40 } else { Duration::from_secs(86_400) };
        let mut plan = Self {
            seed,
            theme,
            preset,
            clusters,
            hosts,
            member_count,
            has_names,
            reap_after,
            actions: Vec::new(),
            calm_at: unit * rng.random_range(40..90),
            twin: None,
            away: BTreeSet::new(),
            last_acts: (None, None),
        };
        plan.choose_ends(&mut rng);
        if theme == Theme::Chaos && rng.random_bool(0.15) {
            plan.add_twin(&mut rng);
        }
        weather::fill(&mut plan, &mut rng);
        weather::stall(&mut plan);
        plan.actions.sort_by_key(|(at, _)| *at);
        plan
    }

    /// A plan in which nothing happens but that so many members start, and at the end one leaves and one
    /// crashes: for whoever adds to it what is to happen. Hosts are numbered from 0; the first two are the
    /// seeds.
    pub fn quiet(seed: u64, preset: Preset, member_count: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x0071_7569_6574);
        let clusters = vec![ClusterPlan { name: "sim".into(), keys: vec![[1; 32]] }];
        let host = |number| HostPlan {
            cluster: 0,
            id: format!("n{number}"),
            speaks: 2,
            skew_ms: 0,
            seeds: vec![0, 1],
        };
        let unit = preset.timing().probe_interval;
        let mut plan = Self {
            seed,
            theme: Theme::Quiet,
            preset,
            clusters,
            hosts: (0..member_count).map(host).collect(),
            member_count,
            has_names: true,
            reap_after: preset.timing().reap_after,
            actions: Vec::new(),
            calm_at: unit * 10,
            twin: None,
            away: BTreeSet::new(),
            last_acts: (None, None),
        };
        plan.choose_ends(&mut rng);
        weather::fill(&mut plan, &mut rng);
        plan.actions.sort_by_key(|(at, _)| *at);
        plan
    }

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

    /// Hosts of the first cluster, but for the one of a twin.
    pub fn members(&self) -> std::ops::Range<Host> {
        0..self.member_count
    }

    /// Somebody has copied a configuration.
    fn add_twin(&mut self, rng: &mut StdRng) {
        let original = rng.random_range(0..self.member_count);
        let twin = HostPlan { skew_ms: rng.random_range(-3_000..3_000), ..self.hosts[original].clone() };
        self.twin = Some(self.hosts.len());
        self.away.insert(self.hosts.len());
        self.hosts.push(twin);
    }

    fn choose_ends(&mut self, rng: &mut StdRng) {
        // The first two are the seeds: what needs them cannot be healed while they are away.
        let mut others: Vec<Host> = self.members().skip(2).collect();
        others.shuffle(rng);
        if self.member_count >= 5 && self.theme == Theme::Chaos && rng.random_bool(0.5) {
            self.away.extend(others.pop());
        }
        if self.member_count >= 4 {
            self.last_acts.0 = others.pop();
        }
        self.last_acts.1 = others.pop().filter(|_| self.member_count - self.away.len() >= 4);
    }
}

fn clusters(rng: &mut StdRng, is_sealed: bool) -> Vec<ClusterPlan> {
    let key = |number| if is_sealed { vec![[number; 32]] } else { Vec::new() };
    let mut clusters = vec![ClusterPlan { name: "sim".into(), keys: key(1) }];
    if rng.random_bool(0.25) {
        clusters.push(ClusterPlan { name: "other".into(), keys: key(1) });
    }
    if is_sealed && rng.random_bool(0.25) {
        clusters.push(ClusterPlan { name: "sim".into(), keys: key(2) });
    }
    clusters
}

fn hosts(rng: &mut StdRng, theme: Theme, member_count: usize, clusters: &[ClusterPlan]) -> Vec<HostPlan> {
    let mixed = rng.random_range(0..4);
    let mut hosts = Vec::new();
    for cluster in 0..clusters.len() {
        let first = hosts.len();
        let count = if cluster == 0 { member_count } else { rng.random_range(2..=3) };
        for number in 0..count {
            let speaks = match (theme, mixed) {
                // The others go back to an older release.
                (Theme::Upgrade, 0..2) | (Theme::Chaos | Theme::LossAlone | Theme::Quiet, 0) => 1,
                (Theme::Upgrade, _) => 2,
                (_, 1) => rng.random_range(1..=2),
                _ => 2,
            };
            let mut seeds = vec![first, first + 1];
            if cluster > 0 {
                // Somebody has mixed up two configurations.
                seeds.push(0);
            }
            hosts.push(HostPlan {
                cluster,
                id: format!("n{number}"),
                speaks,
                skew_ms: rng.random_range(-3_000..3_000),
                seeds,
            });
        }
    }
    if clusters.len() > 1 && rng.random_bool(0.5) {
        hosts[2].seeds.push(member_count);
    }
    hosts
}
