//! Who a member is: what never changes in the life of a process.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::checked;

/// One generation of a member. A later one replaces an earlier one of the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Generation {
    /// When its process joined, in milliseconds since 1970, by its own clock.
    #[serde(deserialize_with = "checked::time")]
    pub started_at_ms: u64,
    /// How often it has had to come back since then: being dead cannot be refuted in SWIM, only outlived.
    pub rejoin_count: u32,
}

/// Most bytes of an encoded identity: an id of 255 bytes with its length, an address of IPv6, a generation.
pub const IDENTITY_BYTES_MAX: usize = 2 + 255 + 1 + 16 + 3 + 10 + 5;

/// A member of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Its node id, unique in the cluster.
    #[serde(deserialize_with = "checked::id")]
    pub id: String,
    /// Where datagrams and streams reach it.
    #[serde(deserialize_with = "checked::address")]
    pub address: SocketAddr,
    /// Which of its generations.
    pub generation: Generation,
}

impl foca::Identity for Identity {
    /// The id, so that a restarted process replaces the one before, wherever it is now.
    type Addr = String;

    fn renew(&self) -> Option<Self> {
        // The engine begins the next generation, in its own time.
        None
    }

    fn addr(&self) -> String {
        self.id.clone()
    }

    fn win_addr_conflict(&self, other: &Self) -> bool {
        // Two processes that say they are the same node since the same millisecond: somebody has to win, and
        // everywhere the same one.
        (self.generation, self.address) > (other.generation, other.address)
    }
}
