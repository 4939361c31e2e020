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
//!    first point, so the wrap needs no test, and neither a window of four nor a block of eight leaves the array.

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

/// What is to be done to the points of one slot.
pub(crate) enum PointChange {
    /// Put in these, sorted.
    Add { slot: u16, tokens: Vec<Token> },
    /// Cut out these, sorted.
    Cut { slot: u16, tokens: Vec<Token> },
    /// Cut out all of them, found by a pass over the ring.
    CutAll { slot: u16 },
}

/// Entries compared at once.
const WINDOW: usize = 4;
/// Entries copied at once where runs are short.
const BLOCK: usize = 8;
const SENTINELS: usize = BLOCK;
/// Runs of up to this many points on average are copied in blocks.
const SHORT_RUN_MAX: usize = 32;
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

    /// The points after changes. `order` compares the id of a slot that is put in (left) with that of a slot of
    /// this ring (right), `order_new` the ids of two that are put in.
    ///
    /// Everything between the changed places is copied in runs; the index is shifted, not counted anew.
    pub fn splice(
        &self,
        changes: &[PointChange],
        order: impl Fn(u16, u16) -> Ordering,
        order_new: impl Fn(u16, u16) -> Ordering,
    ) -> Self {
        let mut edits = Vec::new();
        for change in changes {
            match change {
                PointChange::Add { slot, tokens } => self.locate_new(*slot, tokens, &order, &mut edits),
                PointChange::Cut { slot, tokens } => self.locate_old(*slot, tokens, &mut edits),
                PointChange::CutAll { slot } => self.locate_all(*slot, &mut edits),
            }
        }
        if changes.len() > 1 {
            edits.sort_by(|a, b| {
                let by_place = (a.place, a.is_cut, a.point.token).cmp(&(b.place, b.is_cut, b.point.token));
                by_place.then_with(|| order_new(a.point.slot, b.point.slot))
            });
        }
        let cut_count = edits.iter().filter(|edit| edit.is_cut).count();
        let len = self.len() + edits.len() - 2 * cut_count;
        let is_short = self.len() <= SHORT_RUN_MAX * edits.len();
        let (entries, low) = if is_short {
            (
                spliced_in_blocks(&self.entries, len, &edits, entry_of),
                spliced_in_blocks(&self.low, len, &edits, low_of),
            )
        } else {
            (
                spliced_in_runs(&self.entries, len, &edits, entry_of),
                spliced_in_runs(&self.low, len, &edits, low_of),
            )
        };
        let shift = shift_for(len);
        let mut made = Self { entries, low, index: Vec::new(), shift };
        made.seal();
        made.index = if shift == self.shift { self.shifted_index(&edits) } else { made.counted_index() };
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

    /// Appends the sentinels.
    fn seal(&mut self) {
        let first_slot = self.entries.first().map_or(0, |entry| entry & SLOT_BITS);
        self.entries.extend([!SLOT_BITS | first_slot; SENTINELS]);
        self.low.extend([u16::MAX; SENTINELS]);
    }

    /// Finds where new points belong, in order.
    fn locate_new(
        &self,
        slot: u16,
        tokens: &[Token],
        order: &impl Fn(u16, u16) -> Ordering,
        edits: &mut Vec<Edit>,
    ) {
        edits.extend(tokens.iter().map(|&token| {
            let mut place = self.place(token);
            while place < self.len()
                && self.point(place).token == token
                && order(slot, self.slot(place)) == Ordering::Greater
            {
                place += 1;
            }
            Edit { point: Point { token, slot }, place: place as u32, is_cut: false }
        }));
    }

    /// Finds points of a slot, in order.
    fn locate_old(&self, slot: u16, tokens: &[Token], edits: &mut Vec<Edit>) {
        let mut first_free = 0;
        edits.extend(tokens.iter().map(|&token| {
            let mut place = self.place(token).max(first_free);
            while self.slot(place) != slot {
                place += 1;
            }
            // A node whose virtual nodes collide has several equal points; each is cut once.
            first_free = place + 1;
            Edit { point: Point { token, slot }, place: place as u32, is_cut: true }
        }));
    }

    /// Finds all points of a slot: in a small ring a pass over all is less work than hashing and searching.
    fn locate_all(&self, slot: u16, edits: &mut Vec<Edit>) {
        // Written whether it counts or not: a branch would be mispredicted once for each.
        let mut places = vec![0u32; self.len() + 1];
        let mut count = 0;
        for (place, entry) in self.entries[..self.len()].iter().enumerate() {
            places[count] = place as u32;
            count += usize::from(*entry as u16 == slot);
        }
        let edit = |&place: &u32| Edit { point: self.point(place as usize), place, is_cut: true };
        edits.extend(places[..count].iter().map(edit));
    }

    /// The index after edits that keep its size: what lies above an edit counts one more or less.
    fn shifted_index(&self, edits: &[Edit]) -> Vec<u32> {
        let mut index = self.index.clone();
        let bucket_above = |edit: &Edit| (edit.point.token >> self.shift) as usize + 1;
        let change_by = |edit: &Edit| if edit.is_cut { u32::MAX } else { 1 };
        if index.len() > SHORT_RUN_MAX * edits.len() {
            // Long stretches between the edits, each shifted by one number.
            let ends = edits.iter().skip(1).map(bucket_above).chain([index.len()]);
            let mut change = 0u32;
            for (edit, end) in edits.iter().zip(ends) {
                change = change.wrapping_add(change_by(edit));
                index[bucket_above(edit)..end]
                    .iter_mut()
                    .for_each(|below| *below = below.wrapping_add(change));
            }
            return index;
        }
        let mut changes = vec![0u32; index.len() + 1];
        for edit in edits {
            let change = &mut changes[bucket_above(edit)];
            *change = change.wrapping_add(change_by(edit));
        }
        let mut change = 0u32;
        for (below, here) in index.iter_mut().zip(&changes) {
            change = change.wrapping_add(*here);
            *below = below.wrapping_add(change);
        }
        index
    }

    /// The index counted from the entries.
    fn counted_index(&self) -> Vec<u32> {
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
fn summed(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

fn entry_of(point: Point) -> u64 {
    point.token & !SLOT_BITS | u64::from(point.slot)
}

fn low_of(point: Point) -> u16 {
    point.token as u16
}

/// `old` without its sentinels, edited, with room for sentinels: for long runs between the edits.
fn spliced_in_runs<T: Copy>(old: &[T], len: usize, edits: &[Edit], item: impl Fn(Point) -> T) -> Vec<T> {
    let mut new = Vec::with_capacity(len + SENTINELS);
    let mut copied = 0;
    for edit in edits {
        let place = edit.place as usize;
        new.extend_from_slice(&old[copied..place]);
        copied = place + usize::from(edit.is_cut);
        if !edit.is_cut {
            new.push(item(edit.point));
        }
    }
    new.extend_from_slice(&old[copied..old.len() - SENTINELS]);
    new
}

/// The same for short runs: they are copied in blocks of one size, and what is too much is overwritten by what
/// follows. Calling a copy function for five items costs more than copying them.
fn spliced_in_blocks<T: Copy + Default>(
    old: &[T],
    len: usize,
    edits: &[Edit],
    item: impl Fn(Point) -> T,
) -> Vec<T> {
    let mut new = vec![T::default(); len + SENTINELS];
    let mut copied = 0;
    let mut filled = 0;
    let mut copy = |from: usize, to: usize, filled: usize| {
        let mut done = 0;
        while from + done < to {
            let block: &[T; BLOCK] = old[from + done..from + done + BLOCK].try_into().expect("a block");
            new[filled + done..filled + done + BLOCK].copy_from_slice(block);
            done += BLOCK;
        }
        filled + to - from
    };
    let mut news = Vec::with_capacity(edits.len());
    for edit in edits {
        let place = edit.place as usize;
        filled = copy(copied, place, filled);
        copied = place + usize::from(edit.is_cut);
        if !edit.is_cut {
            news.push((filled, item(edit.point)));
            filled += 1;
        }
    }
    copy(copied, old.len() - SENTINELS, filled);
    for (place, item) in news {
        new[place] = item;
    }
    new.truncate(len);
    new
}

/// Sorts tokens, which are spread evenly: each goes near its place by its top bits, then neighbours are settled.
pub(crate) fn sort_tokens(tokens: Vec<Token>) -> Vec<Token> {
    let shift = shift_for(tokens.len());
    let mut next = vec![0u32; (1 << (u64::BITS - shift)) + 1];
    for token in &tokens {
        next[(token >> shift) as usize + 1] += 1;
    }
    if next.iter().any(|count| *count > SHORT_RUN_MAX as u32) {
        let mut clumped = tokens;
        clumped.sort_unstable();
        return clumped;
    }
    summed(&mut next);
    let mut sorted = vec![0; tokens.len()];
    for token in tokens {
        let at = &mut next[(token >> shift) as usize];
        sorted[*at as usize] = token;
        *at += 1;
    }
    for end in 1..sorted.len() {
        let mut at = end;
        while at > 0 && sorted[at - 1] > sorted[at] {
            sorted.swap(at - 1, at);
            at -= 1;
        }
    }
    sorted
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
                if cut && random.bool() {
                    points.retain(|point| point.slot != slot);
                    changes.push(PointChange::CutAll { slot });
                    continue;
                }
                let mut tokens = Vec::new();
                for _ in 0..random.usize(..9) {
                    let own = points.iter().position(|point| point.slot == slot);
                    match own {
                        Some(at) if cut => tokens.push(points.remove(at).token),
                        None if cut => {}
                        _ => tokens.push(clumped(&mut random)),
                    }
                }
                let tokens = sort_tokens(tokens);
                assert!(tokens.is_sorted());
                let change =
                    if cut { PointChange::Cut { slot, tokens } } else { PointChange::Add { slot, tokens } };
                changes.push(change);
            }
            for change in &changes {
                if let PointChange::Add { slot, tokens } = change {
                    points.extend(tokens.iter().map(|&token| Point { token, slot: *slot }));
                }
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
            let sentinels = SENTINELS * 10;
            let bytes = built.memory_bytes() - sentinels;
            assert!((12 * count..=14 * count).contains(&bytes), "{count} points take {bytes} bytes");
        }
    }
}
