//! Points after a change: everything between the changed places is copied, nothing is sorted anew.

use std::cmp::Ordering;

use hypercache_types::Token;

use super::sorted::{Point, Points, SENTINELS, entry_of, low_of, shift_for, summed};

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

/// Entries copied at once where runs are short.
const BLOCK: usize = SENTINELS;
/// Runs of up to this many points on average are copied in blocks.
const SHORT_RUN_MAX: usize = 32;

impl Points {
    /// The points after changes. `order` compares the id of a slot that is put in (left) with that of a slot
    /// of this ring (right), `order_new` the ids of two that are put in.
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
        let (entries, low) = (Vec::with_capacity(len + SENTINELS), Vec::with_capacity(len + SENTINELS));
        let shift = shift_for(len);
        let mut made = Self { entries, low, index: Vec::new(), shift };
        let mut copied = 0;
        for edit in &edits {
            let place = edit.place as usize;
            if is_short {
                made.push_blocks(self, copied, place);
            } else {
                made.push_run(self, copied, place);
            }
            copied = place + usize::from(edit.is_cut);
            if !edit.is_cut {
                made.entries.push(entry_of(edit.point));
                made.low.push(low_of(edit.point));
            }
        }
        made.push_run(self, copied, self.len());
        made.seal();
        made.index = if shift == self.shift { self.shifted_index(&edits) } else { made.counted_index() };
        made
    }

    /// Appends points of another ring.
    fn push_run(&mut self, other: &Self, from: usize, to: usize) {
        self.entries.extend_from_slice(&other.entries[from..to]);
        self.low.extend_from_slice(&other.low[from..to]);
    }

    /// The same for short runs: they are copied in blocks of one size, and what is too much is taken back.
    /// Calling a copy function for five items costs more than copying sixteen.
    #[inline]
    fn push_blocks(&mut self, other: &Self, from: usize, to: usize) {
        let end = self.low.len() + to - from;
        for start in (from..to).step_by(BLOCK) {
            let entries: &[u64; BLOCK] = other.entries[start..start + BLOCK].try_into().expect("a block");
            let low: &[u16; BLOCK] = other.low[start..start + BLOCK].try_into().expect("a block");
            self.entries.extend_from_slice(entries);
            self.low.extend_from_slice(low);
        }
        self.entries.truncate(end);
        self.low.truncate(end);
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
}

/// Sorts tokens, which are spread evenly: each goes near its place by its top bits, then neighbours are
/// settled.
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

#[cfg(test)]
mod tests {
    use super::super::sorted::tests::clumped;
    use super::*;

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
}
