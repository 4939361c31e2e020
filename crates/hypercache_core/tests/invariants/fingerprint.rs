//! The checksum of a placement: the documented form, and values that must never change.

use hypercache_core::{HashFunction, NodeSpec, NodeStatus, Ring, RingOptions, Snapshot, StatusSet};
use sha2::{Digest, Sha256};

use crate::common::{numbered, options, spec};

fn in_zone(id: &str, zone: &str) -> NodeSpec {
    NodeSpec { zone: Some(zone.into()), ..spec(id) }
}

fn zone_aware(options: RingOptions) -> RingOptions {
    RingOptions { zone_aware: true, ..options }
}

/// Name, options, nodes, checksum.
fn fixed() -> Vec<(&'static str, RingOptions, Vec<NodeSpec>, u64)> {
    let seeded = |seed| {
        let hash = HashFunction::new("xxhash64", seed).expect("a known hash function");
        RingOptions::new(hash, 256.0, StatusSet::default(), false).expect("legal options")
    };
    let plain = || options("xxhash64", 256);
    let weighted = vec![
        NodeSpec { weight: Some(2.0), ..spec("b") },
        NodeSpec { weight: Some(0.5), ..spec("a") },
        NodeSpec { status: Some(NodeStatus::Dead), ..spec("gone") },
    ];
    let zoned = || vec![in_zone("n1", "east"), in_zone("n2", "ouest-é"), spec("n3")];
    vec![
        ("empty", plain(), vec![], 0x074C_21EB_A8E3_E7F2),
        ("five", plain(), numbered(5), 0xD13E_2E0E_F96F_6B85),
        ("five by sha256", options("sha256", 256), numbered(5), 0x92FF_8DE6_897B_5433),
        ("five by another seed", seeded(0x0123_4567_89AB_CDEF), numbered(5), 0xCFB0_4C18_A2F4_D7F9),
        ("weights and a dead node", plain(), weighted, 0x8F2A_A2C2_4E47_303F),
        ("zones that place nothing", plain(), zoned(), 0xC98C_9DAB_AC72_0637),
        ("zones that place", zone_aware(plain()), zoned(), 0xB4DB_CAD8_BBDC_A6A8),
    ]
}

/// The documented form, written down once more.
fn recomputed(snapshot: &Snapshot) -> u64 {
    fn text(form: &mut Vec<u8>, text: &str) {
        form.push((text.len() % 256) as u8);
        form.push((text.len() / 256) as u8);
        form.extend_from_slice(text.as_bytes());
    }
    let options = snapshot.options();
    let mut nodes: Vec<_> =
        snapshot.nodes().map(|(_, node)| node).filter(|node| snapshot.is_routable(node)).collect();
    nodes.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
    let mut form = Vec::from("hypercache-placement-1");
    text(&mut form, options.hash.name());
    form.extend_from_slice(&options.hash.seed().to_le_bytes());
    form.push(if options.zone_aware { 1 } else { 0 });
    form.extend_from_slice(&u32::try_from(nodes.len()).expect("few").to_le_bytes());
    for node in nodes {
        text(&mut form, &node.id);
        form.extend_from_slice(&node.point_count.to_le_bytes());
        match (options.zone_aware, &node.zone) {
            (true, Some(zone)) => {
                form.push(1);
                text(&mut form, zone);
            }
            (true, None) => form.push(0),
            (false, _) => {}
        }
    }
    u64::from_be_bytes(Sha256::digest(&form)[..8].try_into().expect("eight bytes"))
}

#[test]
fn checksums_never_change() {
    for (name, options, nodes, checksum) in fixed() {
        let snapshot = Ring::new(options, nodes, 0.0).expect("legal nodes").snapshot();
        assert_eq!(format!("{:016x}", snapshot.checksum()), format!("{checksum:016x}"), "{name}");
    }
}

#[test]
fn checksum_is_that_of_the_documented_form() {
    let long = (0..300).map(|number| in_zone(&format!("{number:0>255}"), &"z".repeat(255))).collect();
    let rings = fixed().into_iter().map(|(_, options, nodes, _)| (options, nodes));
    for (options, nodes) in rings.chain([(zone_aware(options("xxhash64", 3)), long)]) {
        let snapshot = Ring::new(options, nodes, 0.0).expect("legal nodes").snapshot();
        assert_eq!(snapshot.checksum(), recomputed(&snapshot));
    }
}

#[test]
fn what_places_nothing_is_not_in_the_checksum() {
    let make = |options, nodes| Ring::new(options, nodes, 0.0).expect("legal nodes").snapshot().checksum();
    let plain = make(options("xxhash64", 256), numbered(2));
    let told = NodeSpec {
        address: Some("host:1".into()),
        zone: Some("east".into()),
        status: Some(NodeStatus::Suspected),
        // Rounds to the same number of points.
        weight: Some(1.001),
        capabilities: vec!["gpu".into()],
        metadata: crate::common::metadata("1"),
        ..spec("node2")
    };
    let dead = NodeSpec { status: Some(NodeStatus::Leaving), ..spec("node3") };
    assert_eq!(make(options("xxhash64", 256), vec![dead, told, spec("node1")]), plain);
    assert_ne!(make(options("xxhash64", 255), numbered(2)), plain);
    assert_ne!(make(zone_aware(options("xxhash64", 256)), numbered(2)), plain);
}
