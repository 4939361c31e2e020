//! What the plan does to hosts and processes.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use hypercache_gossip::{Claim, EngineOptions, Record, SharedOptions};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::follow::EPOCH_MS;
use super::state::{Due, World};
use crate::history::{Pid, ProcessInfo, What};
use crate::plan::{Action, Advertised, Clock, Fault, Host, Place};
use crate::process::{Input, Process, first_record};

impl World {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Start(host, place, clock) => self.start(host, place, clock),
            Action::Release(host, protocol_version) => self.hosts[host].protocol_version = protocol_version,
            Action::Crash(host, is_off) => self.crash(host, is_off),
            Action::Leave(host) => self.leave(host),
            Action::Freeze(host) => self.freeze(host),
            Action::Thaw(host) => self.thaw(host),
            Action::Stall(host) => self.stall(host),
            Action::Resume(host) => self.resume(host),
            Action::Update(host) => self.update(host),
            Action::Broadcast(host, count) => self.broadcast(host, count),
            Action::Begin(number, fault) => {
                self.network.count(name_of(&fault));
                self.trace(&format!("begins {number}: {fault:?}"));
                self.network.begin(number, fault);
            }
            Action::End(number) => {
                self.trace(&format!("ends {number}"));
                self.network.end(number);
            }
            Action::Garbage(host) => self.throw_garbage(host),
            Action::Replay(host) => self.replay(host),
        }
        self.narrow();
    }

    pub(super) fn start(&mut self, host: Host, place: Place, clock: Clock) {
        if let Some(pid) = self.hosts[host].running {
            if !self.processes[&pid].is_leaving {
                return;
            }
            // It has been leaving for long enough.
            self.crash(host, false);
        }
        self.move_to(host, place);
        let started_at_ms = self.start_time(host, clock);
        let advertised = self.advertised(host);
        let plan = &self.plan.hosts[host];
        let cluster = &self.plan.clusters[plan.cluster];
        let (pid, address) = (self.infos.len(), self.hosts[host].address);
        let protocol_version = self.hosts[host].protocol_version;
        let mut random_seed = [0; 32];
        self.rng.fill_bytes(&mut random_seed);
        let options = EngineOptions {
            id: plan.id.clone(),
            address: advertised,
            started_at_ms,
            record: first_record(plan.cluster, pid, address, protocol_version),
            cluster_name: cluster.name.clone(),
            keys: cluster.keys.clone(),
            shared: SharedOptions(vec![("hash_function".into(), "xxhash64".into())]),
            timing: self.plan.timing(),
            protocol_version,
            random_seed,
        };
        let seeds = plan.seeds.iter().map(|seed| self.name_of(*seed)).collect();
        let info = ProcessInfo {
            host,
            cluster: plan.cluster,
            id: plan.id.clone(),
            address,
            started_at_ms,
            began: self.now,
            ended: None,
        };
        if Some(host) == self.plan.twin {
            self.network.count("second processes with one id");
        }
        if self.hosts[host].last_start_ms.replace(started_at_ms).is_some() {
            self.network.count("restarts");
        }
        self.infos.push(info);
        let state = &mut self.hosts[host];
        (state.is_off, state.running) = (false, Some(pid));
        self.listening.insert(address, pid);
        self.note(pid, What::Started);
        let mut process = Process::new(pid, (host, address), options, self.plan.patience());
        process.engine.join(self.now, seeds);
        self.processes.insert(pid, process);
        self.settle(pid);
    }

    /// Where the processes of a host say that they are.
    fn advertised(&mut self, host: Host) -> SocketAddr {
        let (address, kind) = match self.plan.hosts[host].advertised {
            Advertised::Right => return self.hosts[host].address,
            Advertised::Nowhere => (self.new_address(host), "wrong addresses"),
            Advertised::Of(other) => (self.hosts[other].address, "shared addresses"),
        };
        self.network.count(kind);
        address
    }

    fn move_to(&mut self, host: Host, place: Place) {
        let is_free = |world: &Self, address| !world.listening.contains_key(&address);
        let address = match place {
            Place::Same => self.hosts[host].address,
            Place::New => self.new_address(host),
            Place::Of(other) => self.hosts[other].address,
        };
        // Somebody else has it now: a lease that has run out.
        let address = if is_free(self, address) { address } else { self.new_address(host) };
        if address == self.hosts[host].address {
            return;
        }
        self.network.count("moves to another address");
        if self.hosts.iter().any(|state| state.address == address) {
            self.network.count("addresses taken over");
            // Whoever had it gets another one when it comes back.
            let other = self.hosts.iter().position(|state| state.address == address).expect("just found");
            self.hosts[other].address = self.new_address(other);
        }
        self.hosts[host].address = address;
    }

    fn new_address(&mut self, host: Host) -> SocketAddr {
        self.hosts[host].moves += 1;
        SocketAddr::from(([10, 0, self.hosts[host].moves, host as u8 + 1], 7_946))
    }

    fn start_time(&mut self, host: Host, clock: Clock) -> u64 {
        let state = &mut self.hosts[host];
        let right = EPOCH_MS + self.now.as_millis() as u64;
        let (time, kind) = match (clock, state.last_start_ms) {
            (Clock::Stuck, Some(last)) => (last, Some("clocks stuck")),
            (Clock::Back(by), Some(last)) => (last.saturating_sub(by), Some("clocks gone back")),
            _ => (right.saturating_add_signed(state.skew_ms), None),
        };
        if let Some(kind) = kind {
            self.network.count(kind);
        }
        time
    }

    fn crash(&mut self, host: Host, is_off: bool) {
        let Some(pid) = self.hosts[host].running else { return };
        self.network.count(if is_off { "machines off" } else { "crashes" });
        self.hosts[host].is_off = is_off;
        self.note(pid, What::Crashed);
        self.end_process(pid);
    }

    /// It runs no more, whatever the reason.
    pub(super) fn end_process(&mut self, pid: Pid) {
        let Some(process) = self.processes.remove(&pid) else { return };
        self.add_counts(&process);
        self.listening.remove(&process.address);
        self.hosts[process.host].running = None;
        self.infos[pid].ended = Some(self.now);
        self.leaving.remove(&pid);
    }

    pub(super) fn add_counts(&mut self, process: &Process) {
        for (reason, count) in &process.engine.counts().dropped {
            *self.measures.dropped.entry(reason).or_default() += count;
        }
    }

    pub(super) fn leave(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let process = self.processes.get_mut(&pid).expect("it runs");
        if process.is_leaving || process.kept.is_some() {
            return;
        }
        let was_joined = process.is_joined;
        process.is_leaving = true;
        self.network.count("leaves");
        self.note(pid, What::LeaveCalled);
        if was_joined {
            let others = self.processes.values().filter(|other| other.pid != pid && other.is_joined);
            let knowing = others.filter(|other| {
                let member = other.known.view.get(&self.infos[pid].id);
                member.is_some_and(|member| member.record.metadata["process"] == pid.to_string())
            });
            let could_hear = knowing.map(|other| other.pid).collect();
            self.leaving.insert(pid, could_hear);
            self.narrow();
        }
        let now = self.now;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.engine.leave(now);
            self.settle(pid);
        }
    }

    /// Forgets who cannot hear of a leave any more.
    fn narrow(&mut self) {
        let mut leaving = std::mem::take(&mut self.leaving);
        for (pid, could_hear) in &mut leaving {
            let leaver = self.processes.get(pid).filter(|process| process.kept.is_none());
            could_hear.retain(|other| {
                let (Some(leaver), Some(other)) = (leaver, self.processes.get(other)) else { return false };
                other.kept.is_none() && self.network.is_clear(leaver.host, other.host)
            });
        }
        self.leaving = leaving;
    }

    fn freeze(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let process = self.processes.get_mut(&pid).expect("it runs");
        if process.kept.is_none() {
            process.kept = Some(Vec::new());
            self.network.count("freezes");
            self.note(pid, What::Frozen);
        }
    }

    pub(super) fn thaw(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let process = self.processes.get_mut(&pid).expect("it runs");
        let Some(kept) = process.kept.take() else { return };
        self.note(pid, What::Thawed);
        // Which it looks at first, its clock or its sockets, is chance.
        if self.rng.random_bool(0.5) {
            self.tick(pid);
        }
        for input in kept {
            self.hear(pid, input);
        }
        self.tick(pid);
    }

    fn stall(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let process = self.processes.get_mut(&pid).expect("it runs");
        if process.is_joined && !process.is_leaving && !process.is_stalled {
            process.is_stalled = true;
            self.network.count("stalls");
            self.note(pid, What::Stalled);
        }
    }

    pub(super) fn resume(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let process = self.processes.get_mut(&pid).expect("it runs");
        if std::mem::take(&mut process.is_stalled) {
            self.note(pid, What::Resumed);
            self.settle(pid);
        }
    }

    fn tick(&mut self, pid: Pid) {
        let now = self.now;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.engine.handle_timeout(now);
            process.wake_at = None;
            self.settle(pid);
        }
    }

    pub(super) fn update(&mut self, host: Host) {
        let Some(pid) = self.hosts[host].running else { return };
        let kind = self.rng.random_range(0..5);
        let number = self.rng.random_range(1..1_000_u32);
        let (now, protocol_version) = (self.now, self.hosts[host].protocol_version);
        let process = self.processes.get_mut(&pid).expect("it runs");
        if process.kept.is_some() || process.is_leaving {
            return;
        }
        let change = |record: &mut Record| {
            let revision = record.metadata["revision"].parse::<u64>().unwrap_or_default() + 1;
            record.metadata.insert("revision".into(), revision.to_string());
            match kind {
                0 => record.weight = f64::from(number) / 100.0,
                1 => record.zone = Some(format!("zone-{}", number % 3)),
                2 => record.claim = if number % 2 == 0 { Claim::Updating } else { Claim::Present },
                3 => drop(record.metadata.insert("text".into(), "x".repeat(number as usize * 4))),
                _ if protocol_version >= 2 => record.load = Some(f64::from(number) / 1_000.0),
                _ => record.capabilities = vec![format!("can-{number}")],
            }
        };
        process.engine.update(now, change).expect("it is small");
        self.network.count("updates");
        self.settle(pid);
    }

    pub(super) fn broadcast(&mut self, host: Host, count: usize) {
        let Some(pid) = self.hosts[host].running else { return };
        for _ in 0..count {
            let name = format!("b{}", self.broadcast_count);
            let data = "y".repeat(self.rng.random_range(0..if count > 20 { 20 } else { 300 }));
            let (now, cluster) = (self.now, self.infos[pid].cluster);
            let others = self.processes.values().filter(|other| other.pid != pid && other.is_well());
            let others = others.filter(|other| self.infos[other.pid].cluster == cluster);
            let must_hear: BTreeSet<Pid> =
                if self.must_reach() { others.map(|other| other.pid).collect() } else { BTreeSet::new() };
            let process = self.processes.get_mut(&pid).expect("it runs");
            if !process.is_well() {
                return;
            }
            self.broadcast_count += 1;
            if process.engine.broadcast(now, name.clone(), data, self.broadcast_count) == Ok(true) {
                self.network.count("broadcasts");
                self.note(pid, What::Broadcasted { name, must_hear });
            }
            self.settle(pid);
        }
    }

    fn throw_garbage(&mut self, host: Host) {
        let mut bytes = vec![0; self.rng.random_range(0..1_600)];
        self.rng.fill_bytes(&mut bytes);
        if !bytes.is_empty() && self.rng.random_bool(0.5) {
            bytes[0] = 0xC7;
        }
        self.network.count("garbage");
        let from = SocketAddr::from(([10, 9, 9, self.rng.random_range(1..4)], 9_999));
        if self.rng.random_bool(0.5) {
            self.add(self.now, Due::Arrive(from, self.hosts[host].address, bytes));
        } else if let Some(pid) = self.hosts[host].running {
            // On a stream that nobody waits for.
            self.next_stream += 1;
            self.hear(pid, Input::Request(from, self.next_stream, bytes));
        }
    }

    fn replay(&mut self, host: Host) {
        let to_host: Vec<_> =
            self.recorded.iter().filter(|(_, to, _)| *to == self.hosts[host].address).cloned().collect();
        if let Some((from, to, bytes)) = to_host.choose(&mut self.rng).cloned() {
            self.network.count("replays");
            self.add(self.now, Due::Arrive(from, to, bytes));
        }
    }

    fn trace(&self, text: &str) {
        if self.is_traced {
            println!("{:10.3} {text}", self.now.as_secs_f64());
        }
    }
}

fn name_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::Partition(_) => "partitions",
        Fault::OneWay(..) => "one-way cuts",
        Fault::Isolation(_) => "isolations",
        Fault::Deaf(_) => "deaf hosts",
        Fault::Mute(_) => "mute hosts",
        Fault::Loss(_) => "spells of loss",
        Fault::BadLink(..) => "bad links",
        Fault::Delays(..) => "spells of delay",
        Fault::Duplicates(_) => "spells of duplicates",
        Fault::Damage(_) => "spells of damage",
        Fault::NoNames => "spells without names",
    }
}
