//! Other rings, set up the way their own documentation does.
//!
//! None of them shares our placement, so their answers are checked for spread, not for names. Unequal on
//! purpose or by nature: `pingora-ketama` hashes with CRC32 and has 160 points of 32 bits to a node, ours and
//! the others 256 of 64 bits; `hashring` knows no virtual nodes, so 256 entries to a node stand in, hashed
//! by SipHash; `consistent_hash_ring` hashes by FNV-1a. Ours alone keeps old versions readable while it
//! changes. All answer the node itself, not a number.

use std::net::{Ipv4Addr, SocketAddr};

use pingora_ketama::{Bucket, Continuum};

use crate::VIRTUAL_NODES;

/// Crate `pingora-ketama`.
pub type KetamaRing = Continuum;
/// Crate `hashring`.
pub type VirtualNodeRing = hashring::HashRing<VirtualNode>;
/// Crate `consistent_hash_ring`.
pub type OtherRing = consistent_hash_ring::Ring<&'static str>;

/// An entry of a ring without virtual nodes.
#[derive(Clone, Copy, Debug, Hash, PartialEq)]
pub struct VirtualNode {
    /// Its node.
    pub id: &'static str,
    number: u32,
}

/// Addresses 10.0.0.0 and on: nodes of `pingora-ketama` are addresses.
pub fn addresses(count: usize) -> Vec<SocketAddr> {
    let address = |number| SocketAddr::from((Ipv4Addr::from_bits(0x0A00_0000 + number as u32), 6_379));
    (0..count).map(address).collect()
}

/// A ring of `pingora-ketama`.
pub fn ketama(count: usize) -> KetamaRing {
    let buckets: Vec<_> = addresses(count).into_iter().map(|address| Bucket::new(address, 1)).collect();
    Continuum::new(&buckets)
}

/// A ring of `hashring`.
pub fn virtual_nodes(count: usize) -> VirtualNodeRing {
    let of_node = |id| (0..VIRTUAL_NODES).map(move |number| VirtualNode { id, number });
    let mut ring = hashring::HashRing::new();
    ring.batch_add(ids(count).into_iter().flat_map(of_node).collect());
    ring
}

/// A ring of `consistent_hash_ring`.
pub fn other(count: usize) -> OtherRing {
    consistent_hash_ring::RingBuilder::default().vnodes(VIRTUAL_NODES as usize).nodes_iter(ids(count)).build()
}

/// Ids that live as long as the program, which spares these rings a copy to each point.
fn ids(count: usize) -> Vec<&'static str> {
    (1..=count).map(|number| &*format!("node{number}").leak()).collect()
}
