//! Why a call was refused. The codes are part of the public surface, as those of the core.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a call was refused. Nothing has changed.
#[derive(Debug)]
pub enum Error {
    /// The sockets cannot be opened.
    Listen(SocketAddr, io::Error),
    /// The system gives no threads, or will not watch the sockets.
    System(io::Error),
    /// What the engine refuses.
    Engine(hypercache_gossip::Error),
    /// So many broadcasts wait to be sent.
    TooManyBroadcasts(usize),
    /// A key of another length than 32 bytes.
    KeyLength(usize),
    /// Something that is no address.
    Address(String),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen(..) => "ERR_HYPERCACHE_LISTEN_FAILED",
            Self::System(_) => "ERR_HYPERCACHE_INTERNAL",
            Self::Engine(error) => error.code(),
            Self::TooManyBroadcasts(_) => "ERR_HYPERCACHE_TOO_MANY_BROADCASTS",
            Self::KeyLength(_) => "ERR_HYPERCACHE_INVALID_BYTES",
            Self::Address(_) => "ERR_HYPERCACHE_INVALID_TEXT",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => {
                let why = match error.kind() {
                    io::ErrorKind::AddrInUse => "another process listens there".into(),
                    io::ErrorKind::AddrNotAvailable => "this machine has no such address".into(),
                    io::ErrorKind::PermissionDenied => "this process may not listen there".into(),
                    _ => error.to_string(),
                };
                write!(formatter, "the membership cannot listen on {address}: {why}")
            }
            Self::System(error) => write!(formatter, "the membership cannot run: {error}"),
            Self::Engine(error) => error.fmt(formatter),
            Self::TooManyBroadcasts(count) => {
                write!(formatter, "{count} broadcasts wait to be sent already; no more are taken before that")
            }
            Self::KeyLength(length) => write!(formatter, "a key has {length} bytes; it must have 32"),
            Self::Address(text) => {
                write!(formatter, "{text:?} is no address; it must be an IP address with a port")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<hypercache_gossip::Error> for Error {
    fn from(error: hypercache_gossip::Error) -> Self {
        Self::Engine(error)
    }
}
