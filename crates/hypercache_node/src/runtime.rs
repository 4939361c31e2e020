//! A node and the gossip that it takes part by, one life after another.

use std::net::SocketAddr;
use std::sync::Arc;

use hypercache_gossip::{Counts, EngineOptions, Record};
use parking_lot::Mutex;

use crate::error::Error;
use crate::gossip::Gossip;
use crate::node::Node;
use crate::sockets::Sockets;

/// What an application holds: a node that lasts, and a member of a cluster while it takes part.
pub struct Runtime {
    node: Arc<Node>,
    gossip: Mutex<Option<Gossip>>,
    /// What members of earlier lives have counted.
    counted: Mutex<Counts>,
}

impl Runtime {
    /// Of a node that takes no part yet.
    pub fn new(node: Node) -> Self {
        Self { node: Arc::new(node), gossip: Mutex::default(), counted: Mutex::default() }
    }

    /// The node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Runs a member over sockets. The one before must have ended.
    ///
    /// # Errors
    /// As [`Gossip::run`].
    pub fn open_gossip(&self, options: EngineOptions, sockets: Sockets) -> Result<SocketAddr, Error> {
        let address = sockets.address;
        let gossip = Gossip::run(options, sockets, self.node.clone())?;
        self.gossip.lock().replace(gossip);
        Ok(address)
    }

    /// Begins to take part: see [`Gossip::join`].
    pub fn join(&self, seeds: Vec<String>) {
        if let Some(gossip) = &*self.gossip.lock() {
            gossip.join(seeds);
        }
    }

    /// Goes away on purpose: see [`Gossip::leave`].
    pub fn leave(&self) {
        if let Some(gossip) = &*self.gossip.lock() {
            gossip.leave();
        }
    }

    /// Replaces what the member says of itself: see [`Gossip::update`]. Answers whether it takes part.
    ///
    /// # Errors
    /// As there.
    pub fn update(&self, record: Record) -> Result<bool, Error> {
        self.gossip.lock().as_ref().map_or(Ok(false), |gossip| gossip.update(record))
    }

    /// Sends a message to every live member: see [`Gossip::broadcast`]. Answers whether it takes part.
    ///
    /// # Errors
    /// As there.
    pub fn broadcast(&self, name: String, data: String, lamport_time: u64) -> Result<bool, Error> {
        let gossip = self.gossip.lock();
        gossip.as_ref().map_or(Ok(false), |gossip| gossip.broadcast(name, data, lamport_time).map(|()| true))
    }

    /// Tells the others a checksum: see [`Gossip::announce_ring`].
    pub fn announce_ring(&self, checksum: u64) {
        if let Some(gossip) = &*self.gossip.lock() {
            gossip.announce_ring(checksum);
        }
    }

    /// Counters, of all lives.
    pub fn counts(&self) -> Counts {
        let mut counts = self.counted.lock().clone();
        if let Some(gossip) = &*self.gossip.lock() {
            counts += &gossip.counts();
        }
        let lost = self.node.lost_count();
        if lost > 0 {
            counts.dropped.insert("application too slow", lost);
        }
        counts
    }

    /// Ends the member without a word to the others, and waits until its sockets are closed. May be called
    /// again.
    pub fn end_gossip(&self) {
        let Some(gossip) = self.gossip.lock().take() else { return };
        gossip.close();
        *self.counted.lock() += &gossip.counts();
    }

    /// Ends the member and the node. May be called again.
    pub fn close(&self) {
        self.end_gossip();
        self.node.close();
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.close();
    }
}
