//! Bounds: what lies on them is taken, what lies beyond is refused and named.

use std::collections::BTreeMap;
use std::sync::Arc;

use hypercache_core::{
    Error, HashFunction, LIST_COUNT_MAX, METADATA_VALUE_BYTES_MAX, NODES_MAX, NodeChange, NodeSpec,
    NodeStatus, POINTS_MAX, Ring, RingOptions, StatusSet, replica_count,
};

use crate::common::{numbered, ring_of, spec};

/// The refusal of a change, of which nothing may be left.
fn refusal<T: std::fmt::Debug>(ring: &Ring, change: impl FnOnce(&Ring) -> Result<T, Error>) -> Error {
    let before = ring.snapshot();
    let error = change(ring).expect_err("must be refused");
    assert!(Arc::ptr_eq(&before, &ring.snapshot()));
    error
}

#[test]
fn nodes_up_to_65535() {
    let ring = ring_of(numbered(NODES_MAX), 1);
    let full = ring.snapshot();
    assert_eq!((full.node_count(), full.slot_count()), (65_535, 65_535));
    let token = full.token(b"key");
    assert!(full.find(&full.node(full.owner(token).expect("nodes answer")).id).is_some());
    let error = refusal(&ring, |ring| ring.add_nodes(vec![spec("extra")], 0.0));
    assert_eq!(error, Error::TooManyNodes(65_536));
    assert!(error.to_string().contains("65536 nodes") && error.to_string().contains("65535"), "{error}");
    let all = || numbered(NODES_MAX - 1).into_iter().chain([spec("extra")]);
    assert_eq!(
        refusal(&ring, |ring| ring.set_nodes(all().chain([spec("more")]).collect(), 0.0)),
        Error::TooManyNodes(65_536)
    );
    // A full ring can still change its nodes for others.
    let outcome = ring.set_nodes(all().collect(), 0.0).expect("as many as before");
    assert_eq!((outcome.added.len(), outcome.removed.len()), (1, 1));
    assert_eq!(ring.snapshot().slot_count(), 65_535);
}

#[test]
fn points_up_to_sixteen_million() {
    assert_eq!(POINTS_MAX, 16_000_000);
    let ring = ring_of(vec![spec("small")], 65_536);
    // 65,536 are there; 244 more nodes make 16,056,320.
    let error = refusal(&ring, |ring| ring.add_nodes(numbered(244), 0.0));
    assert_eq!(error, Error::TooManyPoints(16_056_320.0));
    assert!(error.to_string().contains("16056320") && error.to_string().contains("16000000"), "{error}");
    // The bound holds for dead nodes too: they may come back.
    let dead = |node| NodeSpec { status: Some(NodeStatus::Dead), ..node };
    let error = refusal(&ring, |ring| ring.add_nodes(numbered(244).into_iter().map(dead).collect(), 0.0));
    assert_eq!(error, Error::TooManyPoints(16_056_320.0));
    ring.add_nodes(numbered(243).into_iter().map(dead).collect(), 0.0).expect("15,990,784 points");
    assert_eq!(ring.snapshot().point_count(), 15_990_784);
    let heavier = |weight| NodeChange { weight: Some(weight), ..NodeChange::default() };
    let error = refusal(&ring, |ring| ring.update_node("node1", heavier(2.0), 0.0));
    assert_eq!(error, Error::TooManyPoints(16_056_320.0));
    let error = refusal(&ring, |ring| ring.update_node("node1", heavier(f64::MAX), 0.0));
    assert_eq!(error.code(), "ERR_HYPERCACHE_TOO_MANY_POINTS");
}

