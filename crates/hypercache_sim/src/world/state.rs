//! What the world of a run is made of, and how its clock goes on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::time::Duration;

use hypercache_gossip::{Effect, Event};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use xxhash_rust::xxh64::xxh64;

use super::stream::Stream;
use crate::history::{Entry, History, Measures, Pid, ProcessInfo, What};
use crate::network::Network;
use crate::plan::{Host, Plan};
use crate::process::{Input, Process};

/// Events after which a run is given up: somebody talks without end.
const EVENTS_MAX: u64 = 1_000_000;

/// What is to happen next.
pub(super) enum Due {
    Act(usize),
    Wake(Pid),
    Arrive(SocketAddr, SocketAddr, Vec<u8>),
    Ask(u64),
    Reply(u64, Result<(SocketAddr, Vec<u8>), String>),
}

struct Queued {
    at: Duration,
    number: u64,
    due: Due,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What is true of a machine.
pub(super) struct HostState {
    pub(super) protocol_version: u8,
    pub(super) skew_ms: i64,
    /// What its clock said at the last start.
    pub(super) last_start_ms: Option<u64>,
    /// Where its processes are reached.
    pub(super) address: SocketAddr,
    /// How often it has got a new address.
    pub(super) moves: u8,
    /// Whether the machine is off, so that nobody even refuses connections.
    pub(super) is_off: bool,
    pub(super) running: Option<Pid>,
}

/// See the module.
pub struct World {
    pub(super) plan: Plan,
    pub(super) rng: StdRng,
    pub(super) now: Duration,
    queue: BinaryHeap<Reverse<Queued>>,
    pub(super) next_number: u64,
    pub(super) hosts: Vec<HostState>,
    /// Those that run.
    pub(super) processes: BTreeMap<Pid, Process>,
    pub(super) listening: BTreeMap<SocketAddr, Pid>,
    pub(super) network: Network,
    pub(super) streams: BTreeMap<u64, Stream>,
    pub(super) next_stream: u64,
    /// Datagrams that somebody may send again.
    pub(super) recorded: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(super) leaving: BTreeMap<Pid, std::collections::BTreeSet<Pid>>,
    pub(super) broadcast_count: u64,
    pub(super) is_calm: bool,
    pub(super) is_traced: bool,
    pub(super) infos: Vec<ProcessInfo>,
    pub(super) entries: Vec<Entry>,
    pub(super) snapshots: Vec<crate::history::Snapshot>,
    pub(super) busiest: (u64, u64),
    pub(super) measures: Measures,
    pub(super) hash: u64,
}

impl World {
    /// Runs the plan of a seed. With `is_traced`, what happens is printed.
    pub fn run(seed: u64, is_traced: bool) -> History {
        Self::play(Plan::of(seed), is_traced)
    }

    /// Runs a plan.
    pub fn play(plan: Plan, is_traced: bool) -> History {
        let mut world = Self::new(plan, is_traced);
        for (number, (at, _)) in world.plan.actions.clone().into_iter().enumerate() {
            world.add(at, Due::Act(number));
        }
        world.run_until(world.plan.calm_at);
        world.finale();
        world.history()
    }

    fn new(plan: Plan, is_traced: bool) -> Self {
        let host_state = |(number, host): (Host, &crate::plan::HostPlan)| HostState {
            protocol_version: host.protocol_version,
            skew_ms: host.skew_ms,
            last_start_ms: None,
            address: SocketAddr::from(([10, 0, 0, number as u8 + 1], 7_946)),
            moves: 0,
            is_off: false,
            running: None,
        };
        Self {
            rng: StdRng::seed_from_u64(plan.seed ^ 0x776f_726c_6400),
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            next_number: 0,
            hosts: plan.hosts.iter().enumerate().map(host_state).collect(),
            processes: BTreeMap::new(),
            listening: BTreeMap::new(),
            network: Network::new(plan.preset.latency_us()),
            streams: BTreeMap::new(),
            next_stream: 0,
            recorded: Vec::new(),
            leaving: BTreeMap::new(),
            broadcast_count: 0,
            is_calm: false,
            is_traced,
            infos: Vec::new(),
            entries: Vec::new(),
            snapshots: Vec::new(),
            busiest: (0, 0),
            measures: Measures::default(),
            hash: 0,
            plan,
        }
    }

    fn history(mut self) -> History {
        for process in std::mem::take(&mut self.processes).into_values() {
            self.add_counts(&process);
        }
        History {
            plan: self.plan,
            processes: self.infos,
            entries: self.entries,
            snapshots: self.snapshots,
            faults: self.network.harm,
            busiest: self.busiest,
            measures: self.measures,
            hash: self.hash,
        }
    }

    pub(super) fn run_until(&mut self, end: Duration) {
        while let Some(Reverse(next)) = self.queue.peek()
            && next.at <= end
            && self.measures.events < EVENTS_MAX
        {
            let Some(Reverse(Queued { at, due, .. })) = self.queue.pop() else { break };
            self.now = at;
            self.measures.events += 1;
            self.happen(due);
        }
        self.now = end;
    }

