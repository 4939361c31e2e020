//! Nodes: what is told about them, checked when they are made.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hypercache_types::{
    Error, HashFunction, NodeStatus, Token, check_details, check_text, each_virtual_node, point_count,
    shortened,
};

use crate::in_flight::InFlight;
use crate::ring::RingOptions;

/// A node as a caller describes it. What is `None` gets its default.
#[derive(Clone, Debug, Default)]
pub struct NodeSpec {
    /// 1 to 255 bytes, no control characters, unique in the ring.
    pub id: String,
    /// Where to reach it; not interpreted.
    pub address: Option<String>,
    /// Share of points relative to the others, finite and above 0; 1 by default.
    pub weight: Option<f64>,
    /// Failure domain; a node without one is a zone of its own.
    pub zone: Option<String>,
    /// Alive by default.
    pub status: Option<NodeStatus>,
    /// Words for what it can do; not interpreted.
    pub capabilities: Vec<String>,
    /// Names and values; not interpreted.
    pub metadata: BTreeMap<String, String>,
    /// With [`HashFunction::Custom`] only: the tokens of its virtual nodes, from number 0 on, at least as
    /// many as it is to have.
    pub tokens: Option<Arc<[Token]>>,
}

/// A change of one node. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct NodeChange {
    /// See [`NodeSpec::address`].
    pub address: Option<Option<String>>,
    /// See [`NodeSpec::weight`].
    pub weight: Option<f64>,
    /// See [`NodeSpec::zone`].
    pub zone: Option<Option<String>>,
    /// See [`NodeSpec::status`].
    pub status: Option<NodeStatus>,
    /// See [`NodeSpec::capabilities`].
    pub capabilities: Option<Vec<String>>,
    /// See [`NodeSpec::metadata`].
    pub metadata: Option<BTreeMap<String, String>>,
    /// See [`NodeSpec::tokens`]. The old ones stay where they are enough.
    pub tokens: Option<Arc<[Token]>>,
}

/// A node of the ring. Never changed in place (but for its load): a change makes another one.
#[derive(Debug)]
pub struct Node {
    /// Its id.
    pub id: Arc<str>,
    /// Where to reach it.
    pub address: Option<String>,
    /// Finite, above 0.
    pub weight: f64,
    /// How many points it has: round(weight * virtualNodeCount), at least 1.
    pub point_count: u32,
    /// Its failure domain.
    pub zone: Option<Arc<str>>,
    /// Its health.
    pub status: NodeStatus,
    /// When it took this status, in milliseconds since 1970, by the clock of the caller.
    pub status_since_ms: f64,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Names and values.
    pub metadata: BTreeMap<String, String>,
    /// See [`NodeSpec::tokens`].
    pub(crate) tokens: Option<Arc<[Token]>>,
    /// The name-table version at which its slot got this name.
    pub(crate) named_at: u64,
    /// Requests on their way to it.
    pub(crate) in_flight: Arc<InFlight>,
    /// Bits of a double. A gauge that places nothing: every snapshot shows the newest value.
    load_bits: AtomicU64,
}

impl Node {
    /// Checks a description and makes the node.
    pub(crate) fn new(spec: NodeSpec, options: &RingOptions, now_ms: f64) -> Result<Self, Error> {
        check_text("node id", &spec.id)?;
        check_details(spec.address.as_deref(), spec.zone.as_deref(), &spec.capabilities, &spec.metadata)?;
        let weight = spec.weight.unwrap_or(1.0);
        let node = Self {
            id: spec.id.into(),
            address: spec.address,
            weight,
            point_count: point_count(weight, options.virtual_node_count)?,
            tokens: spec.tokens,
            zone: spec.zone.map(Into::into),
            status: spec.status.unwrap_or(NodeStatus::Alive),
            status_since_ms: now_ms,
            capabilities: spec.capabilities,
            metadata: spec.metadata,
            named_at: 0,
            in_flight: Arc::default(),
            load_bits: AtomicU64::new(0.0f64.to_bits()),
        };
        node.check_tokens(options.hash)?;
        Ok(node)
    }

