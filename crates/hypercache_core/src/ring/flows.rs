//! Ranges that go from one node to another, neighbours joined, and what each pair of nodes sums up to.

use hashbrown::HashTable;
use hypercache_types::{Token, arc_between};

/// Stands in place of a node where there is none.
pub(crate) const NOBODY: u32 = u32::MAX;

/// A range of tokens that goes from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowRange {
    /// Exclusive. Equal to `end` it is the whole ring.
    pub start: Token,
    /// Inclusive.
    pub end: Token,
    /// Number of a node, or [`NOBODY`].
    pub from: u32,
    /// The same.
    pub to: u32,
}

/// All ranges of one pair of nodes, summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub from: u32,
    pub to: u32,
    pub arc: u128,
    pub range_count: u32,
    first_range: u32,
    last_range: u32,
}

/// Collects ranges that come in ring order. Of each pair of nodes only the last range can grow.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    ranges: Vec<FlowRange>,
    flows: Vec<Flow>,
    by_pair: HashTable<u32>,
    /// The flow of the last range: mostly the next one is of the same.
    current: usize,
}

impl Flows {
    /// Room for so many ranges, to begin with.
    pub fn with_capacity(range_count: usize) -> Self {
        Self { ranges: Vec::with_capacity(range_count), ..Self::default() }
    }

    #[inline]
    pub fn push(&mut self, range: FlowRange) {
        let is_current =
            self.flows.get(self.current).is_some_and(|flow| flow.from == range.from && flow.to == range.to);
        if !is_current {
            self.current = self.find(range.from, range.to);
        }
        let flow = &mut self.flows[self.current];
        flow.arc += arc_between(range.start, range.end);
        match self.ranges.get_mut(flow.last_range as usize) {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => {
                flow.last_range = self.ranges.len() as u32;
                flow.range_count += 1;
                if flow.range_count == 1 {
                    flow.first_range = flow.last_range;
                }
                self.ranges.push(range);
            }
        }
    }

    fn find(&mut self, from: u32, to: u32) -> usize {
        let hash = |from: u32, to: u32| {
            let spread = (u64::from(from) << 32 | u64::from(to)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            spread ^ spread >> 32
        };
        let flows = &mut self.flows;
        let is_same = |at: &u32| flows[*at as usize].from == from && flows[*at as usize].to == to;
        if let Some(at) = self.by_pair.find(hash(from, to), is_same) {
            return *at as usize;
        }
        let at = flows.len();
        flows.push(Flow { from, to, arc: 0, range_count: 0, first_range: 0, last_range: u32::MAX });
        self.by_pair.insert_unique(hash(from, to), at as u32, |at| {
            hash(flows[*at as usize].from, flows[*at as usize].to)
        });
        at
    }

    /// The flows by their nodes' numbers, and the ranges in ring order. `seam` is where the first range of
    /// the ring begins: one that ends there and one that begins there are joined as all others are.
    pub fn finish(mut self, seam: Token) -> (Vec<Flow>, Vec<FlowRange>) {
        let mut joined = Vec::new();
        for flow in &mut self.flows {
            let (first, last) = (flow.first_range as usize, flow.last_range as usize);
            if first != last && self.ranges[first].start == seam && self.ranges[last].end == seam {
                self.ranges[first].start = self.ranges[last].start;
                flow.range_count -= 1;
                joined.push(last);
            }
        }
        if !joined.is_empty() {
            let mut place = 0..;
            self.ranges.retain(|_| !joined.contains(&place.next().expect("endless")));
        }
        self.flows.sort_unstable_by_key(|flow| (flow.from, flow.to));
        (self.flows, self.ranges)
    }
}
