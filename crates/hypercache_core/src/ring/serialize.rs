//! A ring as bytes, version 1. Numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | 0x89, `HCRING`, 0x0A: no text begins so, and a transfer that changes line ends breaks it |
//! | 1 | the version, 1 |
//! | 1 | hash function: 0 xxhash64, 1 sha256 |
//! | 8 | its seed |
//! | 4 | virtual node count |
//! | 1 | statuses that may answer: bit 0 alive, then suspected, dead, leaving, updating |
//! | 1 | 1 where the ring is zone-aware, else 0 |
//! | 4 | replication factor |
//! | 1 | lookup cache: 0 auto, 1 on, 2 off |
//! | 4 | lookup cache size |
//! | 4 | number of nodes |
//! | … | the nodes, in byte order of their ids |
//! | 8 | XXH64 with seed 0 of all bytes before |
//!
//! A node is its id (1 byte of length, UTF-8), its weight (8, a double), its status (1, as the bits are
//! counted) and its zone (1 byte of length, 0 for none, UTF-8). Tokens follow from these. Addresses,
//! capabilities, metadata, loads and times are not in it: they place nothing, and would make it many times as
//! large.
//!
//! Equal rings give equal bytes, and only what this file writes is read.

use hypercache_types::{Error, HashFunction, NodeStatus, StatusSet};
use xxhash_rust::xxh64::xxh64;

use super::current::Ring;
use super::options::{LookupCache, RingOptions};
use super::snapshot::Snapshot;
use crate::node::NodeSpec;

const MAGIC: &[u8; 8] = b"\x89HCRING\n";
const VERSION: u8 = 1;
const CHECKSUM_LEN: usize = size_of::<u64>();
/// Bytes of a node besides its texts.
const NODE_LEN: usize = 11;

impl Snapshot {
    /// The ring as bytes: options and nodes.
    ///
    /// # Errors
    /// The hash function is custom.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let options = &self.options;
        let hash = match options.hash {
            HashFunction::Xxhash64 { .. } => 0,
            HashFunction::Sha256 => 1,
            HashFunction::Custom => return Err(Error::CustomHash("serialized")),
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, hash]);
        bytes.extend(options.hash.seed().to_le_bytes());
        bytes.extend(options.virtual_node_count.to_le_bytes());
        bytes.extend([status_bits(options.routable), u8::from(options.zone_aware)]);
        bytes.extend(options.replication_factor.to_le_bytes());
        bytes.push(options.lookup_cache as u8);
        bytes.extend(options.lookup_cache_size.to_le_bytes());
        bytes.extend((self.node_count() as u32).to_le_bytes());
        for (_, node) in self.nodes() {
            push_text(&mut bytes, &node.id);
            bytes.extend(node.weight.to_le_bytes());
            bytes.push(node.status as u8);
            push_text(&mut bytes, node.zone.as_deref().unwrap_or_default());
        }
        bytes.extend(xxh64(&bytes, 0).to_le_bytes());
        Ok(bytes)
    }
}

impl Ring {
    /// Makes the ring of bytes that [`Snapshot::serialize`] made, at version 1.
    ///
    /// # Errors
    /// Bytes that are none, or damaged, or of another version.
    pub fn deserialize(bytes: &[u8], now_ms: f64) -> Result<Self, Error> {
        let (options, nodes) = read(bytes).map_err(Error::InvalidBytes)?;
        Self::new(options, nodes, now_ms).map_err(described)
    }
}

/// An error about what the bytes say.
fn described(error: Error) -> Error {
    Error::InvalidBytes(format!("they describe no ring: {error}"))
}

fn status_bits(statuses: StatusSet) -> u8 {
    NodeStatus::ALL.iter().map(|status| u8::from(statuses.contains(*status)) << *status as u8).sum()
}

/// A text of at most 255 bytes.
fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(text.len() as u8);
    bytes.extend(text.as_bytes());
}