    /// The node after a change, or `None` where the change changes nothing.
    pub(crate) fn changed(
        &self,
        change: NodeChange,
        options: &RingOptions,
        now_ms: f64,
    ) -> Result<Option<Self>, Error> {
        let status = change.status.unwrap_or(self.status);
        let weight = change.weight.unwrap_or(self.weight);
        let next = Self {
            id: self.id.clone(),
            address: change.address.unwrap_or_else(|| self.address.clone()),
            weight,
            point_count: point_count(weight, options.virtual_node_count)?,
            tokens: change.tokens.or_else(|| self.tokens.clone()),
            zone: change.zone.map_or_else(|| self.zone.clone(), |zone| zone.map(Into::into)),
            status,
            status_since_ms: if status == self.status { self.status_since_ms } else { now_ms },
            capabilities: change.capabilities.unwrap_or_else(|| self.capabilities.clone()),
            metadata: change.metadata.unwrap_or_else(|| self.metadata.clone()),
            named_at: self.named_at,
            in_flight: self.in_flight.clone(),
            load_bits: AtomicU64::new(self.load_bits.load(Ordering::Relaxed)),
        };
        check_details(next.address.as_deref(), next.zone.as_deref(), &next.capabilities, &next.metadata)?;
        next.check_tokens(options.hash)?;
        let same = next.address == self.address
            && next.weight == self.weight
            && next.zone == self.zone
            && next.status == self.status
            && next.capabilities == self.capabilities
            && next.metadata == self.metadata;
        Ok(if same { None } else { Some(next) })
    }

    /// With a custom hash function a node must bring its tokens, and only then.
    fn check_tokens(&self, hash: HashFunction) -> Result<(), Error> {
        let given = self.tokens.as_ref().map_or(0, |tokens| tokens.len());
        let wanted = if hash == HashFunction::Custom { self.point_count as usize } else { 0 };
        let is_fit = if wanted == 0 { self.tokens.is_none() } else { given >= wanted };
        if is_fit { Ok(()) } else { Err(Error::TokenCount { id: shortened(&self.id), given, wanted }) }
    }

    /// Calls `each` with the number and the token of the virtual nodes `range`, in order.
    pub(crate) fn each_virtual_node(
        &self,
        hash: HashFunction,
        range: Range<u32>,
        mut each: impl FnMut(u32, Token),
    ) {
        match &self.tokens {
            Some(tokens) => range.for_each(|number| each(number, tokens[number as usize])),
            None => each_virtual_node(hash, &self.id, range, each),
        }
    }

    /// The tokens it brought with it: see [`NodeSpec::tokens`].
    pub fn tokens(&self) -> Option<&[Token]> {
        self.tokens.as_deref()
    }

    /// Requests in flight to it: acquired and not released.
    #[inline]
    pub fn in_flight(&self) -> u64 {
        self.in_flight.count()
    }

    /// The load it reported last, 0 to 1; 0 until it does.
    pub fn load(&self) -> f64 {
        f64::from_bits(self.load_bits.load(Ordering::Relaxed))
    }

    /// Takes a reported load.
    pub(crate) fn set_load(&self, load: f64) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&load) {
            return Err(Error::OutOfRange { what: "load", value: load, bound: "a number from 0 to 1" });
        }
        self.load_bits.store(load.to_bits(), Ordering::Relaxed);
        Ok(())
    }
}

impl From<NodeSpec> for NodeChange {
    /// The change that makes a node what the description says. A status that is not given stays: it is
    /// observed, not declared.
    fn from(spec: NodeSpec) -> Self {
        Self {
            address: Some(spec.address),
            weight: Some(spec.weight.unwrap_or(1.0)),
            zone: Some(spec.zone),
            status: spec.status,
            capabilities: Some(spec.capabilities),
            metadata: Some(spec.metadata),
            tokens: spec.tokens,
        }
    }
}
