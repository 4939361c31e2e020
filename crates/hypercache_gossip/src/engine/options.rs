//! What an engine is made of.

use std::fmt;
use std::net::SocketAddr;

use crate::message::SharedOptions;
use crate::record::Record;
use crate::timing::Timing;

/// What an engine is made of.
#[derive(Clone)]
pub struct EngineOptions {
    /// Node id of the local member.
    pub id: String,
    /// Where datagrams and streams of others reach it.
    pub address: SocketAddr,
    /// When its process joins, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// What it says of itself. Version and claim are the engine's.
    pub record: Record,
    /// Members of other clusters are not heard.
    pub cluster_name: String,
    /// The first seals, all open; none: nothing is sealed.
    pub keys: Vec<[u8; 32]>,
    /// What must be the same at all members.
    pub shared: SharedOptions,
    /// How fast things go.
    pub timing: Timing,
    /// The newest message format it uses, at most [`crate::PROTOCOL_VERSION_MAX`].
    pub protocol_version: u8,
    /// All randomness comes from it.
    pub random_seed: [u8; 32],
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut published = formatter.debug_struct("EngineOptions");
        published
            .field("id", &self.id)
            .field("address", &self.address)
            .field("cluster_name", &self.cluster_name);
        // Neither the keys nor the seed that nonces are made from.
        published.field("key_count", &self.keys.len()).finish_non_exhaustive()
    }
}