    pub(super) fn add(&mut self, at: Duration, due: Due) {
        self.next_number += 1;
        self.queue.push(Reverse(Queued { at, number: self.next_number, due }));
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Act(number) => {
                let action = self.plan.actions[number].1.clone();
                self.act(action);
            }
            Due::Wake(pid) => self.wake(pid),
            Due::Arrive(from, to, bytes) => {
                self.mix(&bytes);
                if let Some(pid) = self.listening.get(&to) {
                    self.hear(*pid, Input::Datagram(from, bytes));
                }
            }
            Due::Ask(stream) => self.arrive(stream),
            Due::Reply(stream, answer) => self.end_stream(stream, answer),
        }
    }

    fn wake(&mut self, pid: Pid) {
        let now = self.now;
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.kept.is_some() || process.wake_at.is_none_or(|at| at > now) {
            return;
        }
        process.wake_at = None;
        process.engine.handle_timeout(now);
        self.settle(pid);
    }

    /// Gives something to a process, if it still runs.
    pub(super) fn hear(&mut self, pid: Pid, input: Input) {
        let now = self.now;
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if let Some(kept) = &mut process.kept {
            return Process::keep(kept, input);
        }
        match input {
            Input::Datagram(from, bytes) => process.engine.handle_datagram(now, from, &bytes),
            Input::Request(from, stream, frame) => process.engine.handle_request(now, from, stream, &frame),
            Input::Reply(number, answer) => process.engine.handle_response(now, number, answer),
        }
        self.settle(pid);
    }

    /// Does what the engine of a process wants done, and what its node has to tell the others, until there is
    /// nothing left.
    pub(super) fn settle(&mut self, pid: Pid) {
        let next_check = loop {
            let next_check = self.follow(pid);
            let Some(process) = self.processes.get_mut(&pid) else { return };
            let effects = process.engine.take_effects();
            if effects.is_empty() {
                break next_check;
            }
            for effect in effects {
                self.perform(pid, effect);
            }
        };
        let (now, late) = (self.now, Duration::from_micros(self.rng.random_range(0..1_500)));
        let Some(process) = self.processes.get_mut(&pid) else { return };
        let Some(next) = process.engine.next_timeout().into_iter().chain(next_check).min() else { return };
        // A timer of the system is a little late.
        let at = next.max(now) + late;
        if process.wake_at.is_none_or(|planned| planned > at) {
            process.wake_at = Some(at);
            self.add(at, Due::Wake(pid));
        }
    }

    fn perform(&mut self, pid: Pid, effect: Effect) {
        match effect {
            Effect::Datagram { to, bytes } => self.send(pid, to, bytes),
            Effect::Request { number, to, frame, timeout } => self.ask(pid, number, &to, frame, timeout),
            Effect::Respond { stream, frame } => self.answer(stream, frame),
            Effect::Emit(event) => self.tell(pid, event),
        }
    }

    pub(super) fn tell(&mut self, pid: Pid, event: Event) {
        if let Some(process) = self.processes.get(&pid) {
            process.node.heed(event.clone(), self.wall_ms());
        }
        let what = match event {
            Event::Changed(changes) => What::Changed(changes),
            Event::JoinEnded(outcome) => What::JoinEnded(outcome.map_err(|refusal| refusal.to_string())),
            Event::Ring(id, ring) => What::Ring(id, ring),
            Event::Broadcast(broadcast) => What::Heard(broadcast),
            Event::Problems(problems) => What::Problems(problems.iter().map(ToString::to_string).collect()),
            Event::Stranger(from, reason) => What::Stranger(from, reason),
            Event::Conflict(address) => What::Conflict(address),
            Event::Failed => unreachable!("only a driver tells of that"),
            Event::Left => What::Left { could_hear: self.leaving.remove(&pid).unwrap_or_default() },
        };
        self.note(pid, what.clone());
        let Some(process) = self.processes.get_mut(&pid) else { return };
        match what {
            What::Changed(changes) => process.known.apply(&changes),
            What::Ring(id, ring) => drop(process.known.rings.insert(id, ring.checksum)),
            What::Problems(problems) => process.known.problems = problems,
            What::JoinEnded(Ok(())) => process.is_joined = true,
            What::JoinEnded(Err(_)) | What::Conflict(_) | What::Left { .. } => self.end_process(pid),
            _ => {}
        }
    }

    /// Takes note of what happened.
    pub(super) fn note(&mut self, process: Pid, what: What) {
        let line = format!("{what:?}");
        self.mix(line.as_bytes());
        if self.is_traced {
            let info = &self.infos[process];
            println!("{:10.3} c{} {} p{process}: {line}", self.now.as_secs_f64(), info.cluster, info.id);
        }
        self.entries.push(Entry { at: self.now, process, what });
    }

    pub(super) fn mix(&mut self, bytes: &[u8]) {
        self.hash = xxh64(bytes, self.hash ^ self.now.as_nanos() as u64);
    }
}