fn read(bytes: &[u8]) -> Result<(RingOptions, Vec<NodeSpec>), String> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err("they do not begin as those of serialize() do".into());
    };
    match rest.first() {
        Some(&VERSION) => {}
        Some(other) => {
            return Err(format!("they are of version {other}; this release reads version {VERSION}"));
        }
        None => return Err(format!("they end after {} bytes", bytes.len())),
    }
    let Some((content, checksum)) = bytes.split_last_chunk::<CHECKSUM_LEN>() else {
        return Err(format!("they end after {} bytes", bytes.len()));
    };
    let (found, wanted) = (xxh64(content, 0), u64::from_le_bytes(*checksum));
    if found != wanted {
        let problem = "they are damaged or cut off";
        return Err(format!("{problem}: their checksum is {found:016x}, and should be {wanted:016x}"));
    }
    let mut input = Input { bytes: content, at: MAGIC.len() + 1 };
    let options = input.options()?;
    let nodes = input.nodes()?;
    let left = content.len() - input.at;
    if left == 0 { Ok((options, nodes)) } else { Err(format!("{left} bytes follow the last node")) }
}

/// Bytes that are read from the front.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..len));
        let problem = || format!("{len} bytes are wanted at byte {}, of {}", self.at, self.bytes.len());
        let taken = taken.ok_or_else(problem)?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().expect("as many as asked for"))
    }

    fn number(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    /// A byte that counts the items of a list.
    fn choice<T: Copy>(&mut self, what: &str, items: &[T]) -> Result<T, String> {
        let [byte] = self.array()?;
        let at = self.at - 1;
        let problem = || format!("{what} at byte {at} is {byte}; it must be below {}", items.len());
        items.get(usize::from(byte)).copied().ok_or_else(problem)
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let [len] = self.array()?;
        let at = self.at;
        let bytes = self.take(usize::from(len))?;
        std::str::from_utf8(bytes).map_err(|_| format!("the text at byte {at} is not UTF-8"))
    }

    fn options(&mut self) -> Result<RingOptions, String> {
        let name = self.choice("the hash function", &["xxhash64", "sha256"])?;
        let seed = u64::from_le_bytes(self.array()?);
        let virtual_node_count = self.number()?;
        let [bits] = self.array()?;
        let statuses: Vec<_> =
            NodeStatus::ALL.into_iter().filter(|status| bits >> *status as u8 & 1 == 1).collect();
        if bits >> NodeStatus::ALL.len() != 0 {
            return Err(format!("the statuses at byte {} are {bits:#b}; there are five", self.at - 1));
        }
        let zone_aware = self.choice("zone-awareness", &[false, true])?;
        let replication_factor = self.number()?;
        let lookup_cache = self.choice("the lookup cache", &LookupCache::ALL)?;
        let lookup_cache_size = self.number()?;
        let hash = HashFunction::new(name, seed);
        hash.and_then(|hash| {
            let routable = StatusSet::new(&statuses)?;
            RingOptions::new(hash, virtual_node_count.into(), routable, zone_aware)?
                .with_replication_factor(replication_factor.into())?
                .with_lookup_cache(lookup_cache.name(), lookup_cache_size.into())
        })
        .map_err(|error| error.to_string())
    }

    fn nodes(&mut self) -> Result<Vec<NodeSpec>, String> {
        let count = self.number()? as usize;
        // So that a number made up allocates nothing.
        let room = (self.bytes.len() - self.at) / NODE_LEN;
        if count > room {
            return Err(format!("{count} nodes are announced; there is room for {room}"));
        }
        let mut nodes: Vec<NodeSpec> = Vec::with_capacity(count);
        for _ in 0..count {
            let at = self.at;
            let node = self.node()?;
            if nodes.last().is_some_and(|last| last.id >= node.id) {
                return Err(format!("the node at byte {at} is not in byte order of the ids"));
            }
            nodes.push(node);
        }
        Ok(nodes)
    }

    fn node(&mut self) -> Result<NodeSpec, String> {
        Ok(NodeSpec {
            id: self.text()?.to_owned(),
            weight: Some(f64::from_le_bytes(self.array()?)),
            status: Some(self.choice("the status", &NodeStatus::ALL)?),
            zone: Some(self.text()?.to_owned()).filter(|zone| !zone.is_empty()),
            ..NodeSpec::default()
        })
    }
}
