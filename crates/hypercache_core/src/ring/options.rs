//! What a ring is made with and keeps.

use crate::error::{Error, whole_number};
use crate::hash::HashFunction;
use crate::node::StatusSet;

/// Most virtual nodes for a weight of 1.
pub const VIRTUAL_NODE_COUNT_MAX: u32 = 65_536;
/// Most replicas of one answer.
pub const REPLICA_COUNT_MAX: u32 = 65_535;

/// The options of a ring. They never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// Places keys and virtual nodes.
    pub hash: HashFunction,
    /// Points of a node of weight 1, 1 to 65,536.
    pub virtual_node_count: u32,
    /// Statuses that may answer.
    pub routable: StatusSet,
    /// Whether replicas are spread over zones.
    pub zone_aware: bool,
}

impl RingOptions {
    /// Checks and makes options.
    ///
    /// # Errors
    /// A virtual node count that is no whole number from 1 to 65,536.
    pub fn new(
        hash: HashFunction,
        virtual_node_count: f64,
        routable: StatusSet,
        zone_aware: bool,
    ) -> Result<Self, Error> {
        let bound = "a whole number from 1 to 65536";
        let count = whole_number("virtualNodeCount", virtual_node_count, VIRTUAL_NODE_COUNT_MAX, bound)?;
        Ok(Self { hash, virtual_node_count: count, routable, zone_aware })
    }
}

/// Checks a number of replicas: `what` names the argument.
///
/// # Errors
/// No whole number from 1 to 65,535.
pub fn replica_count(what: &'static str, value: f64) -> Result<u32, Error> {
    whole_number(what, value, REPLICA_COUNT_MAX, "a whole number from 1 to 65535")
}
