//! The golden vectors: owners, replicas, points and figures that another program computed.

mod common;

use std::sync::Arc;

use common::golden_file::{self, GoldenKey, GoldenRing};
use common::{owner, replicas};
use hypercache_core::{DistributionCounter, NodeSpec, ReplicaScratch, Ring, Snapshot};
use xxhash_rust::xxh64::xxh64;

/// Orders in which the nodes come.
fn orders(nodes: &[NodeSpec]) -> Vec<Vec<NodeSpec>> {
    let given = nodes.to_vec();
    let backwards = nodes.iter().rev().cloned().collect();
    let mut rotated = nodes.to_vec();
    rotated.rotate_left(nodes.len() / 2);
    let mut shuffled = nodes.to_vec();
    fastrand::Rng::with_seed(7).shuffle(&mut shuffled);
    vec![given, backwards, rotated, shuffled]
}

/// The ring by every way of making it: at once, node by node, set, and set over other nodes.
fn made_every_way(golden: &GoldenRing) -> Vec<Arc<Snapshot>> {
    let make = |nodes| Ring::new(golden.options, nodes, 0.0).expect("golden nodes are legal");
    let others = || common::numbered(9).into_iter().chain([common::spec("other")]).collect();
    let mut made = Vec::new();
    for nodes in orders(&golden.nodes) {
        made.push(make(nodes.clone()).snapshot());
        let (one_by_one, set, replaced) = (make(Vec::new()), make(Vec::new()), make(others()));
        for node in &nodes {
            one_by_one.add_nodes(vec![node.clone()], 0.0).expect("a new node");
        }
        set.set_nodes(nodes.clone(), 0.0).expect("new nodes");
        replaced.set_nodes(nodes, 0.0).expect("new nodes");
        made.extend([one_by_one, set, replaced].map(|ring| ring.snapshot()));
    }
    made
}

fn check_key(snapshot: &Snapshot, key: &GoldenKey, ring: &str) {
    let token = snapshot.token(&key.bytes);
    let name = String::from_utf8_lossy(&key.bytes);
    assert_eq!(token, key.token, "{ring} {name:?}");
    assert_eq!(owner(snapshot, token), Some(&*key.owner), "{ring} {name:?}");
    assert_eq!(replicas(snapshot, token, 3), key.replicas, "{ring} {name:?}");
    assert_eq!(replicas(snapshot, token, 1), key.replicas[..1], "{ring} {name:?}");
}

#[test]
fn owners_and_replicas_in_every_order_and_by_every_way_of_making_the_ring() {
    let mut row_count = 0;
    for golden in golden_file::rings() {
        let keys = golden.keys();
        assert_eq!(keys.len(), golden.key_count, "{}", golden.name);
        row_count += keys.len();
        for snapshot in made_every_way(&golden) {
            keys.iter().for_each(|key| check_key(&snapshot, key, &golden.name));
            let mut batch = Vec::new();
            assert!(
                snapshot.owners(keys.iter().map(|key| snapshot.token(&key.bytes)), |slot| batch.push(slot))
            );
            let wanted = keys.iter().map(|key| &*key.owner);
            assert!(batch.iter().map(|slot| &*snapshot.node(*slot).id).eq(wanted), "{}", golden.name);
        }
    }
    assert_eq!(row_count, 10 * 500 + 300);
}

#[test]
fn points_are_those_of_the_list() {
    for golden in golden_file::rings() {
        for snapshot in made_every_way(&golden) {
            let points = snapshot.points();
            let tokens: Vec<_> = points.iter().map(|point| point.token).collect();
            assert_eq!(points.len(), golden.point_count, "{}", golden.name);
            assert_eq!(snapshot.point_count(), golden.point_count as u64);
            assert!(tokens.is_sorted());
            assert_eq!(tokens.windows(2).filter(|pair| pair[0] == pair[1]).count(), golden.tie_count);
            assert_eq!((tokens[0], tokens[tokens.len() - 1]), (golden.first_point, golden.last_point));
            let bytes: Vec<_> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
            assert_eq!(xxh64(&bytes, 0), golden.tokens_checksum, "{}", golden.name);
        }
    }
}

