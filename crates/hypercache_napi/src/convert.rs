//! Plain objects on their way in and out. TypeScript has checked their types and made them: no getter of a
//! user runs while they are read.

use std::collections::BTreeMap;

use hypercache_core::{
    Distribution, Explanation, HashFunction, Node, NodeChange, NodeSpec, NodeStatus, RingOptions, SkipReason,
    Snapshot, StatusSet, VirtualNode,
};
use napi::bindgen_prelude::{BigInt, BigUint64Array};
use napi_derive::napi;

use crate::error::{Result, to_js};

/// Options of a ring.
#[napi(object, object_to_js = false)]
pub struct NativeOptions {
    pub virtual_node_count: f64,
    pub replication_factor: f64,
    /// Not read where the hash function is JavaScript.
    pub hash_function: String,
    pub has_custom_hash: bool,
    /// 0 to 2^64 - 1.
    pub hash_seed: BigInt,
    pub routable_statuses: Option<Vec<String>>,
    pub zone_aware: bool,
    pub lookup_cache: String,
    pub lookup_cache_size: f64,
}

impl NativeOptions {
    pub fn into_core(self) -> Result<RingOptions> {
        let routable = match self.routable_statuses {
            Some(names) => StatusSet::new(&statuses(&names)?).map_err(to_js)?,
            None => StatusSet::default(),
        };
        let (_, seed, _) = self.hash_seed.get_u64();
        let hash = if self.has_custom_hash {
            HashFunction::Custom
        } else {
            HashFunction::new(&self.hash_function, seed).map_err(to_js)?
        };
        RingOptions::new(hash, self.virtual_node_count, routable, self.zone_aware)
            .and_then(|options| options.with_replication_factor(self.replication_factor))
            .and_then(|options| options.with_lookup_cache(&self.lookup_cache, self.lookup_cache_size))
            .map_err(to_js)
    }
}

fn statuses(names: &[String]) -> Result<Vec<NodeStatus>> {
    names.iter().map(|name| NodeStatus::new(name).map_err(to_js)).collect()
}

fn status(name: Option<&str>) -> Result<Option<NodeStatus>> {
    name.map(|name| NodeStatus::new(name).map_err(to_js)).transpose()
}

/// A node as a caller describes it.
#[napi(object, object_to_js = false)]
pub struct NativeNodeSpec {
    pub id: String,
    pub address: Option<String>,
    pub weight: Option<f64>,
    pub zone: Option<String>,
    pub status: Option<String>,
    pub capabilities: Option<Vec<String>>,
    /// Names and values in turn.
    pub metadata: Option<Vec<String>>,
    /// Tokens of its virtual nodes, where the hash function is JavaScript.
    pub tokens: Option<BigUint64Array>,
}

impl NativeNodeSpec {
    pub fn into_core(self) -> Result<NodeSpec> {
        Ok(NodeSpec {
            status: status(self.status.as_deref())?,
            id: self.id,
            address: self.address,
            weight: self.weight,
            zone: self.zone,
            capabilities: self.capabilities.unwrap_or_default(),
            metadata: self.metadata.map(paired).unwrap_or_default(),
            tokens: self.tokens.map(|tokens| tokens[..].into()),
        })
    }
}

/// Descriptions of nodes; the first that is wrong is the error.
pub fn specs(nodes: Vec<NativeNodeSpec>) -> Result<Vec<NodeSpec>> {
    nodes.into_iter().map(NativeNodeSpec::into_core).collect()
}

/// A change of one node: what is absent stays.
#[napi(object, object_to_js = false)]
pub struct NativeNodeChange {
    pub address: Option<String>,
    pub clears_address: bool,
    pub weight: Option<f64>,
    pub zone: Option<String>,
    pub clears_zone: bool,
    pub status: Option<String>,
    pub capabilities: Option<Vec<String>>,
    /// Names and values in turn.
    pub metadata: Option<Vec<String>>,
    /// Tokens of its virtual nodes, where the hash function is JavaScript and the old ones may not be enough.
    pub tokens: Option<BigUint64Array>,
}

impl NativeNodeChange {
    pub fn into_core(self) -> Result<NodeChange> {
        let field = |value: Option<String>, clears: bool| if clears { Some(None) } else { value.map(Some) };
        Ok(NodeChange {
            address: field(self.address, self.clears_address),
            weight: self.weight,
            zone: field(self.zone, self.clears_zone),
            status: status(self.status.as_deref())?,
            capabilities: self.capabilities,
            metadata: self.metadata.map(paired),
            tokens: self.tokens.map(|tokens| tokens[..].into()),
        })
    }
}

