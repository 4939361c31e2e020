//! Two sorted lists of points, merged: the stretches of the ring on which both have one owner each.

use super::points::Points;
use crate::token::Token;

/// A stretch of the ring that no point of either list divides: `start` exclusive, `end` inclusive. Equal ends
/// are the whole ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub start: Token,
    pub end: Token,
    /// The place of its point in the first list; that of the first point, or 0 where the list is empty.
    pub before: usize,
    /// The same in the second list.
    pub after: usize,
}

/// Calls `each` with the segments, in order from the one that holds token 0. None where both lists are empty.
pub(crate) fn each_segment(before: &Points, after: &Points, mut each: impl FnMut(Segment)) {
    let (before_len, after_len) = (before.len(), after.len());
    let last = |points: &Points| points.len().checked_sub(1).map(|place| points.token(place));
    let Some(mut start) = last(before).max(last(after)) else { return };
    let (mut at_before, mut at_after) = (0, 0);
    while at_before < before_len || at_after < after_len {
        // What follows the last point compares as above every token.
        let (token_before, token_after) = (before.token(at_before), after.token(at_after));
        let end = token_before.min(token_after);
        let wrapped = |place, len| if place == len { 0 } else { place };
        each(Segment {
            start,
            end,
            before: wrapped(at_before, before_len),
            after: wrapped(at_after, after_len),
        });
        start = end;
        // Equal tokens end one segment: the first of them is its owner.
        while at_before < before_len && before.token(at_before) == end {
            at_before += 1;
        }
        while at_after < after_len && after.token(at_after) == end {
            at_after += 1;
        }
    }
}