#[test]
fn ids_from_1_to_255_bytes_without_control_characters() {
    let ring = ring_of(vec![spec("a")], 4);
    for id in ["x".repeat(255), "é".repeat(127), "日".repeat(85), " ".into(), "\u{A0}".into(), "a:0".into()]
    {
        ring.add_nodes(vec![spec(&id)], 0.0).unwrap_or_else(|error| panic!("{id:?}: {error}"));
        assert_eq!(*ring.snapshot().find(&id).expect("it is there").id, *id);
    }
    let bad = ["", &"x".repeat(256), &"é".repeat(128), "a\0", "\n", "tab\t", "\u{7F}", "\u{85}", "\u{9F}"];
    for id in bad {
        let error = refusal(&ring, |ring| ring.add_nodes(vec![spec("fine"), spec(id)], 0.0));
        assert_eq!(error.code(), "ERR_HYPERCACHE_INVALID_TEXT", "{id:?}");
        assert!(error.to_string().starts_with("node id "), "{error}");
    }
    let error = refusal(&ring, |ring| ring.add_nodes(vec![spec(&"x".repeat(1_000_000))], 0.0));
    assert!(error.to_string().contains("1000000 bytes") && error.to_string().len() < 300, "{error}");
    let error = refusal(&ring, |ring| ring.add_nodes(vec![spec("a\u{1B}")], 0.0));
    assert!(error.to_string().contains("U+001B"), "{error}");
}

#[test]
fn messages_stay_short_whatever_the_id() {
    let ring = ring_of(vec![spec("a")], 4);
    let long = "x".repeat(100_000);
    let twice = || vec![spec(&long), spec(&long)];
    for error in [
        refusal(&ring, |ring| ring.remove_nodes(&[&long], 0.0)),
        refusal(&ring, |ring| ring.update_node_load(&long, 0.5)),
        refusal(&ring, |ring| ring.add_nodes(twice(), 0.0)),
        refusal(&ring, |ring| ring.set_nodes(twice(), 0.0)),
        HashFunction::new(&long, 0).expect_err("unknown"),
        NodeStatus::new(&long).expect_err("unknown"),
    ] {
        assert!(error.to_string().len() < 300, "{} bytes: {}", error.to_string().len(), error.code());
    }
}

#[test]
fn details_have_bounds_too() {
    let ring = ring_of(vec![spec("a")], 4);
    let metadata = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let many = |count: usize| (0..count).map(|number| (number.to_string(), String::new())).collect();
    let good = NodeChange {
        address: Some(Some("h".repeat(255))),
        zone: Some(Some("z".repeat(255))),
        capabilities: Some(vec!["c".repeat(255); LIST_COUNT_MAX]),
        metadata: Some(metadata("k", &"v\n".repeat(METADATA_VALUE_BYTES_MAX / 2))),
        ..NodeChange::default()
    };
    ring.update_node("a", good, 0.0).expect("all on the bounds");
    ring.update_node("a", NodeChange { metadata: Some(many(LIST_COUNT_MAX)), ..Default::default() }, 0.0)
        .expect("on the bound");
    for bad in [
        NodeChange { address: Some(Some(String::new())), ..Default::default() },
        NodeChange { zone: Some(Some("z".repeat(256))), ..Default::default() },
        NodeChange { capabilities: Some(vec!["c".into(); LIST_COUNT_MAX + 1]), ..Default::default() },
        NodeChange { capabilities: Some(vec!["\r".into()]), ..Default::default() },
        NodeChange { metadata: Some(metadata("", "v")), ..Default::default() },
        NodeChange { metadata: Some(metadata("k", &"v".repeat(4_097))), ..Default::default() },
        NodeChange { metadata: Some(many(LIST_COUNT_MAX + 1)), ..Default::default() },
    ] {
        let error = refusal(&ring, |ring| ring.update_node("a", bad, 0.0));
        assert!(matches!(error, Error::InvalidText { .. } | Error::TooManyItems { .. }), "{error}");
        assert!(error.to_string().len() < 300, "{error}");
    }
}

#[test]
fn counts_are_whole_numbers_in_their_range() {
    let make = |count| {
        let hash = HashFunction::Sha256;
        RingOptions::new(hash, count, StatusSet::default(), false).map(|made| made.virtual_node_count)
    };
    assert_eq!((make(1.0), make(65_536.0)), (Ok(1), Ok(65_536)));
    assert_eq!((replica_count("count", 1.0), replica_count("count", 65_535.0)), (Ok(1), Ok(65_535)));
    for bad in [0.0, -1.0, 1.5, 65_537.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(make(bad), Err(Error::OutOfRange { .. })), "{bad}");
        assert!(matches!(replica_count("count", bad), Err(Error::OutOfRange { .. })), "{bad}");
    }
    assert!(replica_count("count", 65_536.0).is_err());
    assert_eq!(StatusSet::new(&[]), Err(Error::NoRoutableStatus));
}
