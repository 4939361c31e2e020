//! Everything a lookup reads: the points of the routable nodes, their zones, and the replica rule.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use hypercache_types::Token;

use super::options::RingOptions;
use super::points::Points;
use super::table::NodeTable;
use super::zones::Zones;

/// Rings of up to this many routable nodes remember the 2nd and 3rd replica of each point.
/// There the next distinct node is often more than one point away, and a walk of unknown length costs a
/// mispredicted branch or two; in larger rings it is nearly always the next point, and a table only
/// takes cache.
const REMEMBERED_NODES_MAX: usize = 32;
/// Replicas that are found together and remembered: the owner and two more.
pub const FIRST_REPLICA_COUNT: usize = 3;
/// Up to this many replicas are told apart by comparing each with all.
const COMPARED_COUNT_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Placement {
    pub points: Points,
    pub zones: Option<Zones>,
    pub routable_count: usize,
    /// Computed when first asked for.
    pub checksum: OnceLock<u64>,
    /// For each point, the slots of the 2nd (low byte) and the 3rd (high byte) replica, plus one; 0 until
    /// known, and where a slot does not fit. Filled by lookups: every thread that gets there first writes the
    /// same.
    followers: Box<[AtomicU16]>,
}

/// Working memory of [`super::Snapshot::replicas`], kept by the caller so that lookups allocate nothing once
/// it has grown to the size of the ring. Clean between calls.
#[derive(Debug, Default)]
pub struct ReplicaScratch {
    is_chosen: Vec<bool>,
    taken_by_zone: Vec<u16>,
    next_in_round: Vec<u32>,
}

impl ReplicaScratch {
    fn fit(&mut self, slot_count: usize, zone_count: usize) {
        if self.is_chosen.len() < slot_count {
            self.is_chosen.resize(slot_count, false);
        }
        if self.taken_by_zone.len() < zone_count {
            self.taken_by_zone.resize(zone_count, 0);
        }
    }
}

impl Placement {
    pub fn new(points: Points, table: &NodeTable, options: &RingOptions) -> Self {
        let routable_count = table.routable(options.routable).count();
        let remembers = (2..=REMEMBERED_NODES_MAX).contains(&routable_count);
        let followers = (0..if remembers { points.len() } else { 0 }).map(|_| AtomicU16::new(0)).collect();
        let zones = options.zone_aware.then(|| Zones::of(table, options));
        Self { points, zones, routable_count, checksum: OnceLock::new(), followers }
    }

    /// The slots of the first replicas of `token`, and how many there are: 3, or all where there are fewer.
    #[inline]
    pub fn first_replicas(
        &self,
        token: Token,
        slot_count: usize,
        scratch: &mut ReplicaScratch,
    ) -> ([u16; FIRST_REPLICA_COUNT], usize) {
        let count = self.routable_count.min(FIRST_REPLICA_COUNT);
        if count == 0 {
            return ([0; FIRST_REPLICA_COUNT], 0);
        }
        let place = self.wrapped(self.points.place(token));
        let followers = self.followers.get(place).map_or(0, |followers| followers.load(Ordering::Relaxed));
        if followers == 0 {
            let mut found = [0; FIRST_REPLICA_COUNT];
            self.walk(place, slot_count, &mut found[..count], scratch);
            self.remember(place, &found[..count]);
            return (found, count);
        }
        let [second, third] = [followers & 0xFF, followers >> 8].map(|slot| slot.wrapping_sub(1));
        ([self.points.slot(place), second, third], count)
    }

    /// Fills `out` with the slots of the replicas of `token`; answers how many there are.
    pub fn replicas(
        &self,
        token: Token,
        slot_count: usize,
        out: &mut [u16],
        scratch: &mut ReplicaScratch,
    ) -> usize {
        let count = out.len().min(self.routable_count);
        if count <= FIRST_REPLICA_COUNT {
            let (first, _) = self.first_replicas(token, slot_count, scratch);
            out[..count].copy_from_slice(&first[..count]);
        } else {
            let place = self.wrapped(self.points.place(token));
            self.walk(place, slot_count, &mut out[..count], scratch);
        }
        count
    }

    /// Keeps the first replicas, where this ring remembers and their slots fit.
    fn remember(&self, place: usize, replicas: &[u16]) {
        let Some(kept) = self.followers.get(place) else { return };
        let byte = |at: usize| replicas.get(at).map_or(Some(0), |slot| u8::try_from(slot + 1).ok());
        let followers = byte(1).zip(byte(2)).map_or(0, |(second, third)| u16::from_le_bytes([second, third]));
        kept.store(followers, Ordering::Relaxed);
    }

