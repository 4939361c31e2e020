//! Reads the golden vectors, which the JavaScript tests read too.

use std::fs;

use hypercache_core::{NodeSpec, RingOptions};
use serde_json::Value;

/// A ring as `rings.json` describes it.
pub struct GoldenRing {
    pub name: String,
    pub options: RingOptions,
    pub nodes: Vec<NodeSpec>,
    pub owners_file: String,
    pub key_count: usize,
    pub point_count: usize,
    pub tie_count: usize,
    pub first_point: u64,
    pub last_point: u64,
    /// XXH64 of all sorted tokens, little-endian.
    pub tokens_checksum: u64,
}

/// A key of an owners file, with the answers.
pub struct GoldenKey {
    pub bytes: Vec<u8>,
    pub token: u64,
    pub owner: String,
    pub replicas: Vec<String>,
}

fn read(name: &str) -> String {
    let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../__test__/golden/{}"), name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A JSON file.
pub fn json(name: &str) -> Value {
    serde_json::from_str(&read(name)).expect("legal JSON")
}

/// The rows of a CSV file below its header, which must be `header`.
pub fn rows(name: &str, header: &str) -> Vec<Vec<String>> {
    let text = read(name);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(header), "{name}");
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A field, its escapes undone.
pub fn unescaped(field: &str) -> String {
    serde_json::from_str(&format!("\"{field}\"")).expect("a legal field")
}

/// A token: 16 hex digits.
pub fn token(field: &str) -> u64 {
    assert_eq!(field.len(), 16, "{field}");
    u64::from_str_radix(field, 16).expect("hex digits")
}

/// All rings.
pub fn rings() -> Vec<GoldenRing> {
    json("rings.json").as_array().expect("a list").iter().map(ring).collect()
}

/// The ring of a name.
pub fn ring_named(name: &str) -> GoldenRing {
    rings().into_iter().find(|ring| ring.name == name).expect("a ring of the list")
}

fn ring(value: &Value) -> GoldenRing {
    let text = |name: &str| value[name].as_str().expect("a text").to_owned();
    let number = |name: &str| value[name].as_u64().expect("a whole number") as usize;
    let ids = value["nodes"].as_array().expect("a list").iter();
    let nodes = ids.enumerate().map(|(at, id)| NodeSpec {
        id: id.as_str().expect("a text").to_owned(),
        weight: value["weights"].get(at).map(|weight| weight.as_f64().expect("a number")),
        ..NodeSpec::default()
    });
    GoldenRing {
        name: text("name"),
        options: super::options(&text("hash"), number("vnodes") as u32),
        nodes: nodes.collect(),
        owners_file: text("owners_file"),
        key_count: number("keys"),
        point_count: number("points"),
        tie_count: number("ties"),
        first_point: token(&text("first_point")),
        last_point: token(&text("last_point")),
        tokens_checksum: token(&text("checksum")),
    }
}

impl GoldenRing {
    /// The keys of its owners file.
    pub fn keys(&self) -> Vec<GoldenKey> {
        let rows = rows(&self.owners_file, "key,repeat,hash,owner,replicas");
        rows.iter().map(|row| golden_key(row)).collect()
    }
}

fn golden_key(row: &[String]) -> GoldenKey {
    let [key, repeat, hash, owner, replicas] = row else { panic!("five fields: {row:?}") };
    GoldenKey {
        bytes: unescaped(key).repeat(repeat.parse().expect("a count")).into_bytes(),
        token: token(hash),
        owner: unescaped(owner),
        replicas: replicas.split('|').map(unescaped).collect(),
    }
}
