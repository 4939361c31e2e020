//! Two sorted lists of points, merged: the stretches of the ring on which both have one owner each.

use hypercache_types::Token;

use super::points::Points;

/// A stretch of the ring that no point of either list divides: `start` exclusive, `end` inclusive. Equal ends
/// are the whole ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub start: Token,
    pub end: Token,
    /// The place of its point in the first list; that of the first point, or 0 where the list is empty.
    pub before: usize,
    /// The same in the second list.
    pub after: usize,
}

/// Calls `each` with the stretches, in order from the one that holds token 0. None where both lists are
/// empty.
///
/// Segments that end in equal points of a slot that `is_settled` are passed over, which is quick: most points
/// are in both lists. Answers where the last stretch ends, which is where the first begins.
#[inline]
pub(crate) fn each_stretch(
    before: &Points,
    after: &Points,
    is_settled: impl Fn(u16) -> bool,
    mut each: impl FnMut(Stretch),
) -> Token {
    let last = |points: &Points| points.len().checked_sub(1).map(|place| points.token(place));
    let Some(seam) = last(before).max(last(after)) else { return 0 };
    let (mut before, mut after) = (Cursor::new(before), Cursor::new(after));
    let mut start = seam;
    loop {
        let passed = before.points.equal_run(before.place, after.points, after.place, &is_settled);
        if passed > 0 {
            before.go_to(before.place + passed);
            after.go_to(after.place + passed);
            start = before.points.token(before.place - 1);
            before.pass(start);
            after.pass(start);
        }
        if before.is_at_end() && after.is_at_end() {
            return seam;
        }
        let end = before.token.min(after.token);
        each(Stretch { start, end, before: before.wrapped(), after: after.wrapped() });
        start = end;
        before.pass(end);
        after.pass(end);
    }
}

/// A place in a list, with its token. After the last point it is that of the sentinels, which no token is
/// above.
struct Cursor<'a> {
    points: &'a Points,
    place: usize,
    token: Token,
}

impl<'a> Cursor<'a> {
    fn new(points: &'a Points) -> Self {
        Self { points, place: 0, token: points.token(0) }
    }

    #[inline]
    fn is_at_end(&self) -> bool {
        self.place == self.points.len()
    }

    /// After the last point comes the first.
    #[inline]
    fn wrapped(&self) -> usize {
        if self.is_at_end() { 0 } else { self.place }
    }

    #[inline]
    fn go_to(&mut self, place: usize) {
        self.place = place;
        self.token = self.points.token(place);
    }

    /// Goes on past a token: equal tokens end one stretch, and the first of them is its owner.
    #[inline]
    fn pass(&mut self, token: Token) {
        while self.token == token && !self.is_at_end() {
            self.go_to(self.place + 1);
        }
    }
}