    /// Fills `out`, which must not be longer than there are routable nodes, with the slots of the replicas of
    /// what the point at `place` owns.
    pub fn walk(&self, place: usize, slot_count: usize, out: &mut [u16], scratch: &mut ReplicaScratch) {
        match &self.zones {
            Some(zones) => {
                scratch.fit(slot_count, zones.count());
                self.walk_zones(zones, place, out, scratch);
            }
            None if out.len() <= FIRST_REPLICA_COUNT => self.walk_few(place, out),
            None if out.len() <= COMPARED_COUNT_MAX => self.walk_comparing(place, out),
            None => {
                scratch.fit(slot_count, 0);
                self.walk_marking(place, out, scratch);
            }
        }
    }

    /// The owner and the next one or two distinct nodes clockwise, spelled out.
    fn walk_few(&self, place: usize, out: &mut [u16]) {
        let owner = self.points.slot(place);
        out[0] = owner;
        if out.len() > 1 {
            let next = self.next_unlike(place, owner, owner);
            out[1] = self.points.slot(next);
            if out.len() > 2 {
                out[2] = self.points.slot(self.next_unlike(next, owner, out[1]));
            }
        }
    }

    /// The next place clockwise that belongs to neither of two nodes.
    #[inline]
    fn next_unlike(&self, place: usize, first: u16, second: u16) -> usize {
        let mut at = place;
        loop {
            at = self.wrapped(at + 1);
            let slot = self.points.slot(at);
            if slot != first && slot != second {
                return at;
            }
        }
    }

    /// The next distinct nodes clockwise. Ends, because `out` asks for no more than there are.
    fn walk_comparing(&self, place: usize, out: &mut [u16]) {
        let mut at = place;
        let mut found = 0;
        while found < out.len() {
            let slot = self.points.slot(at);
            if !out[..found].contains(&slot) {
                out[found] = slot;
                found += 1;
            }
            at = self.wrapped(at + 1);
        }
    }

    /// The same for many: a mark instead of comparisons.
    fn walk_marking(&self, place: usize, out: &mut [u16], scratch: &mut ReplicaScratch) {
        let mut at = place;
        let mut found = 0;
        while found < out.len() {
            let slot = self.points.slot(at);
            if !std::mem::replace(&mut scratch.is_chosen[usize::from(slot)], true) {
                out[found] = slot;
                found += 1;
            }
            at = self.wrapped(at + 1);
        }
        out.iter().for_each(|slot| scratch.is_chosen[usize::from(*slot)] = false);
    }

    /// Replicas spread over zones, in the order of choice.
    ///
    /// The rule: from the owner's point clockwise, take the next node in a zone not used yet; when every zone
    /// is used, start another round from the owner's point among the nodes not taken. So the n-th node of
    /// its zone, in ring order, is taken in round n, and within a round nodes are taken in ring order: one
    /// walk finds them all, each goes to the next free position of its round. How many each round takes is
    /// known from the sizes of the zones, hence where each round begins in `out`.
    fn walk_zones(&self, zones: &Zones, place: usize, out: &mut [u16], scratch: &mut ReplicaScratch) {
        let last_round = zones.last_round(out.len());
        scratch.next_in_round.clear();
        scratch.next_in_round.extend((0..=last_round).map(|round| zones.chosen_before(round) as u32));
        let mut missing = out.len();
        let mut at = place;
        while missing > 0 {
            let slot = self.points.slot(at);
            at = self.wrapped(at + 1);
            let taken = &mut scratch.taken_by_zone[usize::from(zones.of_slot(slot))];
            let Some(position) = scratch.next_in_round.get_mut(usize::from(*taken)) else { continue };
            // Only the last round can be full before its zones are used up.
            if *position as usize == out.len() || scratch.is_chosen[usize::from(slot)] {
                continue;
            }
            out[*position as usize] = slot;
            scratch.is_chosen[usize::from(slot)] = true;
            *position += 1;
            *taken += 1;
            missing -= 1;
        }
        for slot in out {
            scratch.is_chosen[usize::from(*slot)] = false;
            scratch.taken_by_zone[usize::from(zones.of_slot(*slot))] = 0;
        }
    }

    /// A place after the last point is that of the first.
    #[inline]
    fn wrapped(&self, place: usize) -> usize {
        if place >= self.points.len() { place - self.points.len() } else { place }
    }

    pub fn memory_bytes(&self) -> usize {
        let zones = self.zones.as_ref().map_or(0, Zones::memory_bytes);
        self.points.memory_bytes() + size_of_val(&self.followers[..]) + zones
    }
}
