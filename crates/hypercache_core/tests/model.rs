//! The ring equals a naive model, on random rings, through random changes of every kind.

mod common;

use std::cell::Cell;
use std::sync::Arc;

use common::naive::{Fault, NaiveRing};
use common::random::{Change, Maker, apply, seed};
use hypercache_core::{ReplicaScratch, Ring, Snapshot};

const SMALL_RINGS: usize = 260;
const LARGE_RINGS: usize = 12;
const CHANGES_PER_RING: usize = 16;
const KEYS_PER_CHANGE: usize = 26;
const PAIRS_MIN: usize = 100_000;

/// Compares all answers for one token.
fn compare(
    snapshot: &Snapshot,
    model: &NaiveRing,
    token: u64,
    scratch: &mut ReplicaScratch,
) -> Result<(), String> {
    let wanted: Vec<_> = model.order(token).into_iter().map(|point| point.id.as_str()).collect();
    let owner = common::owner(snapshot, token);
    if owner != wanted.first().copied() {
        return Err(format!("owner of {token:016x} is {owner:?}, not {:?}", wanted.first()));
    }
    let mut slots = vec![0; model.nodes.len() + 1];
    for count in 1..=slots.len() {
        let found = snapshot.replicas(token, &mut slots[..count], scratch);
        let ids: Vec<_> = slots[..found].iter().map(|slot| &*snapshot.node(*slot).id).collect();
        // The wanted answers are prefixes of one list, so these are prefixes of each other.
        if ids != wanted[..count.min(wanted.len())] {
            return Err(format!("{count} replicas of {token:016x} are {ids:?}, not {wanted:?}"));
        }
    }
    Ok(())
}

/// Compares everything that does not depend on a key.
fn compare_nodes(snapshot: &Snapshot, model: &NaiveRing) {
    let points = snapshot.points();
    assert_eq!(points.len(), model.points.len());
    assert_eq!(snapshot.point_count(), points.len() as u64);
    for (point, wanted) in points.iter().zip(&model.points) {
        let id = &*snapshot.node(point.slot).id;
        assert_eq!((point.token, id, point.number), (wanted.token, &*wanted.id, wanted.number));
    }
    let mut wanted: Vec<_> = model.nodes.iter().collect();
    wanted.sort_by_key(|node| node.spec.id.as_bytes());
    assert_eq!(snapshot.node_count(), wanted.len());
    for ((slot, node), wanted) in snapshot.nodes().zip(wanted) {
        assert!(Arc::ptr_eq(snapshot.find(&wanted.spec.id).expect("it is there"), snapshot.node(slot)));
        assert_eq!(*node.id, *wanted.spec.id);
        assert_eq!(node.address, wanted.spec.address);
        assert_eq!(Some(node.weight), wanted.spec.weight);
        assert_eq!(node.zone.as_deref(), wanted.spec.zone.as_deref());
        assert_eq!(Some(node.status), wanted.spec.status);
        assert_eq!(node.metadata, wanted.spec.metadata);
        assert_eq!(node.load(), wanted.load, "load of {}", node.id);
        assert_eq!(node.status_since_ms, wanted.status_since_ms, "status of {}", node.id);
        assert_eq!(snapshot.is_routable(node), model.is_routable(&node.id));
    }
}

/// The same nodes in another order make the same ring.
fn compare_rebuilt(snapshot: &Snapshot, model: &NaiveRing, maker: &mut Maker) {
    let mut specs: Vec<_> = model.nodes.iter().map(|node| node.spec.clone()).collect();
    maker.random.shuffle(&mut specs);
    let rebuilt = Ring::new(Maker::options(model), specs, 0.0).expect("nodes of a ring").snapshot();
    assert_eq!(rebuilt.version(), 1);
    assert_eq!(snapshot.checksum(), rebuilt.checksum());
}

fn tokens(model: &NaiveRing, maker: &mut Maker) -> Vec<u64> {
    let mut tokens = vec![0, u64::MAX];
    while tokens.len() < KEYS_PER_CHANGE {
        let token = model.token(&maker.key(model));
        tokens.push(token.wrapping_add([0, 0, 0, 1, u64::MAX][maker.random.usize(..5)]));
    }
    tokens
}

