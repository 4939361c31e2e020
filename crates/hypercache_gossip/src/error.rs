//! Why a call was refused. The codes are part of the public surface, as those of the core.

use std::fmt;

use crate::message::BROADCAST_BYTES_MAX;
use crate::record::RECORD_BYTES_MAX;

/// Why a call was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// What a member says of itself has too many bytes.
    RecordTooLarge(usize),
    /// Name and data of a broadcast have too many bytes.
    BroadcastTooLarge(usize),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RecordTooLarge(_) => "ERR_HYPERCACHE_RECORD_TOO_LARGE",
            Self::BroadcastTooLarge(_) => "ERR_HYPERCACHE_BROADCAST_TOO_LARGE",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordTooLarge(size) => write!(
                formatter,
                "what the node says of itself (zone, capabilities, metadata) has {size} bytes; at most \
                 {RECORD_BYTES_MAX} are allowed"
            ),
            Self::BroadcastTooLarge(size) => write!(
                formatter,
                "name and data of the broadcast have {size} bytes; at most {BROADCAST_BYTES_MAX} are allowed"
            ),
        }
    }
}

impl std::error::Error for Error {}
