//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod golden_file;
pub mod naive;
pub mod random;

use std::collections::BTreeMap;

use hypercache_core::{
    HashFunction, NodeSpec, NodeStatus, ReplicaScratch, Ring, RingOptions, Snapshot, StatusSet,
};

/// Options with the default statuses and no zones.
pub fn options(hash_name: &str, virtual_node_count: u32) -> RingOptions {
    let hash = HashFunction::new(hash_name, 0).expect("a known hash function");
    RingOptions::new(hash, f64::from(virtual_node_count), StatusSet::default(), false).expect("a legal count")
}

/// A node of which only the id is told.
pub fn spec(id: &str) -> NodeSpec {
    NodeSpec { id: id.to_owned(), ..NodeSpec::default() }
}

/// Nodes `node1` to `node<count>`.
pub fn numbered(count: usize) -> Vec<NodeSpec> {
    (1..=count).map(|number| spec(&format!("node{number}"))).collect()
}

/// A ring of these nodes with the default options, XXH64.
pub fn ring_of(nodes: Vec<NodeSpec>, virtual_node_count: u32) -> Ring {
    Ring::new(options("xxhash64", virtual_node_count), nodes, 0.0).expect("legal nodes")
}

/// The id of the owner of a token.
pub fn owner(snapshot: &Snapshot, token: u64) -> Option<&str> {
    snapshot.owner(token).map(|slot| &*snapshot.node(slot).id)
}

/// The ids of the replicas of a token.
pub fn replicas(snapshot: &Snapshot, token: u64, count: usize) -> Vec<&str> {
    let mut slots = vec![0; count];
    let found = snapshot.replicas(token, &mut slots, &mut ReplicaScratch::default());
    slots[..found].iter().map(|slot| &*snapshot.node(*slot).id).collect()
}

/// Owners of `key:0` to `key:<count - 1>`, as ids; the empty text where nobody answers.
pub fn owners_of_keys(snapshot: &Snapshot, count: usize) -> Vec<String> {
    let key_owner = |number| owner(snapshot, snapshot.token(format!("key:{number}").as_bytes()));
    (0..count).map(|number| key_owner(number).unwrap_or_default().to_owned()).collect()
}

/// The change that sets a status.
pub fn status(status: NodeStatus) -> hypercache_core::NodeChange {
    hypercache_core::NodeChange { status: Some(status), ..hypercache_core::NodeChange::default() }
}

/// One entry of metadata.
pub fn metadata(value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("version".to_owned(), value.to_owned())])
}