/// One ring and its model, through changes, with a look at both after each.
fn history(maker: &mut Maker, node_count: usize, mut look: impl FnMut(&Snapshot, &NaiveRing, &mut Maker)) {
    let mut model = maker.model();
    let ring = Ring::new(Maker::options(&model), Vec::new(), 0.0).expect("an empty ring");
    let ids = maker.unknown(&model, node_count);
    let mut change = Change::Add(maker.specs(&ids));
    for step in 1..=CHANGES_PER_RING {
        let now_ms = step as f64;
        let before = ring.snapshot();
        let placement = model.placement();
        apply(&ring, change.clone(), now_ms).unwrap_or_else(|error| panic!("{change:?}: {error}"));
        model.apply(change, now_ms);
        let after = ring.snapshot();
        let is_moved = placement != model.placement();
        assert_eq!(after.version(), before.version() + u64::from(is_moved));
        assert_eq!(after.checksum() != before.checksum(), is_moved);

        let (bad, code) = maker.bad_change(&model);
        let refusal = apply(&ring, bad.clone(), now_ms).expect_err(&format!("{bad:?}"));
        assert_eq!(refusal.code(), code, "{bad:?}: {refusal}");
        assert!(Arc::ptr_eq(&after, &ring.snapshot()), "a refused change left a trace: {bad:?}");
        look(&after, &model, maker);
        change = maker.change(&model);
    }
}

fn sizes(maker: &mut Maker) -> Vec<usize> {
    let small = (0..SMALL_RINGS).map(|_| maker.random.usize(1..=12)).collect::<Vec<_>>();
    small.into_iter().chain((0..LARGE_RINGS).map(|_| maker.random.usize(40..=60))).collect()
}

#[test]
fn ring_equals_the_naive_model_after_every_change() {
    let mut maker = Maker::new(seed("model"));
    let mut scratch = ReplicaScratch::default();
    let mut pairs = 0;
    let (mut moves, mut empty, mut zoned) = (0, 0, 0);
    for node_count in sizes(&mut maker) {
        history(&mut maker, node_count, |snapshot, model, maker| {
            compare_nodes(snapshot, model);
            compare_rebuilt(snapshot, model, maker);
            for token in tokens(model, maker) {
                compare(snapshot, model, token, &mut scratch)
                    .unwrap_or_else(|wrong| panic!("{wrong}\n{model:?}"));
                pairs += 1;
            }
            moves += usize::from(snapshot.version() > 2);
            empty += usize::from(snapshot.owner(0).is_none());
            zoned += usize::from(model.zone_aware);
        });
    }
    println!(
        "{pairs} pairs; {moves} changes past version 2, {empty} with nobody to answer, {zoned} with zones"
    );
    assert!(pairs >= PAIRS_MIN, "{pairs}");
    assert!(moves > 1_000 && empty > 0 && zoned > 1_000, "{moves} {empty} {zoned}");
}

/// The comparison is worth something only if it finds what is wrong.
#[test]
fn comparison_finds_every_fault() {
    let mut maker = Maker::new(seed("model"));
    let faults = [
        Fault::StrictlyAbove,
        Fault::IgnoresStatus,
        Fault::IgnoresZones,
        Fault::TiesBackwards,
        Fault::RoundsDown,
    ];
    for fault in faults {
        let found = Cell::new(0);
        for _ in 0..200 {
            history(&mut maker, 12, |snapshot, model, maker| {
                let mut wrong = NaiveRing { fault: Some(fault), ..model.clone() };
                wrong.place();
                let tokens = tokens(model, maker).into_iter().chain(ties(model));
                let mut scratch = ReplicaScratch::default();
                for token in tokens {
                    let is_found = compare(snapshot, &wrong, token, &mut scratch).is_err();
                    found.set(found.get() + usize::from(is_found));
                }
            });
            if found.get() > 20 {
                break;
            }
        }
        println!("{fault:?}: {} differences", found.get());
        assert!(found.get() > 20, "{fault:?}");
    }
}

/// Tokens that two points have.
fn ties(model: &NaiveRing) -> Vec<u64> {
    model.points.windows(2).filter(|pair| pair[0].token == pair[1].token).map(|pair| pair[0].token).collect()
}
