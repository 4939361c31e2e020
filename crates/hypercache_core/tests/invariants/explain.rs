//! Explanations equal what the naive model sees on the way.

use hypercache_core::{Ring, SkipReason, Snapshot, VirtualNode};

use crate::common::golden_file;
use crate::common::naive::{NaivePoint, NaiveRing};
use crate::common::random::{Maker, seed};

fn named(snapshot: &Snapshot, point: &VirtualNode) -> NaivePoint {
    NaivePoint { token: point.token, id: snapshot.node(point.slot).id.to_string(), number: point.number }
}

fn check(snapshot: &Snapshot, model: &NaiveRing, key: &[u8], count: usize) -> (usize, usize) {
    let token = model.token(key);
    let chosen: Vec<_> = model.order(token).into_iter().take(count).collect();
    let Some(explanation) = snapshot.explain(token, count) else {
        assert!(chosen.is_empty());
        return (0, 0);
    };
    assert_eq!(explanation.token, token);
    assert_eq!(Some(&named(snapshot, &explanation.home)), model.home(token));
    let replicas: Vec<_> = explanation.replicas.iter().map(|point| named(snapshot, point)).collect();
    assert_eq!(replicas.iter().collect::<Vec<_>>(), chosen);

    let mut passed: Vec<&NaivePoint> = Vec::new();
    let mut missing = chosen.len();
    for point in model.clockwise(token) {
        if missing == 0 {
            break;
        }
        if chosen.contains(&point) {
            missing -= 1;
        } else if passed.iter().chain(&chosen).all(|other| other.id != point.id) {
            passed.push(point);
        }
    }
    let reason = |id: &str| if model.is_routable(id) { SkipReason::Zone } else { SkipReason::Status };
    let wanted: Vec<_> = passed.into_iter().map(|point| (point.clone(), reason(&point.id))).collect();
    let skipped: Vec<_> =
        explanation.skipped.iter().map(|skipped| (named(snapshot, &skipped.point), skipped.reason)).collect();
    assert_eq!(skipped, wanted, "token {token:016x}, {count} replicas");
    let zone_count = skipped.iter().filter(|(_, reason)| *reason == SkipReason::Zone).count();
    (skipped.len() - zone_count, zone_count)
}

#[test]
fn home_replicas_and_skipped_nodes_equal_the_model() {
    let mut maker = Maker::new(seed("invariants"));
    let (mut by_status, mut by_zone) = (0, 0);
    for _ in 0..300 {
        let mut model = maker.model();
        let count = maker.random.usize(0..=14);
        let ids = maker.unknown(&model, count);
        let specs = maker.specs(&ids);
        let ring = Ring::new(Maker::options(&model), specs.clone(), 0.0).expect("legal nodes");
        model.apply(crate::common::random::Change::Add(specs), 0.0);
        let snapshot = ring.snapshot();
        for _ in 0..30 {
            let (key, count) = (maker.key(&model), maker.random.usize(1..=16));
            let skipped = check(&snapshot, &model, &key, count);
            by_status += skipped.0;
            by_zone += skipped.1;
        }
    }
    println!("skipped {by_status} by status, {by_zone} by zone");
    assert!(by_status > 100 && by_zone > 100, "{by_status} {by_zone}");
}

/// It used to be listed as skipped for its zone, in rings without zones too.
#[test]
fn a_node_after_the_last_replica_at_the_same_token_is_not_skipped() {
    let golden = golden_file::ring_named("t1");
    let snapshot = Ring::new(golden.options, golden.nodes, 0.0).expect("legal nodes").snapshot();
    let points = snapshot.points();
    let tie = points.windows(2).find(|pair| pair[0].token == pair[1].token).expect("a tie")[0];
    let key = format!("{}:{}", snapshot.node(tie.slot).id, tie.number);
    let explanation = snapshot.explain(snapshot.token(key.as_bytes()), 1).expect("nodes answer");
    assert_eq!((explanation.home, explanation.replicas, explanation.skipped), (tie, vec![tie], vec![]));
}

#[test]
fn nobody_answers_in_a_ring_of_dead_nodes() {
    let dead = |node| hypercache_core::NodeSpec { status: Some(hypercache_core::NodeStatus::Dead), ..node };
    let nodes = crate::common::numbered(3).into_iter().map(dead).collect();
    let snapshot = crate::common::ring_of(nodes, 8).snapshot();
    assert_eq!(snapshot.explain(snapshot.token(b"key"), 2), None);
    assert_eq!(snapshot.owner(0), None);
    assert!(!snapshot.owners([7], |_| panic!("nobody answers")));
    assert_eq!(
        snapshot.no_owner().to_string(),
        "no node can answer: 3 in the ring, none with a routable status"
    );
}
