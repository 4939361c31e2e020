//! What members tell each other: datagrams around those of foca, rumors that ride on them, and exchanges
//! over streams.
//!
//! The first byte of every message is the version of its format. A member sends the newest that the receiver
//! speaks, and the oldest to a stranger, so members of two releases in a row understand each other.

use std::fmt;

use hypercache_transport::ReceiveWindow;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::xxh64;

use crate::checked;
use crate::identity::Identity;
use crate::record::Version;

/// The oldest format that is understood.
pub const PROTOCOL_VERSION_MIN: u8 = 1;
/// The newest one. Since 2, records may have a load.
pub const PROTOCOL_VERSION_MAX: u8 = 2;
/// Most bytes of the name and the data of a broadcast together.
pub const BROADCAST_BYTES_MAX: usize = 512;

/// Options that all members must share, or their rings would differ: names and values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedOptions(#[serde(deserialize_with = "checked::options")] pub Vec<(String, String)>);

impl SharedOptions {
    /// A number that differs where they differ.
    pub fn mark(&self) -> u64 {
        xxh64(&encoded(self), 0)
    }

    /// The first that is not as ours.
    pub fn difference(&self, theirs: &Self) -> Option<Refusal> {
        let (ours, others) = (&self.0, &theirs.0);
        let mut names = ours.iter().chain(others).map(|(name, _)| name);
        let value = |list: &[(String, String)], name: &str| {
            list.iter().find(|(given, _)| given == name).map_or("unset".into(), |(_, value)| value.clone())
        };
        names.find_map(|name| {
            let (ours, theirs) = (value(ours, name), value(others, name));
            (ours != theirs).then(|| Refusal::OtherOption { option: name.clone(), ours, theirs })
        })
    }
}

/// Why a member may not join. Written by the member that refuses: "ours" is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// An option that has to be the same everywhere is not.
    OtherOption {
        /// Its name.
        #[serde(deserialize_with = "checked::word")]
        option: String,
        /// Its value at the member that refuses.
        #[serde(deserialize_with = "checked::word")]
        ours: String,
        /// Its value at the member that is refused.
        #[serde(deserialize_with = "checked::word")]
        theirs: String,
    },
    /// Another process has this node id, and answers.
    IdTaken {
        /// Where it is.
        #[serde(deserialize_with = "checked::word")]
        address: String,
    },
    /// The cluster knows a later generation of this node: the clock has gone back. It is to begin after
    /// that one.
    StaleGeneration {
        /// When that later generation began.
        started_at_ms: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOption { option, ours, theirs } => {
                write!(formatter, "{option} is {theirs}; the cluster has {ours}")
            }
            Self::IdTaken { address } => {
                write!(formatter, "another process has this node id, and answers at {address}")
            }
            Self::StaleGeneration { started_at_ms } => {
                write!(formatter, "the cluster knows a life of this node that began at {started_at_ms}")
            }
        }
    }
}

/// Who speaks, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The speaker.
    pub identity: Identity,
    /// The newest format it understands.
    pub protocol_version: u8,
    /// See [`SharedOptions`].
    pub options: SharedOptions,
}

/// The ring that a member has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingMark {
    /// When the process joined that has it.
    pub started_at_ms: u64,
    /// Rises with each ring that it has.
    pub stamp: u64,
    /// Fingerprint of the placement.
    pub checksum: u64,
}

impl RingMark {
    /// Whether it says more than another one of the same member.
    pub fn is_newer(&self, than: Option<&Self>) -> bool {
        than.is_none_or(|old| (self.started_at_ms, self.stamp) > (old.started_at_ms, old.stamp))
    }
}

/// What one member knows of another: an entry of its view.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberEntry {
    /// The member.
    pub identity: Identity,
    /// SWIM's number of what is said of this generation.
    pub incarnation: u16,
    /// What SWIM says of it.
    pub state: foca::State,
    /// The record that is known of it; the default one where there is none.
    pub version: Version,
    /// The ring that it is known to have.
    pub ring: Option<RingMark>,
    /// Which of its broadcasts have come.
    pub received: ReceiveWindow,
}

/// A message of a member to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// Who sent it.
    #[serde(deserialize_with = "checked::id")]
    pub origin: String,
    /// When the origin's process joined.
    pub started_at_ms: u64,
    /// From 1, without gaps in one generation of the origin.
    pub number: u64,
    /// The Lamport time of its sending.
    pub lamport_time: u64,
    /// What kind of message it is.
    pub name: String,
    /// What it says.
    pub data: String,
}

/// A record of a member, encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EncodedRecord {
    /// The member.
    #[serde(deserialize_with = "checked::id")]
    pub id: String,
    /// See `Record::encode`.
    pub bytes: Vec<u8>,
}

