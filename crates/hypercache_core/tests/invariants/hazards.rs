//! Defects seen in another implementation, by their ids in its list; each test fails where one comes back.

use std::time::{Duration, Instant};

use hypercache_core::{
    DistributionCounter, Error, HashFunction, NodeChange, NodeSpec, NodeStatus, ReplicaScratch, Ring,
    RingOptions, Snapshot, StatusSet,
};

use crate::common::{golden_file, numbered, options, owners_of_keys, replicas, ring_of, spec, status};

/// Z-4: the number of replicas was silently cut to a configured factor.
#[test]
fn z4_as_many_replicas_as_asked_for() {
    let snapshot = ring_of(numbered(60), 64).snapshot();
    for count in [1, 2, 3, 4, 16, 17, 40, 60] {
        assert_eq!(replicas(&snapshot, snapshot.token(b"key"), count).len(), count);
    }
    assert_eq!(replicas(&snapshot, 0, 61).len(), 60);
}

/// Z-10: with 0 virtual nodes a node "existed" and owned nothing.
#[test]
fn z10_every_node_has_a_point() {
    for count in [0.0, -1.0] {
        let made = RingOptions::new(HashFunction::Sha256, count, StatusSet::default(), false);
        assert!(matches!(made, Err(Error::OutOfRange { what: "virtualNodeCount", .. })), "{count}");
    }
    let light = NodeSpec { weight: Some(f64::MIN_POSITIVE), ..spec("light") };
    let snapshot = ring_of(vec![light, spec("other")], 1).snapshot();
    assert_eq!(snapshot.find("light").map(|node| node.point_count), Some(1));
    assert!(owners_of_keys(&snapshot, 1_000).contains(&"light".to_owned()));
}

/// Z-11: a misspelt hash function became another one, silently.
#[test]
fn z11_an_unknown_hash_function_is_an_error() {
    for name in ["", "xxhash", "xxHash64", "XXHASH64", "sha-256", "SHA256", "xxhash64 ", "murmur3"] {
        assert_eq!(HashFunction::new(name, 0), Err(Error::UnknownHashFunction(name.to_owned())));
    }
    assert_eq!(HashFunction::new("sha256", 1), Err(Error::SeedNotSupported("sha256")));
    for name in ["xxhash64", "sha256"] {
        assert_eq!(HashFunction::new(name, 0).map(HashFunction::name), Ok(name));
    }
}

/// Z-12: of equal tokens, the node that came first owned the key.
#[test]
fn z12_equal_tokens_do_not_depend_on_the_order_of_insertion() {
    fn permutations(nodes: &[NodeSpec]) -> Vec<Vec<NodeSpec>> {
        let Some((first, rest)) = nodes.split_first() else { return vec![Vec::new()] };
        let insert = |mut order: Vec<NodeSpec>, at| {
            order.insert(at, first.clone());
            order
        };
        let shorter = permutations(rest).into_iter();
        shorter.flat_map(|order| (0..nodes.len()).map(move |at| insert(order.clone(), at))).collect()
    }
    let golden = golden_file::ring_named("t1");
    let points = |snapshot: &Snapshot| -> Vec<_> {
        snapshot.points().iter().map(|point| (point.token, snapshot.node(point.slot).id.clone())).collect()
    };
    let wanted = Ring::new(golden.options, golden.nodes.clone(), 0.0).expect("legal nodes").snapshot();
    let orders = permutations(&golden.nodes);
    assert_eq!(orders.len(), 120);
    for order in orders {
        let ring = Ring::new(golden.options, Vec::new(), 0.0).expect("an empty ring");
        for node in order {
            ring.add_nodes(vec![node], 0.0).expect("a new node");
        }
        let snapshot = ring.snapshot();
        assert_eq!(points(&snapshot), points(&wanted));
        for (token, _) in points(&wanted) {
            assert_eq!(replicas(&snapshot, token, 5), replicas(&wanted, token, 5));
        }
    }
}

