//! Random rings, random changes of them, and random keys.

use std::sync::Arc;

use fastrand::Rng;
use hypercache_core::{Error, HashFunction, NodeChange, NodeSpec, NodeStatus, Ring, RingOptions, StatusSet};
use xxhash_rust::xxh64::xxh64;

use super::golden_file;
use super::naive::{CUSTOM_MASK, NaiveRing};

/// A change, for the ring and for the model.
#[derive(Clone, Debug)]
pub enum Change {
    Add(Vec<NodeSpec>),
    Remove(Vec<String>),
    Update(String, NodeChange),
    Load(String, f64),
    Set(Vec<NodeSpec>),
}

/// The tokens of a node's virtual nodes, by the tests' custom hash function.
fn custom_tokens(id: &str) -> Arc<[u64]> {
    (0..TOKENS_MAX).map(|number| xxh64(format!("{id}:{number}").as_bytes(), 0) & CUSTOM_MASK).collect()
}

/// Makes a change of the ring.
pub fn apply(ring: &Ring, change: Change, now_ms: f64) -> Result<(), Error> {
    match change {
        Change::Add(specs) => ring.add_nodes(specs, now_ms),
        Change::Remove(ids) => ring.remove_nodes(&ids, now_ms),
        Change::Update(id, change) => ring.update_node(&id, change, now_ms),
        Change::Load(id, load) => ring.update_node_load(&id, load),
        Change::Set(specs) => ring.set_nodes(specs, now_ms).map(drop),
    }
}

/// The seed of this run: that of the environment, or another one each time. Says how to run it again.
pub fn seed(test: &str) -> u64 {
    const NAME: &str = "HYPERCACHE_SEED";
    let seed = std::env::var(NAME).map_or_else(|_| fastrand::u64(..), |text| text.parse().expect(NAME));
    println!("again: {NAME}={seed} cargo test -p hypercache_core --test {test}");
    seed
}

/// Makes everything random. Ids come from one list, so that they come back after they went.
pub struct Maker {
    pub random: Rng,
    ids: Vec<String>,
    /// The hash function of the model made last: with a custom one nodes bring their tokens.
    hash: HashFunction,
}

/// More virtual nodes than any node of a random ring has.
const TOKENS_MAX: u32 = 1_000;

impl Maker {
    pub fn new(seed: u64) -> Self {
        let mut ids: Vec<String> =
            ["a", "a:", "a:1", "10.0.0.1:6379", "ü", "u\u{308}", "\u{FF5E}", "😀", "Ω 日本 "]
                .map(str::to_owned)
                .into();
        ids.push("x".repeat(255));
        // Some of these have equal tokens.
        ids.extend(golden_file::ring_named("t1").nodes.into_iter().map(|node| node.id));
        ids.extend((0..60).map(|number| format!("node{number}")));
        Self { random: Rng::with_seed(seed), ids, hash: HashFunction::Sha256 }
    }

    /// An empty model with random options.
    pub fn model(&mut self) -> NaiveRing {
        let random = &mut self.random;
        let hash = match random.u8(..5) {
            0 => HashFunction::Sha256,
            4 => HashFunction::Custom,
            1 => HashFunction::Xxhash64 { seed: random.u64(..) },
            _ => HashFunction::Xxhash64 { seed: 0 },
        };
        let routable = match random.u8(..4) {
            0 => vec![NodeStatus::Alive],
            1 => random.choose_multiple(NodeStatus::ALL, 2),
            _ => vec![NodeStatus::Alive, NodeStatus::Suspected, NodeStatus::Updating],
        };
        let virtual_node_count = match random.u8(..12) {
            0 => 256,
            // Where the golden nodes have equal tokens.
            1..=3 => 64,
            _ => random.u32(1..=40),
        };
        let zone_aware = random.bool();
        let (nodes, points) = (Vec::new(), Vec::new());
        self.hash = hash;
        NaiveRing { hash, virtual_node_count, routable, zone_aware, nodes, fault: None, points }
    }

    /// The options of a model, for the ring.
    pub fn options(model: &NaiveRing) -> RingOptions {
        let routable = StatusSet::new(&model.routable).expect("not empty");
        let count = f64::from(model.virtual_node_count);
        RingOptions::new(model.hash, count, routable, model.zone_aware).expect("legal options")
    }

    pub fn spec(&mut self, id: &str) -> NodeSpec {
        NodeSpec {
            id: id.to_owned(),
            address: self.random.bool().then(|| format!("host{}:1", self.random.u8(..3))),
            weight: self.random.bool().then(|| self.weight()),
            zone: self.zone(),
            status: self.random.bool().then(|| self.status()),
            capabilities: Vec::new(),
            metadata: super::metadata(["1", "2"][self.random.usize(..2)]),
            tokens: (self.hash == HashFunction::Custom).then(|| custom_tokens(id)),
        }
    }

    fn weight(&mut self) -> f64 {
        [0.001, 0.25, 0.5, 1.0, 1.5, 2.0, 3.7 * self.random.f64() + 0.01][self.random.usize(..7)]
    }

    fn zone(&mut self) -> Option<String> {
        [None, Some("east"), Some("west"), Some("north")][self.random.usize(..4)].map(str::to_owned)
    }

