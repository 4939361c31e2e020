//! Slots: small, given again, and never misnamed.

use std::collections::HashMap;

use hypercache_core::{NodeChange, NodeSpec, NodeStatus};

use crate::common::{numbered, ring_of, spec, status};

#[test]
fn a_million_ids_over_time_leave_memory_flat() {
    const BATCH: usize = 100;
    let ring = ring_of(numbered(50), 1);
    let batch = |round: usize| -> Vec<NodeSpec> {
        (round * BATCH..(round + 1) * BATCH).map(|number| spec(&format!("guest{number}"))).collect()
    };
    let ids = |round: usize| batch(round).into_iter().map(|spec| spec.id).collect::<Vec<_>>();
    ring.add_nodes(batch(0), 0.0).expect("new nodes");
    let full = ring.snapshot();
    for round in 1..1_000_000 / BATCH {
        if round % 3 == 0 {
            let all = numbered(50).into_iter().chain(batch(round)).collect();
            let outcome = ring.set_nodes(all, 0.0).expect("new nodes");
            assert_eq!((outcome.added.len(), outcome.removed.len()), (BATCH, BATCH));
        } else {
            ring.remove_nodes(&ids(round - 1), 0.0).expect("nodes of the ring");
            ring.add_nodes(batch(round), 0.0).expect("new nodes");
        }
        let now = ring.snapshot();
        assert_eq!(now.slot_count(), full.slot_count());
        assert_eq!(now.memory_bytes(), full.memory_bytes());
        assert_eq!(now.names_version(), full.names_version() + round as u64);
    }
    assert_eq!(full.slot_count(), 150);
}

#[test]
fn names_learned_by_increments_equal_those_of_the_snapshot() {
    let mut random = fastrand::Rng::with_seed(11);
    let ring = ring_of(numbered(4), 8);
    let (mut known, mut version) = (HashMap::new(), 0);
    let mut names_learned = 0;
    for round in 0..600 {
        let snapshot = ring.snapshot();
        let count = snapshot.node_count();
        let id = snapshot.nodes().nth(random.usize(..count)).expect("never empty").1.id.clone();
        match random.u8(..5) {
            0 if count > 2 => ring.remove_nodes(&[&*id], 0.0),
            1 if count < 12 => {
                ring.add_nodes(vec![spec(&format!("new{round}")), spec(&format!("also{round}"))], 0.0)
            }
            2 => ring.update_node(&id, status(NodeStatus::ALL[random.usize(..5)]), 0.0),
            3 => ring.update_node(
                &id,
                NodeChange { weight: Some(random.f64() + 0.1), ..Default::default() },
                0.0,
            ),
            // The new node takes the slot of the old one within one change.
            _ => {
                let kept = snapshot.nodes().filter(|(_, node)| node.id != id).map(|(_, node)| spec(&node.id));
                ring.set_nodes(kept.chain([spec(&format!("instead{round}"))]).collect(), 0.0).map(drop)
            }
        }
        .expect("a legal change");
        if random.bool() {
            continue;
        }
        let snapshot = ring.snapshot();
        for (slot, node) in snapshot.named_after(version) {
            known.insert(slot, node.id.clone());
            names_learned += 1;
        }
        version = snapshot.names_version();
        for (slot, node) in snapshot.nodes() {
            assert_eq!(known.get(&slot), Some(&node.id), "round {round}, slot {slot}");
        }
        assert_eq!(snapshot.named_after(version).count(), 0);
    }
    assert!(names_learned > 100, "{names_learned}");
}

#[test]
fn a_change_of_a_node_keeps_its_slot_and_names_nothing() {
    let ring = ring_of(numbered(3), 16);
    let before = ring.snapshot();
    let slot_of = |id: &str| ring.snapshot().nodes().find(|(_, node)| &*node.id == id).map(|(slot, _)| slot);
    let slot = slot_of("node2");
    ring.update_node("node2", status(NodeStatus::Dead), 0.0).expect("a node");
    ring.update_node("node2", NodeChange { weight: Some(3.0), ..Default::default() }, 0.0).expect("a node");
    assert_eq!(slot_of("node2"), slot);
    assert_eq!(ring.snapshot().names_version(), before.names_version());
}
