//! What stands against a member's being well, this one or others, in words.

use std::fmt;
use std::net::SocketAddr;

/// Something that stands against the being well of this member, or of those that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is alone, and none of its seeds lets it in: which, and why.
    Seeds(String),
    /// Another process has its node id, and answers there.
    IdTaken(SocketAddr),
    /// No datagram of another member comes to where it says that it is.
    Unreachable(SocketAddr),
    /// Live members say that they are at one address.
    SharedAddress {
        /// Where.
        address: SocketAddr,
        /// Which, in the order of their ids.
        ids: Vec<String>,
    },
}

impl Problem {
    /// The kind, as other languages call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Seeds(_) => "seeds",
            Self::IdTaken(_) => "idTaken",
            Self::Unreachable(_) => "unreachable",
            Self::SharedAddress { .. } => "sharedAddress",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seeds(failed) => write!(formatter, "no seed has answered: {failed}"),
            Self::IdTaken(address) => {
                write!(formatter, "another process has this node id, and answers at {address}")
            }
            Self::Unreachable(address) => write!(
                formatter,
                "the other members cannot reach this node at {address} by UDP: check advertise_address, \
                 advertise_port and the firewall"
            ),
            Self::SharedAddress { address, ids } => write!(
                formatter,
                "members {} all say that they are at {address}: each must advertise an address of its own",
                ids.join(", ")
            ),
        }
    }
}