    fn status(&mut self) -> NodeStatus {
        // Mostly well, or the rings would have few nodes that answer.
        if self.random.u8(..3) > 0 { NodeStatus::Alive } else { NodeStatus::ALL[self.random.usize(..5)] }
    }

    /// Ids that are in the model.
    fn known(&mut self, model: &NaiveRing, count: usize) -> Vec<String> {
        let picked = self.random.choose_multiple(&model.nodes, count);
        picked.into_iter().map(|node| node.spec.id.clone()).collect()
    }

    /// Ids that are not.
    pub fn unknown(&mut self, model: &NaiveRing, count: usize) -> Vec<String> {
        let is_free = |id: &&String| model.nodes.iter().all(|node| node.spec.id != **id);
        self.random.choose_multiple(self.ids.iter().filter(is_free), count).into_iter().cloned().collect()
    }

    pub fn specs(&mut self, ids: &[String]) -> Vec<NodeSpec> {
        ids.iter().map(|id| self.spec(id)).collect()
    }

    /// A change that the ring must take.
    pub fn change(&mut self, model: &NaiveRing) -> Change {
        let few = self.random.usize(..5);
        let Some(id) = self.known(model, 1).pop() else {
            let ids = self.unknown(model, 1 + few);
            return Change::Add(self.specs(&ids));
        };
        let update = |change| Change::Update(id.clone(), change);
        match self.random.u8(..12) {
            0 => Change::Add(self.unknown(model, 1).iter().map(|id| self.spec(id)).collect()),
            1 => Change::Add(self.unknown(model, few).iter().map(|id| self.spec(id)).collect()),
            2 => Change::Remove(vec![id]),
            3 => Change::Remove(self.known(model, few.min(model.nodes.len() / 2))),
            4 => update(NodeChange { weight: Some(self.weight()), ..NodeChange::default() }),
            5 => update(NodeChange { zone: Some(self.zone()), ..NodeChange::default() }),
            6 | 7 => update(NodeChange { status: Some(self.status()), ..NodeChange::default() }),
            8 => update(NodeChange { address: Some(Some("there".into())), ..NodeChange::default() }),
            9 => update(NodeChange { metadata: Some(super::metadata("3")), ..NodeChange::default() }),
            10 => Change::Load(id, self.random.f64()),
            _ => {
                let kept = self.known(model, model.nodes.len() - few.min(model.nodes.len() - 1));
                let mut specs: Vec<_> = model.nodes.iter().map(|node| node.spec.clone()).collect();
                specs.retain(|spec| kept.contains(&spec.id));
                for spec in &mut specs {
                    if self.random.u8(..4) == 0 {
                        *spec = self.spec(&spec.id);
                    }
                }
                let new = self.unknown(model, few);
                specs.extend(self.specs(&new));
                self.random.shuffle(&mut specs);
                Change::Set(specs)
            }
        }
    }

    /// A change that the ring must refuse, with the code of the refusal.
    pub fn bad_change(&mut self, model: &NaiveRing) -> (Change, &'static str) {
        const UNKNOWN: &str = "ERR_HYPERCACHE_UNKNOWN_NODE";
        const DUPLICATE: &str = "ERR_HYPERCACHE_DUPLICATE_NODE";
        const RANGE: &str = "ERR_HYPERCACHE_OUT_OF_RANGE";
        let (known, unknown) = (self.known(model, 1), self.unknown(model, 2));
        let mut specs = self.specs(&unknown);
        let heavier = |weight| NodeChange { weight: Some(weight), ..NodeChange::default() };
        match (self.random.u8(..9), known.into_iter().next()) {
            (0, Some(id)) => {
                specs.push(self.spec(&id));
                (Change::Add(specs), DUPLICATE)
            }
            (1, Some(id)) => (Change::Remove(vec![id, unknown[0].clone()]), UNKNOWN),
            (2, Some(id)) => (Change::Remove(vec![id.clone(), id]), DUPLICATE),
            (3, Some(id)) => {
                (Change::Update(id, heavier([0.0, -1.0, f64::NAN][self.random.usize(..3)])), RANGE)
            }
            (4, Some(id)) => (Change::Update(id, heavier(1e9)), "ERR_HYPERCACHE_TOO_MANY_POINTS"),
            (5, Some(id)) => (Change::Load(id, [-0.1, 1.1, f64::NAN][self.random.usize(..3)]), RANGE),
            (6, Some(id)) => {
                // The first of these would be removed and others added before the last is refused.
                let bad = NodeSpec { zone: Some("\n".into()), ..self.spec(&id) };
                specs.push(bad);
                (Change::Set(specs), "ERR_HYPERCACHE_INVALID_TEXT")
            }
            (7, _) => {
                specs.push(specs[0].clone());
                (Change::Set(specs), DUPLICATE)
            }
            (8, _) => {
                specs[1].weight = Some(f64::INFINITY);
                (Change::Add(specs), RANGE)
            }
            (_, _) => (Change::Update(unknown[0].clone(), heavier(1.0)), UNKNOWN),
        }
    }

    /// A key: random bytes, or the text of a virtual node, which falls on its point.
    pub fn key(&mut self, model: &NaiveRing) -> Vec<u8> {
        match self.random.choice(&model.points) {
            Some(point) if self.random.bool() => format!("{}:{}", point.id, point.number).into_bytes(),
            _ => (0..self.random.usize(..40)).map(|_| self.random.u8(..)).collect(),
        }
    }
}
