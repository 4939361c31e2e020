//! A process: an engine, and the application around it.

use std::net::SocketAddr;
use std::time::Duration;

use hypercache_gossip::{Engine, EngineOptions, Record, Status};
use xxhash_rust::xxh64::Xxh64;

use crate::history::{Knowledge, Pid};
use crate::plan::Host;

/// Datagrams that a stopped process finds when it goes on; a socket has room for no more.
pub const DATAGRAMS_KEPT: usize = 200;

/// What comes to a process.
#[derive(Clone, Debug)]
pub enum Input {
    /// A datagram.
    Datagram(SocketAddr, Vec<u8>),
    /// The question of an exchange, by the number of its stream.
    Request(SocketAddr, u64, Vec<u8>),
    /// The end of an exchange that it has begun, by its own number.
    Reply(u64, Result<(SocketAddr, Vec<u8>), String>),
}

/// A process that runs.
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Where it runs.
    pub host: Host,
    /// Where it is reached.
    pub address: SocketAddr,
    /// The protocol.
    pub engine: Engine,
    /// When it wants to be woken.
    pub wake_at: Option<Duration>,
    /// What has come while it was stopped, if it is.
    pub kept: Option<Vec<Input>>,
    /// Whether it has joined.
    pub is_joined: bool,
    /// Whether it has been asked to leave.
    pub is_leaving: bool,
    /// What the application knows.
    pub known: Knowledge,
    /// Exchanges and datagrams begun in the present second.
    pub pace: (u64, u64, u64),
}

impl Process {
    /// A process that has just started.
    pub fn new(pid: Pid, host: Host, options: EngineOptions) -> Self {
        Self {
            pid,
            host,
            address: options.address,
            engine: Engine::new(options),
            wake_at: None,
            kept: None,
            is_joined: false,
            is_leaving: false,
            known: Knowledge::default(),
            pace: (0, 0, 0),
        }
    }

    /// Whether it is a member that answers.
    pub fn is_well(&self) -> bool {
        self.is_joined && !self.is_leaving && self.kept.is_none()
    }

    /// Keeps what comes while it is stopped.
    pub fn keep(kept: &mut Vec<Input>, input: Input) {
        let is_datagram = |input: &Input| matches!(input, Input::Datagram(..));
        if !is_datagram(&input) || kept.iter().filter(|input| is_datagram(input)).count() < DATAGRAMS_KEPT {
            kept.push(input);
        }
    }

    /// The ring that follows from the view: who answers for keys, and for how many.
    pub fn ring(&self) -> u64 {
        let mut ring = Xxh64::new(0);
        for (id, member) in &self.known.view {
            if matches!(member.status, Status::Alive | Status::Suspected | Status::Updating) {
                ring.update(id.as_bytes());
                ring.update(&member.record.weight.to_le_bytes());
                ring.update(member.record.zone.as_deref().unwrap_or_default().as_bytes());
            }
        }
        ring.digest()
    }
}

/// What a process says of itself at first.
pub fn first_record(cluster: usize, pid: Pid, address: SocketAddr, protocol_version: u8) -> Record {
    let said = |name: &str, value: usize| (name.to_string(), value.to_string());
    Record {
        // Whose it is, and which of all that it says, so that whatever is shown can be traced back.
        metadata: [said("cluster", cluster), said("process", pid), said("revision", 0)].into(),
        load: (protocol_version >= 2).then_some(0.5),
        ..Record::new(address.ip().to_string(), address.port() + 1_000)
    }
}