#[test]
fn first_and_last_points_of_r1() {
    let golden = golden_file::ring_named("r1");
    let rows = golden_file::rows("points-r1.csv", "position,hash,node,vnode");
    assert_eq!(rows.len(), 128);
    for snapshot in made_every_way(&golden) {
        let points = snapshot.points();
        for row in &rows {
            let point = points[row[0].parse::<usize>().expect("a position")];
            assert_eq!(point.token, golden_file::token(&row[1]));
            assert_eq!(*snapshot.node(point.slot).id, *row[2]);
            assert_eq!(point.number.to_string(), row[3]);
        }
    }
}

#[test]
fn equal_tokens_go_to_the_smaller_id_in_byte_order() {
    let golden = golden_file::ring_named("t1");
    for snapshot in made_every_way(&golden) {
        let points = snapshot.points();
        let ties = points.windows(2).filter(|pair| pair[0].token == pair[1].token);
        let mut tie_count = 0;
        for pair in ties {
            let [first, second] = [pair[0], pair[1]].map(|point| &snapshot.node(point.slot).id);
            assert!(first.as_bytes() < second.as_bytes());
            assert_eq!(owner(&snapshot, pair[0].token), Some(&**first));
            assert_eq!(replicas(&snapshot, pair[0].token, 2), [&**first, &**second]);
            tie_count += 1;
        }
        assert_eq!(tie_count, 108);
    }
}

#[test]
fn distribution_of_ten_thousand_keys() {
    let rows = golden_file::json("distribution.json");
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    let wanted = &rows[0];
    let golden = golden_file::ring_named(wanted["ring"].as_str().expect("a text"));
    let keys: Vec<_> = (0..10_000).map(|number| format!("key:{number}")).collect();
    for snapshot in made_every_way(&golden) {
        let mut counter = DistributionCounter::new(snapshot);
        for part in keys.chunks(999) {
            let hash = counter.hash();
            counter.add(part.iter().map(|key| hash.token(key.as_bytes()))).expect("nodes answer");
        }
        let found = counter.result();
        let ids: Vec<_> = found.nodes.iter().map(|node| &*node.id).collect();
        let counts: Vec<_> = found.nodes.iter().map(|node| node.key_count).collect();
        assert_eq!(serde_json::json!(ids), wanted["nodes"]);
        assert_eq!(serde_json::json!(counts), wanted["counts"]);
        assert_eq!(Some(found.key_count), wanted["total"].as_u64());
        assert_eq!(Some(found.mean), wanted["mean"].as_f64());
        assert_eq!(Some(found.load_factor), wanted["load_factor"].as_f64());
        let deviation = wanted["population_std_deviation"].as_f64().expect("a number");
        assert!((found.standard_deviation - deviation).abs() < 1e-9, "{}", found.standard_deviation);
        assert_eq!(found.nodes[0].key_share, 0.1886);
    }
}

#[test]
fn keys_that_move_when_a_node_joins() {
    let rows = golden_file::rows("movement.csv", "key,hash,old,new");
    assert_eq!(rows.len(), 243);
    let ring =
        Ring::new(golden_file::ring_named("r3").options, common::numbered(3), 0.0).expect("legal nodes");
    let before = ring.snapshot();
    ring.add_nodes(vec![common::spec("node4")], 0.0).expect("a new node");
    let after = ring.snapshot();
    let mut moved = Vec::new();
    let mut scratch = ReplicaScratch::default();
    for number in 0..1_000 {
        let key = format!("key:{number}");
        let token = before.token(key.as_bytes());
        let (old, new) =
            (owner(&before, token).expect("three nodes"), owner(&after, token).expect("four nodes"));
        if old != new {
            moved.push(vec![key, format!("{token:016x}"), old.to_owned(), new.to_owned()]);
            // Who had the key is now the next replica.
            let mut slots = [0; 2];
            after.replicas(token, &mut slots, &mut scratch);
            assert_eq!(*after.node(slots[1]).id, *old);
        }
    }
    assert_eq!(moved, rows);
}
