//! The sorted points of the routable nodes, and the search among them.
//!
//! The plain algorithm is a binary search for the first point whose token is at or above the key's. This
//! file gives the same answer by other means:
//!
//! 1. Tokens are hashes, hence spread evenly, so the top bits of the key's token say where to look. `index`
//!    holds, for each value of the top bits, how many points lie below it; there are between one and two
//!    points to a value on average.
//! 2. An entry is one word: the top 48 bits of the token, then the 16-bit slot of its node. Four entries are
//!    compared at once, without branches: a loop that stops at the right one would be mispredicted.
//! 3. The low 16 bits of the tokens stand apart and are read only where 48 bits are equal.
//! 4. Four sentinels follow the last point. They compare as above every token and carry the slot of the
//!    first point, so the wrap needs no test and a window of four never leaves the array.

use std::cmp::Ordering;

use crate::token::Token;

/// One virtual node's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Point {
    pub token: Token,
    pub slot: u16,
}

/// One point to put in or to cut out, and where: before the old point at `place`, or that point itself.
#[derive(Clone, Copy)]
struct Edit {
    point: Point,
    place: u32,
    is_cut: bool,
}

/// The virtual nodes `tokens` (sorted) of one slot, to be added or removed.
pub(crate) struct PointChange {
    pub slot: u16,
    pub tokens: Vec<Token>,
    pub is_cut: bool,
}

/// Entries compared at once.
const WINDOW: usize = 4;
const SLOT_BITS: u64 = 0xFFFF;

#[derive(Debug)]
pub(crate) struct Points {
    /// Top 48 bits of the token, 16 bits of slot; sorted by token, ties by node id; then the sentinels.
    entries: Vec<u64>,
    /// Low 16 bits of each token.
    low: Vec<u16>,
    /// For each value of a token's top bits: the number of points below it.
    index: Vec<u32>,
    /// How far a token is shifted to give its place in `index`.
    shift: u32,
}

impl Points {
    /// Lays out points given in any order. `order` compares the ids of two slots; it settles equal tokens.
    ///
    /// A counting sort by the index's own buckets, so that the index comes with it.
    pub fn build(points: &[Point], order: impl Fn(u16, u16) -> Ordering) -> Self {
        let shift = shift_for(points.len());
        let bucket = |point: &Point| (point.token >> shift) as usize;
        let mut index = vec![0u32; (1 << (u64::BITS - shift)) + 1];
        for point in points {
            index[bucket(point) + 1] += 1;
        }
        for at in 1..index.len() {
            index[at] += index[at - 1];
        }
        let mut next = index.clone();
        let mut sorted = vec![Point::default(); points.len()];
        for point in points {
            let at = &mut next[bucket(point)];
            sorted[*at as usize] = *point;
            *at += 1;
        }
        for ends in index.windows(2) {
            let range = &mut sorted[ends[0] as usize..ends[1] as usize];
            range.sort_unstable_by(|a, b| a.token.cmp(&b.token).then_with(|| order(a.slot, b.slot)));
        }
        index.pop();
        let mut made = Self::with_capacity(points.len(), index, shift);
        sorted.iter().for_each(|point| made.push(*point));
        made.seal();
        made
    }

    /// The points after changes, each sorted by token. `order` compares the id of a slot that is put in (left)
    /// with that of a slot of this ring (right), `order_new` the ids of two that are put in.
    ///
    /// Everything between the changed places is copied in runs; the index is shifted, not counted anew.
    pub fn splice(
        &self,
        changes: &[PointChange],
        order: impl Fn(u16, u16) -> Ordering,
        order_new: impl Fn(u16, u16) -> Ordering,
    ) -> Self {
        let mut edits = Vec::with_capacity(changes.iter().map(|change| change.tokens.len()).sum());
        for change in changes {
            self.locate(change, &order, &mut edits);
        }
        if changes.len() > 1 {
            edits.sort_by(|a, b| {
                let by_place = (a.place, a.is_cut, a.point.token).cmp(&(b.place, b.is_cut, b.point.token));
                by_place.then_with(|| order_new(a.point.slot, b.point.slot))
            });
        }
        let cut_count = edits.iter().filter(|edit| edit.is_cut).count();
        let len = self.len() + edits.len() - 2 * cut_count;
        let shift = shift_for(len);
        let index = if shift == self.shift { self.shifted_index(&edits) } else { Vec::new() };
        let mut made = Self::with_capacity(len, index, shift);
        let mut copied = 0;
        for edit in &edits {
            let place = edit.place as usize;
            made.copy(self, copied, place);
            copied = place + usize::from(edit.is_cut);
            if !edit.is_cut {
                made.push(edit.point);
            }
        }
        made.copy(self, copied, self.len());
        made.seal();
        if made.index.is_empty() {
            made.index = made.counted_index();
        }
        made
    }