/// What one side of an exchange knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PushPullState {
    /// All members that it knows, itself among them.
    #[serde(deserialize_with = "checked::list")]
    pub entries: Vec<MemberEntry>,
    /// Records that the other side lacks, as far as is known.
    #[serde(deserialize_with = "checked::list")]
    pub records: Vec<EncodedRecord>,
    /// Broadcasts that the other side lacks, as far as is known.
    #[serde(deserialize_with = "checked::list")]
    pub broadcasts: Vec<Broadcast>,
}

/// The question of an exchange.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Whether both know the same.
    CompareDigests {
        /// Who asks.
        hello: Hello,
        /// The digest of what it knows.
        digest: u64,
    },
    /// What I know; tell me what you know.
    PushPull {
        /// Who asks.
        hello: Hello,
        /// Whether it wants to join.
        is_join: bool,
        /// What it knows.
        state: PushPullState,
    },
    /// The record of one member: there is a rumor that it is newer.
    FetchRecord {
        /// Who asks.
        hello: Hello,
        /// The member.
        #[serde(deserialize_with = "checked::id")]
        id: String,
    },
    /// Who are you?
    Identify,
    /// I leave.
    Leave {
        /// Who leaves.
        hello: Hello,
        /// Its own entry, and its record.
        state: PushPullState,
    },
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Response {
    /// Both know the same.
    InSync,
    /// They do not.
    OutOfSync,
    /// What the other side knows.
    PushPull {
        /// Who answers.
        hello: Hello,
        /// What it knows; of a record that was asked for, just that.
        state: PushPullState,
    },
    /// It will have nothing to do with who asked.
    Refused(Refusal),
    /// Who it is.
    Identity(Identity),
    /// It takes no part in a cluster: it has not joined, or is leaving.
    NotJoined,
}

/// What rides on datagrams.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Rumor {
    /// A member has changed what it says of itself: the record is to be asked for.
    Record {
        /// The member.
        #[serde(deserialize_with = "checked::id")]
        id: String,
        /// Its new version.
        version: Version,
        /// Whether it says that it leaves: that must not wait for the record.
        is_leaving: bool,
    },
    /// A member has another ring.
    Ring {
        /// The member.
        #[serde(deserialize_with = "checked::id")]
        id: String,
        /// Its ring.
        ring: RingMark,
    },
    /// A message to all.
    Broadcast(Broadcast),
}

/// What stands before foca's own bytes in a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramHead {
    /// The format.
    pub protocol_version: u8,
    /// A random number of the sender's generation.
    pub session: u64,
    /// From 1, one more with each datagram of the session.
    pub number: u64,
    /// See [`SharedOptions::mark`].
    pub options_mark: u64,
}

impl DatagramHead {
    /// Its size.
    pub const BYTES: usize = 25;

    /// As bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = self.protocol_version;
        bytes[1..9].copy_from_slice(&self.session.to_be_bytes());
        bytes[9..17].copy_from_slice(&self.number.to_be_bytes());
        bytes[17..].copy_from_slice(&self.options_mark.to_be_bytes());
        bytes
    }

    /// From the first bytes of a message, and the rest of it.
    pub fn decode(message: &[u8]) -> Option<(Self, &[u8])> {
        let (bytes, rest) = message.split_first_chunk::<{ Self::BYTES }>()?;
        let number_at = |at: usize| u64::from_be_bytes(std::array::from_fn(|n| bytes[at + n]));
        let head = Self {
            protocol_version: bytes[0],
            session: number_at(1),
            number: number_at(9),
            options_mark: number_at(17),
        };
        Some((head, rest))
    }
}

/// Bytes of something that is told.
pub fn encoded(told: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(told).expect("messages have nothing that postcard cannot hold")
}

/// A message over a stream: the format, and what is told.
pub fn framed(protocol_version: u8, told: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(told, vec![protocol_version])
        .expect("messages have nothing that postcard cannot hold")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_shared_is_named_where_it_differs() {
        let options = |list: &[(&str, &str)]| {
            SharedOptions(list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
        };
        let ours = options(&[("hash_function", "xxhash64"), ("zone_aware", "false")]);
        let theirs = options(&[("hash_function", "xxhash64"), ("zone_aware", "true")]);
        assert_eq!(ours.difference(&ours), None);
        let refusal = ours.difference(&theirs).expect("a difference");
        assert_eq!(refusal.to_string(), "zone_aware is true; the cluster has false");
        assert_ne!(ours.mark(), theirs.mark());
        let refusal = options(&[]).difference(&ours).expect("a difference");
        assert_eq!(refusal.to_string(), "hash_function is xxhash64; the cluster has unset");
    }

    #[test]
    fn a_datagram_head_comes_back_as_it_was() {
        let head = DatagramHead { protocol_version: 2, session: 1 << 60, number: 77, options_mark: 99 };
        let message = [&head.encode()[..], b"rest"].concat();
        assert_eq!(DatagramHead::decode(&message), Some((head, &b"rest"[..])));
        assert_eq!(DatagramHead::decode(&message[..24]), None);
    }
}
