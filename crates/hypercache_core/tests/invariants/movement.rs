//! Which keys a change moves.

use hypercache_core::{NodeChange, NodeStatus, Ring};

use crate::common::{numbered, owners_of_keys, ring_of, spec, status};

const KEYS: usize = 5_000;
const SIZES: [usize; 4] = [2, 5, 20, 100];

/// Owners of all keys before and after a change.
fn around(ring: &Ring, change: impl FnOnce(&Ring)) -> Vec<(String, String)> {
    let before = owners_of_keys(&ring.snapshot(), KEYS);
    change(ring);
    before.into_iter().zip(owners_of_keys(&ring.snapshot(), KEYS)).collect()
}

fn moved(owners: &[(String, String)]) -> usize {
    owners.iter().filter(|(before, after)| before != after).count()
}

#[test]
fn adding_a_node_moves_keys_only_to_it() {
    for size in SIZES {
        let ring = ring_of(numbered(size), 256);
        let owners = around(&ring, |ring| ring.add_nodes(vec![spec("new")], 0.0).expect("a new node"));
        assert!(owners.iter().all(|(before, after)| before == after || after == "new"), "{size} nodes");
        assert!(moved(&owners) > KEYS / (2 * (size + 1)), "{size} nodes: {}", moved(&owners));
    }
}

#[test]
fn removing_a_node_moves_only_its_keys() {
    for size in SIZES {
        let ring = ring_of(numbered(size), 256);
        let owners = around(&ring, |ring| ring.remove_nodes(&["node2"], 0.0).expect("a node of the ring"));
        assert!(
            owners.iter().all(|(before, after)| (before != after) == (before == "node2")),
            "{size} nodes"
        );
        assert!(moved(&owners) > KEYS / (2 * size), "{size} nodes: {}", moved(&owners));
    }
}

#[test]
fn a_weight_moves_only_the_keys_of_its_node() {
    for size in SIZES {
        for (weight, grows) in [(2.5, true), (0.3, false), (1.004, true)] {
            let ring = ring_of(numbered(size), 256);
            let change = NodeChange { weight: Some(weight), ..NodeChange::default() };
            let owners =
                around(&ring, |ring| ring.update_node("node2", change, 0.0).expect("a legal weight"));
            for (before, after) in &owners {
                let gainer = if grows { after } else { before };
                assert!(before == after || gainer == "node2", "{size} nodes, weight {weight}");
            }
            assert!(weight == 1.004 || moved(&owners) > 0, "{size} nodes, weight {weight}");
        }
    }
}

#[test]
fn a_failure_moves_only_the_keys_of_its_node_and_recovery_brings_them_back() {
    for size in SIZES {
        let ring = ring_of(numbered(size), 256);
        let checksum = ring.snapshot().checksum();
        let set = |to| move |ring: &Ring| ring.update_node("node2", status(to), 0.0).expect("a node");
        let failed = around(&ring, set(NodeStatus::Dead));
        assert!(
            failed.iter().all(|(before, after)| (before != after) == (before == "node2")),
            "{size} nodes"
        );
        assert_ne!(ring.snapshot().checksum(), checksum);
        let recovered = around(&ring, set(NodeStatus::Alive));
        assert!(failed.iter().zip(&recovered).all(|(there, back)| there.0 == back.1));
        assert_eq!(ring.snapshot().checksum(), checksum);
        assert_eq!(ring.snapshot().version(), 3);
    }
}

#[test]
fn a_doubt_moves_nothing() {
    let ring = ring_of(numbered(5), 256);
    for doubt in [NodeStatus::Suspected, NodeStatus::Updating] {
        let owners = around(&ring, |ring| ring.update_node("node2", status(doubt), 0.0).expect("a node"));
        assert_eq!(moved(&owners), 0);
    }
    assert_eq!(ring.snapshot().version(), 1);
}
