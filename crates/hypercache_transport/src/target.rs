//! Where a stream leads.

use std::net::SocketAddr;

/// Where a stream leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address.
    Address(SocketAddr),
    /// A host name or an address, with a port: to be resolved.
    Name(String),
}
