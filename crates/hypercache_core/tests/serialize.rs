//! A ring as bytes comes back as the same ring, and nothing else comes back as one.

mod common;

use common::random::{Change, Maker, apply, seed};
use common::{numbered, options, ring_of, spec};
use hypercache_core::{Error, HashFunction, NodeSpec, NodeStatus, Ring, Snapshot, StatusSet};
use xxhash_rust::xxh64::xxh64;

const CHECKSUM_LEN: usize = 8;
/// Where the number of nodes begins, and the first node after it.
const COUNT_AT: usize = 33;
const NODES_AT: usize = 37;

fn bytes_of(ring: &Ring) -> Vec<u8> {
    ring.snapshot().serialize().expect("no custom hash function")
}

fn read(bytes: &[u8]) -> Result<Ring, Error> {
    Ring::deserialize(bytes, 7.0)
}

/// What is wrong with bytes that must be refused.
fn problem(bytes: &[u8]) -> String {
    match read(bytes) {
        Err(Error::InvalidBytes(problem)) => problem,
        other => panic!("{bytes:02x?}: {other:?}"),
    }
}

/// The checksum made right again, as a forger would.
fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    content.extend(xxh64(&content, 0).to_le_bytes());
    content
}

fn content(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() - CHECKSUM_LEN].to_vec()
}

/// What must come back of each node.
fn seen(snapshot: &Snapshot) -> Vec<(String, f64, Option<String>, NodeStatus)> {
    let nodes = snapshot.nodes().map(|(_, node)| node);
    nodes
        .map(|node| (node.id.to_string(), node.weight, node.zone.as_deref().map(str::to_owned), node.status))
        .collect()
}

#[test]
fn a_ring_comes_back_with_its_nodes_its_checksum_and_its_bytes() {
    let mut maker = Maker::new(seed("serialize"));
    let mut custom = 0;
    for _ in 0..300 {
        let model = maker.model();
        let count = maker.random.usize(0..12);
        let ids = maker.unknown(&model, count);
        let options = Maker::options(&model)
            .with_replication_factor(f64::from(maker.random.u16(1..)))
            .and_then(|options| options.with_lookup_cache("on", f64::from(maker.random.u16(..))))
            .expect("legal options");
        let ring = Ring::new(options, maker.specs(&ids), 0.0).expect("legal nodes");
        if model.hash == HashFunction::Custom {
            assert_eq!(ring.snapshot().serialize(), Err(Error::CustomHash("serialized")));
            custom += 1;
            continue;
        }
        let bytes = bytes_of(&ring);
        let (before, after) = (ring.snapshot(), read(&bytes).expect("what was written").snapshot());
        assert_eq!(after.options(), before.options());
        assert_eq!((after.version(), after.checksum()), (1, before.checksum()));
        assert_eq!(seen(&after), seen(&before));
        assert_eq!(after.points().len(), before.points().len());
        assert!(after.nodes().all(|(_, node)| node.status_since_ms == 7.0 && node.address.is_none()));
        assert_eq!(after.serialize(), Ok(bytes));
    }
    assert!(custom > 20);
}

#[test]
fn bytes_say_nothing_of_the_order_of_changes() {
    let ring = ring_of(numbered(5), 8);
    let other = ring_of(numbered(3).into_iter().rev().collect(), 8);
    apply(&other, Change::Add(vec![spec("node5"), spec("guest"), spec("node4")]), 3.0).expect("new nodes");
    apply(&other, Change::Load("node1".into(), 0.5), 3.0).expect("a node");
    apply(&other, Change::Remove(vec!["guest".into()]), 3.0).expect("a node");
    assert_eq!(bytes_of(&ring), bytes_of(&other));
}

#[test]
fn a_node_takes_eleven_bytes_and_its_texts() {
    let zoned = |node: NodeSpec| NodeSpec { zone: Some("zone".into()), ..node };
    let nodes: Vec<_> = numbered(1_000).into_iter().map(zoned).collect();
    let texts: usize = nodes.iter().map(|node| node.id.len() + 4).sum();
    assert_eq!(bytes_of(&ring_of(nodes, 1)).len(), NODES_AT + texts + 11 * 1_000 + CHECKSUM_LEN);
}

/// Rings on disks must be read by every release to come.
#[test]
fn version_1_never_changes() {
    let routable = StatusSet::new(&[NodeStatus::Alive, NodeStatus::Leaving]).expect("two of them");
    let options = hypercache_core::RingOptions {
        hash: HashFunction::Xxhash64 { seed: 0x0102_0304_0506_0708 },
        routable,
        zone_aware: true,
        ..options("xxhash64", 258)
    };
    let nodes = vec![
        NodeSpec { weight: Some(2.0), zone: Some("ü".into()), ..spec("b") },
        NodeSpec { status: Some(NodeStatus::Updating), ..spec("a") },
    ];
    let bytes = bytes_of(&Ring::new(options, nodes, 0.0).expect("legal nodes"));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        "89484352494e470a",         // magic
        "01",                       // version
        "00",                       // xxhash64
        "0807060504030201",         // its seed
        "02010000",                 // virtual nodes
        "09",                       // alive and leaving may answer
        "01",                       // zone-aware
        "03000000",                 // replication factor
        "00",                       // lookup cache: auto
        "10270000",                 // its size
        "02000000",                 // nodes
        "0161000000000000f03f0400", // a, weight 1, updating, no zone
        "01620000000000000040",     // b, weight 2,
        "0002c3bc",                 // alive, zone ü
    ];
    assert_eq!(hex[..hex.len() - 2 * CHECKSUM_LEN], parts.concat());
    assert_eq!(&hex[hex.len() - 2 * CHECKSUM_LEN..], GOLDEN_CHECKSUM);
}

