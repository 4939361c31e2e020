//! A process: an engine, the node around it with a ring that follows, and the application.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hypercache_core::{HashFunction, Ring, RingOptions, StatusSet};
use hypercache_gossip::{Engine, EngineOptions, Record};
use hypercache_node::{Node, Patience};

use crate::history::{Following, Knowledge, Pid};
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
    /// What follows it.
    pub node: Node,
    /// The ring of the node.
    pub ring: Arc<Ring>,
    /// When it wants to be woken.
    pub wake_at: Option<Duration>,
    /// What has come while it was stopped, if it is.
    pub kept: Option<Vec<Input>>,
    /// Whether its application stands still, while the process goes on.
    pub is_stalled: bool,
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
    pub fn new(
        pid: Pid,
        (host, address): (Host, SocketAddr),
        options: EngineOptions,
        patience: Patience,
    ) -> Self {
        let (node, ring) = (Node::new(&options.id, || {}), ring());
        node.configure(patience);
        node.follow(ring.clone(), 0.0);
        Self {
            pid,
            host,
            address,
            engine: Engine::new(options),
            node,
            ring,
            is_stalled: false,
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

    /// How its ring follows its members.
    pub fn following(&self) -> Following {
        let ring = self.ring.snapshot();
        Following {
            shown: self.known.view.iter().map(|(id, member)| (id.clone(), member.status)).collect(),
            on_ring: ring.nodes().map(|(_, node)| (node.id.to_string(), node.status)).collect(),
        }
    }
}

/// An empty ring. Few points will do: what is looked at is who is on it.
fn ring() -> Arc<Ring> {
    let hash = HashFunction::new("xxhash64", 0).expect("it exists");
    let options = RingOptions::new(hash, 8.0, StatusSet::default(), false).expect("legal options");
    Ring::new(options, Vec::new(), 0.0).expect("no nodes").into()
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
