//! What processes send each other.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_transport::Target;
use rand::RngExt;

use super::state::{Due, World};
use super::stream::Stream;
use crate::history::Pid;
use crate::network::Fate;
use crate::plan::Host;
use crate::process::Input;

/// Datagrams of which somebody keeps a copy.
const RECORDED_MAX: usize = 500;

impl World {
    pub(super) fn send(&mut self, pid: Pid, to: SocketAddr, bytes: Vec<u8>) {
        let Some(process) = self.processes.get(&pid) else { return };
        let (from, from_host) = (process.address, process.host);
        self.count_pace(pid, false);
        let Some(to_host) = self.host_at(to) else { return };
        let fate = self.network.datagram(from_host, to_host, &mut self.rng);
        let Fate::Comes(times) = fate else { return };
        if self.recorded.len() < RECORDED_MAX && self.rng.random_ratio(1, 20) {
            self.recorded.push((from, to, bytes.clone()));
        }
        for time in times {
            let bytes = self.damaged(from_host, bytes.clone());
            self.add(self.now + time, Due::Arrive(from, to, bytes));
        }
    }

    fn damaged(&mut self, from: Host, mut bytes: Vec<u8>) -> Vec<u8> {
        let share = self.network.damage();
        if share == 0.0 || !self.rng.random_bool(share) {
            return bytes;
        }
        self.network.count("datagrams damaged");
        let is_sealed = !self.plan.clusters[self.plan.hosts[from].cluster].keys.is_empty();
        let at = self.rng.random_range(0..bytes.len());
        // What is not sealed is protected by the checksum of UDP alone, which finds a changed bit.
        if is_sealed && self.rng.random_bool(0.5) {
            bytes[at] ^= 1 << self.rng.random_range(0..8);
        } else {
            bytes.truncate(at);
        }
        bytes
    }

    pub(super) fn ask(&mut self, pid: Pid, number: u64, to: &Target, frame: Vec<u8>, timeout: Duration) {
        self.count_pace(pid, true);
        let Some(process) = self.processes.get(&pid) else { return };
        let (asker_host, asker_address) = (process.host, process.address);
        let target = match to {
            Target::Address(address) => Some(*address),
            Target::Name(name) => self.resolved(name),
        };
        self.next_stream += 1;
        let stream = self.next_stream;
        let target_host = target.and_then(|target| self.host_at(target));
        let (Some(target), Some(target_host)) = (target, target_host) else {
            let soon = self.network.latency(&mut self.rng);
            let place = (asker_host, asker_address, asker_address, asker_host);
            self.add_stream(stream, pid, number, place, frame);
            let why = if target.is_none() { "its name is not known" } else { "nobody is there" };
            return self.add(self.now + soon, Due::Reply(stream, Err(why.into())));
        };
        self.mix(&frame);
        self.add_stream(stream, pid, number, (asker_host, asker_address, target, target_host), frame);
        self.add(self.now + timeout, Due::Reply(stream, Err("no answer in time".into())));
        if self.is_cut_between(asker_host, target_host) {
            return self.network.count("exchanges cut off");
        }
        let time = self.network.question_time(asker_host, target_host, &mut self.rng);
        if time < timeout {
            self.add(self.now + time, Due::Ask(stream));
        }
    }

    fn add_stream(
        &mut self,
        stream: u64,
        asker: Pid,
        number: u64,
        (asker_host, asker_address, target, target_host): (Host, SocketAddr, SocketAddr, Host),
        frame: Vec<u8>,
    ) {
        let opened = Stream { asker, number, asker_host, asker_address, target, target_host, frame };
        self.streams.insert(stream, opened);
    }

    /// The question of an exchange has come to where it was sent.
    pub(super) fn arrive(&mut self, number: u64) {
        let Some(stream) = self.streams.get_mut(&number) else { return };
        let (asker_host, target_host) = (stream.asker_host, stream.target_host);
        let (from, to, frame) = (stream.asker_address, stream.target, std::mem::take(&mut stream.frame));
        if self.is_cut_between(asker_host, target_host) {
            return self.network.count("exchanges cut off");
        }
        if let Some(pid) = self.listening.get(&to) {
            return self.hear(*pid, Input::Request(from, number, frame));
        }
        if !self.hosts[target_host].is_off {
            let soon = self.network.latency(&mut self.rng);
            self.add(self.now + soon, Due::Reply(number, Err("connection refused".into())));
        }
    }

    pub(super) fn answer(&mut self, number: u64, frame: Option<Vec<u8>>) {
        let Some(stream) = self.streams.get(&number) else { return };
        let (from, to) = (stream.target_host, stream.asker_host);
        let address = stream.target;
        if self.is_cut_between(from, to) {
            return self.network.count("exchanges cut off");
        }
        let time = self.network.answer_time(from, to, &mut self.rng);
        let answer = frame.map(|frame| (address, frame)).ok_or_else(|| "it ended the stream".to_string());
        self.add(self.now + time, Due::Reply(number, answer));
    }

    pub(super) fn end_stream(&mut self, number: u64, answer: Result<(SocketAddr, Vec<u8>), String>) {
        let Some(stream) = self.streams.get(&number) else { return };
        if answer.is_ok() && self.is_cut_between(stream.target_host, stream.asker_host) {
            return self.network.count("exchanges cut off");
        }
        let (asker, own_number) = (stream.asker, stream.number);
        self.streams.remove(&number);
        if let Ok((_, frame)) = &answer {
            self.mix(frame);
        }
        self.hear(asker, Input::Reply(own_number, answer));
    }

    /// Who was ever reached at an address.
    pub(super) fn host_at(&self, address: SocketAddr) -> Option<Host> {
        if let Some(pid) = self.listening.get(&address) {
            return Some(self.infos[*pid].host);
        }
        self.hosts.iter().position(|host| host.address == address)
    }

    pub(super) fn name_of(&self, host: Host) -> String {
        if self.plan.has_names { format!("h{host}.sim:7946") } else { self.hosts[host].address.to_string() }
    }

    fn resolved(&mut self, name: &str) -> Option<SocketAddr> {
        if let Ok(address) = name.parse() {
            return Some(address);
        }
        if !self.network.has_names() {
            self.network.count("names not resolved");
            return None;
        }
        let number = name.strip_prefix('h')?.split('.').next()?.parse::<Host>().ok()?;
        self.hosts.get(number).map(|host| host.address)
    }

    fn is_cut_between(&self, one: Host, other: Host) -> bool {
        self.network.is_cut(one, other) || self.network.is_cut(other, one)
    }

    fn count_pace(&mut self, pid: Pid, is_exchange: bool) {
        let second = self.now.as_secs();
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.pace.0 != second {
            process.pace = (second, 0, 0);
        }
        let (_, exchanges, datagrams) = &mut process.pace;
        *if is_exchange { &mut *exchanges } else { &mut *datagrams } += 1;
        self.busiest = (self.busiest.0.max(*exchanges), self.busiest.1.max(*datagrams));
    }
}