const GOLDEN_CHECKSUM: &str = "e943ef1be32da134";

#[test]
fn damage_and_foreign_bytes_are_refused() {
    let bytes = bytes_of(&ring_of(numbered(3), 4));
    for len in 0..bytes.len() {
        problem(&bytes[..len]);
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        problem(&flipped);
    }
    problem(&[&bytes[..], &[0]].concat());
    for foreign in [&b""[..], b"{\"nodes\":[]}", b"\x89PNG\r\n\x1a\n", &[0; 100], b"\x89HCRING"] {
        assert!(problem(foreign).contains("do not begin"), "{foreign:?}");
    }
    // As a transfer that takes it for text would leave it.
    let text = bytes.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] });
    problem(&text.collect::<Vec<_>>());
    let mut random = fastrand::Rng::with_seed(seed("serialize"));
    for _ in 0..20_000 {
        let noise: Vec<_> = (0..random.usize(..200)).map(|_| random.u8(..)).collect();
        problem(&noise);
        problem(&sealed([&bytes[..9], &noise].concat()));
    }
}

#[test]
fn another_version_is_told_by_its_number() {
    let mut bytes = bytes_of(&ring_of(numbered(3), 4));
    for version in [0, 2, 255] {
        bytes[8] = version;
        assert_eq!(problem(&bytes), format!("they are of version {version}; this release reads version 1"));
    }
}

/// What a checksum cannot tell.
#[test]
fn forged_bytes_are_refused() {
    let ring = ring_of(vec![spec("a"), spec("b")], 4);
    let good = content(&bytes_of(&ring));
    let forged = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        edit(&mut bytes);
        problem(&sealed(bytes))
    };
    let put = |at: usize, new: &'static [u8]| forged(&|bytes| bytes[at..at + new.len()].copy_from_slice(new));
    assert!(put(9, &[2]).contains("hash function at byte 9 is 2"));
    assert!(put(9, &[1, 1]).contains("hashSeed"), "a seed with SHA-256");
    assert!(put(18, &[0; 4]).contains("virtualNodeCount"));
    assert!(put(22, &[0]).contains("routableStatuses"));
    assert!(put(22, &[0x20]).contains("there are five"));
    assert!(put(23, &[2]).contains("zone-awareness at byte 23 is 2"));
    assert!(put(24, &[0; 4]).contains("replicationFactor"));
    assert!(put(28, &[3]).contains("lookup cache at byte 28 is 3"));
    assert!(put(29, &[0xFF; 4]).contains("lookupCacheSize"));
    assert!(put(COUNT_AT, &[0xFF; 4]).contains("4294967295 nodes are announced; there is room for 2"));
    assert!(put(COUNT_AT, &[1]).contains("12 bytes follow the last node"));
    assert!(put(COUNT_AT, &[0]).contains("24 bytes follow the last node"));
    assert!(put(NODES_AT, &[0]).contains("at byte"), "an id without length moves all that follows");
    assert!(put(NODES_AT + 1, b"\xFF").contains("not UTF-8"));
    assert!(put(NODES_AT + 1, b"\n").contains("control character"));
    assert!(put(NODES_AT + 1, b"b").contains("byte order"), "one id twice");
    assert!(put(NODES_AT + 1, b"c").contains("byte order"));
    assert!(put(NODES_AT + 2, &[0; 8]).contains("weight"));
    assert!(put(NODES_AT + 2, b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F").contains("weight"), "NaN");
    assert!(put(NODES_AT + 2, b"\0\0\0\0\0\0\xF0\x7F").contains("weight"), "infinite");
    assert!(put(NODES_AT + 2, b"\0\0\0\0\0\0\xF0\x42").contains("points"), "2^48");
    assert!(put(NODES_AT + 10, &[5]).contains("status at byte"));
    assert!(put(NODES_AT + 11, &[200]).contains("bytes are wanted"));
    assert!(forged(&|bytes| bytes.truncate(good.len() - 1)).contains("wanted at byte"));
    let nobody = forged(&|bytes| bytes.splice(NODES_AT..NODES_AT + 2, [0]).for_each(drop));
    assert!(nobody.contains("node id"), "{nobody}");
}

/// Structured damage with the checksum made right: refused, or a ring of exactly these bytes.
#[test]
fn what_is_read_is_what_would_be_written() {
    let mut maker = Maker::new(seed("serialize"));
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..12_000 {
        let zoned = |node: NodeSpec| NodeSpec { zone: Some("z".into()), ..node };
        let nodes = numbered(maker.random.usize(..4)).into_iter().map(zoned).collect();
        let mut bytes = content(&bytes_of(&ring_of(nodes, 3)));
        for _ in 0..maker.random.usize(1..4) {
            let at = maker.random.usize(9..=bytes.len());
            let to = (at + maker.random.usize(..5)).min(bytes.len());
            let new: Vec<_> = (0..maker.random.usize(..3)).map(|_| maker.random.u8(..)).collect();
            match maker.random.u8(..4) {
                0 => drop(bytes.splice(at..to, new)),
                1 => bytes.extend_from_within(at..to),
                _ if at < bytes.len() => bytes[at] = [maker.random.u8(..), 0, 1][maker.random.usize(..3)],
                _ => {}
            }
        }
        let bytes = sealed(bytes);
        match read(&bytes) {
            Ok(ring) => {
                assert_eq!(bytes_of(&ring), bytes);
                taken += 1;
            }
            Err(Error::InvalidBytes(_)) => refused += 1,
            Err(other) => panic!("{other:?}: {bytes:02x?}"),
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(taken > 500 && refused > 5_000, "{taken} taken, {refused} refused");
}