fn paired(metadata: Vec<String>) -> BTreeMap<String, String> {
    let mut texts = metadata.into_iter();
    std::iter::from_fn(|| texts.next().zip(texts.next())).collect()
}

/// A node of the ring.
#[napi(object, object_from_js = false)]
pub struct NativeNode {
    pub id: String,
    pub address: Option<String>,
    pub weight: f64,
    pub point_count: u32,
    pub zone: Option<String>,
    #[napi(ts_type = "'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'")]
    pub status: &'static str,
    pub status_since_ms: f64,
    pub capabilities: Vec<String>,
    /// Names and values in turn.
    pub metadata: Vec<String>,
    pub load: f64,
    pub in_flight_count: f64,
}

impl From<&Node> for NativeNode {
    fn from(node: &Node) -> Self {
        Self {
            id: node.id.to_string(),
            address: node.address.clone(),
            weight: node.weight,
            point_count: node.point_count,
            zone: node.zone.as_deref().map(Into::into),
            status: node.status.name(),
            status_since_ms: node.status_since_ms,
            capabilities: node.capabilities.clone(),
            metadata: node.metadata.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect(),
            load: node.load(),
            in_flight_count: node.in_flight() as f64,
        }
    }
}

/// Names that slots have taken since a version.
#[napi(object, object_from_js = false)]
pub struct NativeNames {
    /// To be given the next time.
    pub version: f64,
    /// The version as the mailbox has it.
    pub mark: i32,
    pub slots: Vec<u32>,
    pub names: Vec<String>,
}

/// What setting the whole list found to do.
#[napi(object, object_from_js = false)]
pub struct NativeSetOutcome {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub updated: Vec<String>,
}

/// A virtual node.
#[napi(object, object_from_js = false)]
pub struct NativePoint {
    pub token: BigInt,
    pub node: String,
    pub virtual_node: u32,
}

pub fn point(snapshot: &Snapshot, point: &VirtualNode) -> NativePoint {
    NativePoint {
        token: point.token.into(),
        node: snapshot.node(point.slot).id.to_string(),
        virtual_node: point.number,
    }
}

/// A replica with what the choice looked at.
#[napi(object, object_from_js = false)]
pub struct NativeStep {
    pub id: String,
    #[napi(ts_type = "'alive' | 'suspected' | 'dead' | 'leaving' | 'updating'")]
    pub status: &'static str,
    pub zone: Option<String>,
    pub token: BigInt,
    pub virtual_node: u32,
    /// Of a node that was passed over: why.
    #[napi(ts_type = "'status' | 'zone'")]
    pub reason: Option<&'static str>,
}

/// Why a key is where it is.
#[napi(object, object_from_js = false)]
pub struct NativeExplanation {
    pub token: BigInt,
    pub home: NativePoint,
    pub replicas: Vec<NativeStep>,
    pub skipped: Vec<NativeStep>,
}

pub fn explanation(snapshot: &Snapshot, found: &Explanation) -> NativeExplanation {
    let step = |point: &VirtualNode, reason: Option<SkipReason>| {
        let node = snapshot.node(point.slot);
        NativeStep {
            id: node.id.to_string(),
            status: node.status.name(),
            zone: node.zone.as_deref().map(Into::into),
            token: point.token.into(),
            virtual_node: point.number,
            reason: reason.map(|reason| match reason {
                SkipReason::Status => "status",
                SkipReason::Zone => "zone",
            }),
        }
    };
    NativeExplanation {
        token: found.token.into(),
        home: point(snapshot, &found.home),
        replicas: found.replicas.iter().map(|point| step(point, None)).collect(),
        skipped: found.skipped.iter().map(|skipped| step(&skipped.point, Some(skipped.reason))).collect(),
    }
}

/// Keys of one node.
#[napi(object, object_from_js = false)]
pub struct NativeNodeKeys {
    pub id: String,
    pub key_count: f64,
    pub key_share: f64,
}

/// How keys spread.
#[napi(object, object_from_js = false)]
pub struct NativeDistributionResult {
    pub key_count: f64,
    pub mean: f64,
    pub standard_deviation: f64,
    pub load_factor: f64,
    pub nodes: Vec<NativeNodeKeys>,
}

impl From<Distribution> for NativeDistributionResult {
    fn from(found: Distribution) -> Self {
        let nodes = found.nodes.into_iter().map(|node| NativeNodeKeys {
            id: node.id.to_string(),
            key_count: node.key_count as f64,
            key_share: node.key_share,
        });
        Self {
            key_count: found.key_count as f64,
            mean: found.mean,
            standard_deviation: found.standard_deviation,
            load_factor: found.load_factor,
            nodes: nodes.collect(),
        }
    }
}
