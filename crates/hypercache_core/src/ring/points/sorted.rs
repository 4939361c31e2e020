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
//! 4. Sentinels follow the last point. They compare as above every token and carry the slot of the
//!    first point, so the wrap needs no test, and neither a window of four nor a copied block leaves the
//!    array.

use std::cmp::Ordering;

use hypercache_types::Token;

/// One virtual node's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Point {
    pub token: Token,
    pub slot: u16,
}

/// Entries compared at once.
const WINDOW: usize = 4;
/// Items after the last point: a window of four may start at any of the points, a copied block too.
pub(super) const SENTINELS: usize = 16;
const SLOT_BITS: u64 = 0xFFFF;

#[derive(Debug)]
pub(crate) struct Points {
    /// Top 48 bits of the token, 16 bits of slot; sorted by token, ties by node id; then the sentinels.
    pub(super) entries: Vec<u64>,
    /// Low 16 bits of each token.
    pub(super) low: Vec<u16>,
    /// For each value of a token's top bits: the number of points below it.
    pub(super) index: Vec<u32>,
    /// How far a token is shifted to give its place in `index`.
    pub(super) shift: u32,
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
        summed(&mut index);
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
        let mut entries = Vec::with_capacity(points.len() + SENTINELS);
        entries.extend(sorted.iter().copied().map(entry_of));
        let mut low = Vec::with_capacity(points.len() + SENTINELS);
        low.extend(sorted.iter().copied().map(low_of));
        let mut made = Self { entries, low, index, shift };
        made.seal();
        made
    }

    /// Number of points.
    #[inline]
    pub fn len(&self) -> usize {
        self.low.len() - SENTINELS
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of the first point at or above `token`, or `len()` where the ring wraps.
    // Always: a call costs a tenth of a lookup, and the compiler leaves it a call where there are many
    // callers.
    #[inline(always)]
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

    /// The token of the point at `place`; the highest of all for `len()`.
    #[inline]
    pub fn token(&self, place: usize) -> Token {
        self.entries[place] & !SLOT_BITS | u64::from(self.low[place])
    }

    /// The point at `place`.
    pub fn point(&self, place: usize) -> Point {
        Point { token: self.token(place), slot: self.slot(place) }
    }

    /// How many points from `place` on are equal, token and slot, to those of another list from `other_place`
    /// on, and of slots that `is_wanted`.
    #[inline]
    pub fn equal_run(
        &self,
        place: usize,
        other: &Self,
        other_place: usize,
        is_wanted: impl Fn(u16) -> bool,
    ) -> usize {
        let from = |points: &Self, place: usize| (place..points.len()).len();
        let len = from(self, place).min(from(other, other_place));
        let entries = self.entries[place..][..len].iter().zip(&other.entries[other_place..][..len]);
        let low = self.low[place..][..len].iter().zip(&other.low[other_place..][..len]);
        let is_equal = |((a, b), (a_low, b_low)): &((&u64, &u64), (&u16, &u16))| {
            a == b && a_low == b_low && is_wanted(**a as u16)
        };
        entries.zip(low).take_while(is_equal).count()
    }

    /// Heap memory held, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&self.entries[..]) + size_of_val(&self.low[..]) + size_of_val(&self.index[..])
    }

    /// Appends the sentinels.
    pub(super) fn seal(&mut self) {
        let first_slot = self.entries.first().map_or(0, |entry| entry & SLOT_BITS);
        self.entries.extend([!SLOT_BITS | first_slot; SENTINELS]);
        self.low.extend([u16::MAX; SENTINELS]);
    }

    /// The index counted from the entries.
    pub(super) fn counted_index(&self) -> Vec<u32> {
        let mut index = vec![0u32; (1 << (u64::BITS - self.shift)) + 1];
        for entry in &self.entries[..self.len()] {
            index[(entry >> self.shift) as usize + 1] += 1;
        }
        summed(&mut index);
        index.pop();
        index
    }
}

/// Turns counts into counts so far.
pub(super) fn summed(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

pub(super) fn entry_of(point: Point) -> u64 {
    point.token & !SLOT_BITS | u64::from(point.slot)
}

pub(super) fn low_of(point: Point) -> u16 {
    point.token as u16
}

/// The shift for `len` points: as many buckets as the largest power of two below `len`, at least 2.
pub(super) fn shift_for(len: usize) -> u32 {
    let bits = len.saturating_sub(1).checked_ilog2().unwrap_or(0).max(1);
    u64::BITS - bits
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The plain algorithm.
    fn scan(points: &[Point], token: Token) -> u16 {
        points.iter().find(|point| point.token >= token).unwrap_or(&points[0]).slot
    }

    /// Tokens that clump: near 0, near the top, around few middles, equal in 48 bits, equal in 64.
    pub fn clumped(random: &mut fastrand::Rng) -> Token {
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
    fn memory_stays_within_sixteen_bytes_a_point() {
        for count in [1_000, 1_024, 1_025, 1_280, 25_600, 32_769, 256_000] {
            let points: Vec<_> = (0..count).map(|_| Point { token: fastrand::u64(..), slot: 0 }).collect();
            let built = Points::build(&points, |a, b| a.cmp(&b));
            let sentinels = SENTINELS * 10;
            let bytes = built.memory_bytes() - sentinels;
            assert!((12 * count..=14 * count).contains(&bytes), "{count} points take {bytes} bytes");
        }
    }
}
