//! What the benchmarks share: keys, rings, the other rings, and the check that an answer is one.

mod peers;

pub use peers::{KetamaRing, OtherRing, VirtualNodeRing, addresses, ketama, other, virtual_nodes};

use std::collections::HashMap;
use std::hash::Hash;
use std::hint::black_box;
use std::sync::Arc;

use hypercache_core::{HashFunction, NodeSpec, Ring, RingOptions, Snapshot, StatusSet};

/// Numbers of nodes.
pub const SIZES: [usize; 3] = [5, 100, 1_000];
/// Points of a node.
pub const VIRTUAL_NODES: u32 = 256;
/// Keys of a round.
pub const KEY_COUNT: usize = 1_000_000;

/// Distinct keys `user:<n>:profile`, shuffled, lying in memory in the order in which they are read: what is
/// measured is a lookup, not the way to the key.
pub struct Keys(Vec<&'static str>);

impl Keys {
    /// Makes the keys 0 to `count - 1`, always in the same order. Their text lives as long as the program.
    pub fn new(count: usize) -> Self {
        let mut numbers: Vec<_> = (0..count).collect();
        fastrand::Rng::with_seed(1).shuffle(&mut numbers);
        let keys = numbers.iter().map(|number| format!("user:{number}:profile"));
        let lengths: Vec<_> = keys.clone().map(|key| key.len()).collect();
        let mut rest: &'static str = keys.collect::<String>().leak();
        let mut next = |length| {
            let (key, after) = rest.split_at(length);
            rest = after;
            key
        };
        Self(lengths.into_iter().map(&mut next).collect())
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }

    /// Looks up every key, and has the compiler believe that each answer is used.
    #[inline]
    pub fn each<T>(&self, mut look_up: impl FnMut(&str) -> T) {
        for key in self.iter() {
            black_box(look_up(key));
        }
    }
}

/// A node of which only the id is told.
pub fn spec(id: &str) -> NodeSpec {
    NodeSpec { id: id.to_owned(), ..NodeSpec::default() }
}

/// Nodes `node1` to `node<count>`.
pub fn specs(count: usize) -> Vec<NodeSpec> {
    (1..=count).map(|number| spec(&format!("node{number}"))).collect()
}

/// The default options.
pub fn options() -> RingOptions {
    let hash = HashFunction::Xxhash64 { seed: 0 };
    RingOptions::new(hash, f64::from(VIRTUAL_NODES), StatusSet::default(), false).expect("legal options")
}

/// Our ring of `node1` to `node<count>`. Checks that it is the ring of the placement contract.
pub fn ours(count: usize) -> Ring {
    let ring = Ring::new(options(), specs(count), 0.0).expect("legal nodes");
    if count == 5 {
        let snapshot = ring.snapshot();
        let owner = |number| id_of(&snapshot, format!("key:{number}").as_bytes());
        let counts = counts((0..10_000).map(owner));
        let wanted =
            [("node1", 1_886), ("node2", 1_929), ("node3", 2_142), ("node4", 2_028), ("node5", 2_015)];
        assert!(wanted.iter().all(|(id, count)| counts[id] == *count), "{counts:?}");
    }
    ring
}

/// The id of the owner of a key.
pub fn id_of<'a>(snapshot: &'a Arc<Snapshot>, key: &[u8]) -> &'a str {
    &snapshot.node(snapshot.owner(snapshot.token(key)).expect("nodes answer")).id
}

/// Checks that every node answers for some of the keys, and none for very many.
pub fn check_spread<T: Eq + Hash + std::fmt::Debug>(node_count: usize, answers: impl Iterator<Item = T>) {
    let counts = counts(answers);
    let mean = counts.values().sum::<usize>() / node_count;
    assert_eq!(counts.len(), node_count);
    let is_fair = |count: &usize| (mean / 4..mean * 4).contains(count);
    assert!(mean > 0 && counts.values().all(is_fair), "mean {mean}: {counts:?}");
}

fn counts<T: Eq + Hash>(answers: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    answers.for_each(|answer| *counts.entry(answer).or_insert(0) += 1);
    counts
}
