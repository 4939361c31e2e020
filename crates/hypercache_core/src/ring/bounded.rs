//! Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2016): nodes that have their fill
//! of requests are passed over.

use hypercache_types::Token;

use super::snapshot::Snapshot;

impl Snapshot {
    /// The slot of the first routable node clockwise of `token` that has room for a request, where
    /// `in_flight_sum` are under way in the whole ring; `None` where no node is routable.
    ///
    /// A node has room while its requests in flight are fewer than
    /// ceil(max_load_factor * (in_flight_sum + 1) * weight / sum of the routable weights). With a factor of
    /// at least 1 these capacities add up to more than there are requests, so one node has room. Threads that
    /// count in between may hide it from one walk: then the owner answers.
    #[inline]
    pub fn owner_bounded(&self, token: Token, in_flight_sum: u64, max_load_factor: f64) -> Option<u16> {
        let owner = self.owner(token)?;
        let points = &self.placement.points;
        let demand = max_load_factor * (in_flight_sum + 1) as f64;
        let has_room = |slot: u16| {
            let node = self.node(slot);
            // A whole number is below a capacity exactly where it is below the capacity not rounded up.
            (node.in_flight() as f64) < demand * node.weight / self.routable_weight
        };
        if has_room(owner) {
            return Some(owner);
        }
        let start = points.place(token);
        let mut clockwise = (start..points.len()).chain(0..start).map(|place| points.slot(place));
        Some(clockwise.find(|slot| has_room(*slot)).unwrap_or(owner))
    }
}
