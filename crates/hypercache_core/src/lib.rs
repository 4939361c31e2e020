//! Which node owns a key: a consistent-hash ring with weights, health and zones.
//!
//! # Terms
//!
//! A *token* is a place on the ring, a 64-bit number. A node has many *virtual nodes*, each with a token; the
//! pair is a *point*. The *owner* of a key is the node of the first point at or above the key's token, among
//! the nodes that are *routable* by their status; the *home* is the same among all nodes. *Replicas* are the
//! owner and the next distinct nodes clockwise. A *snapshot* is one immutable version of the ring, its
//! *version* that version's number, its *checksum* a fingerprint that is equal wherever the placement is.
//!
//! # Guarantees
//!
//! * Same nodes, same options, same key: same owner, on every platform, in every order of insertion, in every
//!   release with the same major version. Virtual node `i` of node `ID` has the token XXH64("ID:i"); of equal
//!   tokens the smaller id comes first, in byte order.
//! * Adding a node moves keys only to it; removing one moves only its keys.
//! * A lookup takes no lock and allocates nothing.
//! * A refused change leaves the ring as it was.
//!
//! # Example
//!
//! ```
//! use hypercache_core::{HashFunction, NodeSpec, Ring, RingOptions, StatusSet};
//!
//! let hash = HashFunction::new("xxhash64", 0)?;
//! let options = RingOptions::new(hash, 256.0, StatusSet::default(), false)?;
//! let nodes = ["node1", "node2", "node3"].map(|id| NodeSpec { id: id.into(), ..NodeSpec::default() });
//! let ring = Ring::new(options, nodes.into(), 0.0)?;
//!
//! let snapshot = ring.snapshot();
//! let slot = snapshot.owner(snapshot.token(b"key:0")).expect("three nodes are alive");
//! assert_eq!(&*snapshot.node(slot).id, "node2");
//! # Ok::<(), hypercache_core::Error>(())
//! ```
//!
//! # References
//!
//! Karger et al., *Consistent Hashing and Random Trees*, 1997. Collet, *xxHash*, 2012.

mod in_flight;
mod lru;
mod node;
mod ring;

pub use hypercache_types::{
    Error, HashFunction, LIST_COUNT_MAX, METADATA_VALUE_BYTES_MAX, NODES_MAX, NodeStatus, POINTS_MAX,
    RING_ARC, StatusSet, TEXT_BYTES_MAX, Token, check_details, check_text, point_count,
};
pub use lru::TokenCache;
pub use node::{Node, NodeChange, NodeSpec};
pub use ring::{
    Distribution, DistributionCounter, Explanation, FIRST_REPLICA_COUNT, LISTED_TRANSFERS_MAX,
    LOOKUP_CACHE_SIZE_MAX, LookupCache, LookupCounts, Metrics, MovedRange, Movement, MovementCounts,
    NodeKeys, NodeOwnership, Observer, OwnerChange, Ownership, Plan, PlannedChange, REPLICA_COUNT_MAX,
    Reader, ReplicaScratch, Ring, RingChange, RingOptions, SetOutcome, SkipReason, Skipped, Snapshot,
    Transfer, VIRTUAL_NODE_COUNT_MAX, VirtualNode, WAITING_CHANGES_MAX, Waiting, Watch, replica_count,
    share_of,
};
