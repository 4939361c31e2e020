//! Exchanges under way.

use std::net::SocketAddr;

use crate::history::Pid;
use crate::plan::Host;

/// An exchange under way.
pub struct Stream {
    pub asker: Pid,
    /// The asker's own number of it.
    pub number: u64,
    pub asker_host: Host,
    pub asker_address: SocketAddr,
    pub target: SocketAddr,
    pub target_host: Host,
    pub frame: Vec<u8>,
}
