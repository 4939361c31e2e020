//! One immutable version of a ring: its nodes, and who answers for which key.

use std::sync::Arc;

use hypercache_types::{Error, HashFunction, Token};

use super::checksum;
use super::options::RingOptions;
use super::placement::{FIRST_REPLICA_COUNT, Placement, ReplicaScratch};
use super::points::Points;
use super::table::NodeTable;
use crate::node::Node;

/// Tokens taken before the first of them is searched: hashing and searching overlap poorly key by key.
const BLOCK: usize = 16;

/// One version of a ring. Readers hold it as long as they like; changes make another one.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) options: RingOptions,
    pub(crate) version: u64,
    pub(crate) table: NodeTable,
    /// Shared by successive snapshots between which no answer changed.
    pub(crate) placement: Arc<Placement>,
    /// Weights of the routable nodes, summed in byte order of their ids.
    pub(crate) routable_weight: f64,
}

/// One virtual node with its node, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualNode {
    /// Its place.
    pub token: Token,
    /// Slot of its node.
    pub slot: u16,
    /// Its number within the node, from 0.
    pub number: u32,
}

impl Snapshot {
    pub(crate) fn empty(options: RingOptions) -> Self {
        let table = NodeTable::default();
        let points = Points::build(&[], |_, _| unreachable!("no points, no ties"));
        let placement = Arc::new(Placement::new(points, &table, &options));
        Self::new(options, 1, table, placement)
    }

    pub(crate) fn new(
        options: RingOptions,
        version: u64,
        table: NodeTable,
        placement: Arc<Placement>,
    ) -> Self {
        let routable_weight = table.routable(options.routable).map(|(_, node)| node.weight).sum();
        Self { options, version, table, placement, routable_weight }
    }

    /// The options of its ring.
    pub fn options(&self) -> &RingOptions {
        &self.options
    }

    /// Rises by one with each change that can change an answer; 1 for a new ring.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Fingerprint of the placement: see `checksum.rs` for what it covers.
    pub fn checksum(&self) -> u64 {
        *self.placement.checksum.get_or_init(|| checksum::of(&self.options, &self.table))
    }

    /// The token of a key.
    #[inline]
    pub fn token(&self, key: &[u8]) -> Token {
        self.options.hash.token(key)
    }

    /// The slot of the first routable node clockwise of `token`; `None` where no node is routable.
    #[inline]
    pub fn owner(&self, token: Token) -> Option<u16> {
        let points = &self.placement.points;
        if points.is_empty() { None } else { Some(points.slot(points.place(token))) }
    }

    /// Fills `out` with the slots of the first distinct routable nodes clockwise of `token` (spread over
    /// zones where the ring is zone-aware) and answers how many there are: all of them where `out` is longer.
    #[inline]
    pub fn replicas(&self, token: Token, out: &mut [u16], scratch: &mut ReplicaScratch) -> usize {
        self.placement.replicas(token, self.table.slot_count(), out, scratch)
    }

    /// The first 3 replicas, and how many there are where there are fewer: the common case of
    /// [`Snapshot::replicas`], without a slice.
    #[inline]
    pub fn first_replicas(
        &self,
        token: Token,
        scratch: &mut ReplicaScratch,
    ) -> ([u16; FIRST_REPLICA_COUNT], usize) {
        self.placement.first_replicas(token, self.table.slot_count(), scratch)
    }

    /// Gives `found` the slots of the owners of all tokens, in order. Answers `false`, and does nothing,
    /// where no node is routable.
    pub fn owners(&self, tokens: impl IntoIterator<Item = Token>, mut found: impl FnMut(u16)) -> bool {
        let points = &self.placement.points;
        if points.is_empty() {
            return false;
        }
        let mut tokens = tokens.into_iter();
        let mut block = [0; BLOCK];
        loop {
            let mut count = 0;
            for (place, token) in block.iter_mut().zip(&mut tokens) {
                *place = token;
                count += 1;
            }
            block[..count].iter().for_each(|token| found(points.slot(points.place(*token))));
            if count < BLOCK {
                return true;
            }
        }
    }

    /// Why no node answers, for a lookup that found none.
    pub fn no_owner(&self) -> Error {
        Error::NoRoutableNode(self.node_count())
    }

    /// Number of nodes, whatever their status.
    pub fn node_count(&self) -> usize {
        self.table.len()
    }

    /// Number of points of all nodes, whatever their status.
    pub fn point_count(&self) -> u64 {
        self.table.point_total()
    }

    /// Number of slots: every slot answered is below it.
    pub fn slot_count(&self) -> usize {
        self.table.slot_count()
    }

    /// Whether a node may answer.
    pub fn is_routable(&self, node: &Node) -> bool {
        self.options.routable.contains(node.status)
    }

    /// Slots and nodes, in byte order of the ids.
    pub fn nodes(&self) -> impl Iterator<Item = (u16, &Arc<Node>)> {
        self.table.iter()
    }

    /// The node of a slot that this snapshot answered.
    pub fn node(&self, slot: u16) -> &Arc<Node> {
        self.table.node(slot)
    }

    /// The node of an id.
    pub fn find(&self, id: &str) -> Option<&Arc<Node>> {
        self.table.find(id).map(|slot| self.table.node(slot))
    }

    /// Version of the slot names. Equal versions of one ring give every slot in use the same name.
    pub fn names_version(&self) -> u64 {
        self.table.version()
    }

    /// Slots that were named after `version`, with their nodes.
    pub fn named_after(&self, version: u64) -> impl Iterator<Item = (u16, &Arc<Node>)> {
        self.table.iter().filter(move |(_, node)| node.named_at > version)
    }

    /// The points of all nodes, whatever their status, in ring order.
    pub fn points(&self) -> Vec<VirtualNode> {
        let mut points = Vec::with_capacity(self.point_count() as usize);
        for (slot, node) in self.nodes() {
            node.each_virtual_node(self.options.hash, 0..node.point_count, |number, token| {
                points.push(VirtualNode { token, slot, number });
            });
        }
        // Nodes come in byte order of their ids, and a stable sort keeps that order for equal tokens.
        points.sort_by_key(|point| point.token);
        points
    }

    /// Heap memory held, in bytes, without the texts of the nodes.
    pub fn memory_bytes(&self) -> usize {
        const NODE_BYTES: usize = size_of::<Node>() + 64;
        let is_custom = self.options.hash == HashFunction::Custom;
        let tokens = if is_custom { self.point_count() as usize * size_of::<Token>() } else { 0 };
        self.placement.memory_bytes() + self.table.slot_count() * NODE_BYTES + tokens
    }
}