    /// Number of points.
    #[inline]
    pub fn len(&self) -> usize {
        self.low.len() - WINDOW
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of the first point at or above `token`, or `len()` where the ring wraps.
    #[inline]
    pub fn place(&self, token: Token) -> usize {
        let wanted = token & !SLOT_BITS;
        let mut at = self.index[(token >> self.shift) as usize] as usize;
        loop {
            let window: &[u64; WINDOW] = self.entries[at..at + WINDOW].try_into().expect("four entries");
            let below: usize = window.iter().map(|entry| usize::from(*entry < wanted)).sum();
            at += below;
            if below < WINDOW {
                break;
            }
        }
        while self.entries[at] & !SLOT_BITS == wanted && self.low[at] < token as u16 {
            at += 1;
        }
        at
    }

    /// The slot of the point at `place`; that of the first point for `len()`.
    #[inline]
    pub fn slot(&self, place: usize) -> u16 {
        self.entries[place] as u16
    }

    /// The point at `place`.
    pub fn point(&self, place: usize) -> Point {
        let entry = self.entries[place];
        Point { token: entry & !SLOT_BITS | u64::from(self.low[place]), slot: entry as u16 }
    }

    /// Heap memory held, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&self.entries[..]) + size_of_val(&self.low[..]) + size_of_val(&self.index[..])
    }

    fn with_capacity(len: usize, index: Vec<u32>, shift: u32) -> Self {
        Self {
            entries: Vec::with_capacity(len + WINDOW),
            low: Vec::with_capacity(len + WINDOW),
            index,
            shift,
        }
    }

    #[inline]
    fn push(&mut self, point: Point) {
        self.entries.push(point.token & !SLOT_BITS | u64::from(point.slot));
        self.low.push(point.token as u16);
    }

    /// Appends the points `from..to` of another ring.
    #[inline]
    fn copy(&mut self, other: &Self, from: usize, to: usize) {
        self.entries.extend_from_slice(&other.entries[from..to]);
        self.low.extend_from_slice(&other.low[from..to]);
    }

    /// Appends the sentinels.
    fn seal(&mut self) {
        let first_slot = self.entries.first().map_or(0, |entry| entry & SLOT_BITS);
        self.entries.extend([!SLOT_BITS | first_slot; WINDOW]);
        self.low.extend([u16::MAX; WINDOW]);
    }

    /// Finds where the points of one change belong, in order.
    fn locate(&self, change: &PointChange, order: &impl Fn(u16, u16) -> Ordering, edits: &mut Vec<Edit>) {
        let mut first_free = 0;
        for &token in &change.tokens {
            let mut place = self.place(token).max(first_free);
            if change.is_cut {
                while self.slot(place) != change.slot {
                    place += 1;
                }
                // A node whose virtual nodes collide has several equal points; each is cut once.
                first_free = place + 1;
            } else {
                while place < self.len()
                    && self.point(place).token == token
                    && order(change.slot, self.slot(place)) == Ordering::Greater
                {
                    place += 1;
                }
            }
            let point = Point { token, slot: change.slot };
            edits.push(Edit { point, place: place as u32, is_cut: change.is_cut });
        }
    }

    /// The index after edits that keep its size: what lies above an edit counts one more or less.
    fn shifted_index(&self, edits: &[Edit]) -> Vec<u32> {
        let mut index = self.index.clone();
        let mut done = 0;
        let mut shift_by = 0i32;
        for edit in edits {
            let end = (edit.point.token >> self.shift) as usize + 1;
            index[done..end].iter_mut().for_each(|below| *below = below.wrapping_add_signed(shift_by));
            done = end;
            shift_by += if edit.is_cut { -1 } else { 1 };
        }
        index[done..].iter_mut().for_each(|below| *below = below.wrapping_add_signed(shift_by));
        index
    }