/// Z-14: nodes without keys were left out of the figures, so an idle node made them look better.
#[test]
fn z14_nodes_without_keys_count_in_the_distribution() {
    let ring = ring_of(numbered(5), 256);
    ring.update_node("node2", status(NodeStatus::Dead), 0.0).expect("a node");
    let keys: Vec<_> = (0..1_000).map(|number| format!("key:{number}")).collect();
    let mut counter = DistributionCounter::new(ring.snapshot());
    let hash = counter.hash();
    counter.add(keys.iter().map(|key| hash.token(key.as_bytes()))).expect("nodes answer");
    let found = counter.result();
    let counts: Vec<_> = found.nodes.iter().map(|node| node.key_count as f64).collect();
    assert_eq!((found.nodes.len(), counts[1], found.mean), (5, 0.0, 200.0));
    let variance = counts.iter().map(|count| (count - 200.0) * (count - 200.0)).sum::<f64>() / 5.0;
    assert!((found.standard_deviation - variance.sqrt()).abs() < 1e-9);
    assert!(found.standard_deviation > 100.0, "an idle node must show: {found:?}");

    let idle = DistributionCounter::new(ring_of(numbered(2), 4).snapshot()).result();
    assert_eq!((idle.key_count, idle.mean, idle.standard_deviation, idle.load_factor), (0, 0.0, 0.0, 0.0));
    let nobody = DistributionCounter::new(ring_of(Vec::new(), 4).snapshot());
    assert!(nobody.result().nodes.is_empty() && nobody.result().mean == 0.0);
}

/// Z-17: with fewer nodes than replicas asked for, each call walked over all points.
#[test]
fn z17_too_few_nodes_do_not_make_a_walk_over_all_points() {
    const CALLS: u64 = 500;
    fn fastest(snapshot: &Snapshot) -> Duration {
        let mut scratch = ReplicaScratch::default();
        let mut round = || {
            let started = Instant::now();
            for number in 0..CALLS {
                let token = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let mut slots = [0; 20];
                assert!(snapshot.replicas(std::hint::black_box(token), &mut slots, &mut scratch) < 3);
            }
            started.elapsed()
        };
        (0..7).map(|_| round()).min().expect("seven rounds")
    }
    fn mostly_dead(count: usize, zone_aware: bool) -> std::sync::Arc<Snapshot> {
        let mut nodes = numbered(count);
        nodes.iter_mut().skip(2).for_each(|node| node.status = Some(NodeStatus::Dead));
        let options = RingOptions { zone_aware, ..options("xxhash64", 2_000) };
        Ring::new(options, nodes, 0.0).expect("legal nodes").snapshot()
    }
    let (one_small, one_large) =
        (ring_of(numbered(1), 4).snapshot(), ring_of(numbered(1), 65_536).snapshot());
    for (small, large) in [
        (one_small, one_large),
        (mostly_dead(2, false), mostly_dead(100, false)),
        (mostly_dead(2, true), mostly_dead(100, true)),
    ] {
        // A walk over all points would take thousands of times as long, not tens.
        let (few, many) = (fastest(&small), fastest(&large));
        assert!(many < few * 40 + Duration::from_micros(200), "{few:?} and {many:?}");
    }
}

/// Z-18: marking a node dead, and a local load report, counted as news from the node.
#[test]
fn z18_only_a_change_of_status_moves_its_time() {
    let ring = Ring::new(options("xxhash64", 8), numbered(2), 100.0).expect("legal nodes");
    let since = || ring.snapshot().find("node1").map(|node| node.status_since_ms);
    assert_eq!(since(), Some(100.0));
    ring.update_node_load("node1", 0.5).expect("a legal load");
    ring.update_node("node1", status(NodeStatus::Alive), 200.0).expect("no change");
    ring.update_node("node1", NodeChange { weight: Some(2.0), ..NodeChange::default() }, 300.0)
        .expect("a weight");
    ring.update_node("node2", status(NodeStatus::Dead), 350.0).expect("a status");
    assert_eq!(since(), Some(100.0));
    ring.update_node("node1", status(NodeStatus::Dead), 400.0).expect("a status");
    assert_eq!(since(), Some(400.0));
    ring.set_nodes(numbered(2), 500.0).expect("the same nodes");
    assert_eq!(since(), Some(400.0));
    assert_eq!(
        ring.snapshot().find("node1").map(|node| (node.load(), node.status)),
        Some((0.5, NodeStatus::Dead))
    );
}