    /// The index counted from the entries.
    fn counted_index(&self) -> Vec<u32> {
        let mut index = Vec::with_capacity(1 << (u64::BITS - self.shift));
        for (place, entry) in self.entries[..self.len()].iter().enumerate() {
            let bucket = (entry >> self.shift) as usize;
            if bucket >= index.len() {
                index.resize(bucket + 1, place as u32);
            }
        }
        index.resize(1 << (u64::BITS - self.shift), self.len() as u32);
        index
    }
}

/// The shift for `len` points: as many buckets as the largest power of two below `len`, at least 2.
fn shift_for(len: usize) -> u32 {
    let bits = len.saturating_sub(1).checked_ilog2().unwrap_or(0).max(1);
    u64::BITS - bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plain algorithm.
    fn scan(points: &[Point], token: Token) -> u16 {
        points.iter().find(|point| point.token >= token).unwrap_or(&points[0]).slot
    }

    /// Tokens that clump: near 0, near the top, around few middles, equal in 48 bits, equal in 64.
    fn clumped(random: &mut fastrand::Rng) -> Token {
        let middle = [0, u64::MAX, 1 << 63, 0x1234_5678_9ABC_0000, random.u64(..)][random.usize(..5)];
        middle.wrapping_add_signed([0, 1, -1, random.i64(-70_000..70_000)][random.usize(..4)])
    }

    #[test]
    fn search_equals_a_scan_on_clumped_and_colliding_tokens() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..400 {
            let count = 1 + random.usize(..60);
            let mut points: Vec<_> =
                (0..count).map(|_| Point { token: clumped(&mut random), slot: random.u16(..9) }).collect();
            let built = Points::build(&points, |a, b| a.cmp(&b));
            points.sort_by_key(|point| (point.token, point.slot));
            for place in 0..count {
                assert_eq!(built.point(place), points[place]);
                for token in [points[place].token.wrapping_sub(1), points[place].token, clumped(&mut random)]
                {
                    assert_eq!(built.slot(built.place(token)), scan(&points, token), "token {token:x}");
                }
            }
        }
    }

    #[test]
    fn splice_equals_a_build_from_scratch() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let by_slot = |a: u16, b: u16| a.cmp(&b);
        let mut points: Vec<Point> = Vec::new();
        let mut built = Points::build(&points, by_slot);
        for _ in 0..2_000 {
            let mut changes = Vec::new();
            for slot in 0..random.u16(1..4) {
                let cut = random.bool();
                let mut tokens = Vec::new();
                for _ in 0..random.usize(..9) {
                    let own = points.iter().position(|point| point.slot == slot);
                    match own {
                        Some(at) if cut => tokens.push(points.remove(at).token),
                        None if cut => {}
                        _ => tokens.push(clumped(&mut random)),
                    }
                }
                tokens.sort_unstable();
                changes.push(PointChange { slot, tokens, is_cut: cut });
            }
            for change in changes.iter().filter(|change| !change.is_cut) {
                points.extend(change.tokens.iter().map(|&token| Point { token, slot: change.slot }));
            }
            built = built.splice(&changes, by_slot, by_slot);
            let fresh = Points::build(&points, by_slot);
            assert_eq!((&built.entries, &built.low), (&fresh.entries, &fresh.low));
            assert_eq!((&built.index, built.shift), (&fresh.index, fresh.shift));
        }
    }

    #[test]
    fn memory_stays_within_sixteen_bytes_a_point() {
        for count in [1_000, 1_024, 1_025, 1_280, 25_600, 32_769, 256_000] {
            let points: Vec<_> = (0..count).map(|_| Point { token: fastrand::u64(..), slot: 0 }).collect();
            let built = Points::build(&points, |a, b| a.cmp(&b));
            let sentinels = WINDOW * 10;
            assert!(built.memory_bytes() - sentinels <= 14 * count, "{count} points");
        }
    }
}
