//! Which numbered messages of a sender have come.

use serde::{Deserialize, Serialize};

/// How far back it is known of each broadcast whether it has come: as many as are kept for who has missed
/// them.
const WINDOW_BITS: u64 = 256;
const WORDS: usize = 4;

/// Which broadcasts of a member have come: all up to the highest, but for those whose bit is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveWindow {
    /// When the process joined that sent them.
    pub started_at_ms: u64,
    /// The highest number.
    pub high: u64,
    /// Bit `n % 64` of word `n / 64`: number `high - n` has not come.
    pub missing: [u64; WORDS],
}

impl ReceiveWindow {
    /// Every broadcast up to a number.
    pub fn all(started_at_ms: u64, high: u64) -> Self {
        Self { started_at_ms, high, missing: [0; WORDS] }
    }

    /// Whether a broadcast has come, or is too old to tell.
    pub fn contains(&self, started_at_ms: u64, number: u64) -> bool {
        if started_at_ms != self.started_at_ms {
            return started_at_ms < self.started_at_ms;
        }
        if number > self.high || self.high - number >= WINDOW_BITS {
            return number <= self.high;
        }
        let (word, bit) = place(self.high - number);
        self.missing[word] & bit == 0
    }

    /// Takes note of one. Answers whether it is new.
    pub fn insert(&mut self, started_at_ms: u64, number: u64) -> bool {
        if self.contains(started_at_ms, number) {
            return false;
        }
        if started_at_ms > self.started_at_ms {
            *self = Self::all(started_at_ms, 0);
        }
        if number > self.high {
            self.advance(number - self.high);
        }
        let (word, bit) = place(self.high - number);
        self.missing[word] &= !bit;
        true
    }

    /// Goes on to a higher number. Those in between have not come, and neither has that one.
    fn advance(&mut self, steps: u64) {
        self.high += steps;
        let (words, bits) = ((steps / 64).min(WORDS as u64) as usize, steps % 64);
        let before = self.missing;
        let word = |at: Option<usize>| at.map_or(u64::MAX, |at| before[at]);
        self.missing = std::array::from_fn(|at| {
            let (upper, lower) = (word(at.checked_sub(words)), word(at.checked_sub(words + 1)));
            if bits == 0 { upper } else { upper << bits | lower >> (64 - bits) }
        });
    }
}

/// Word and bit of the number that is so far back.
fn place(back: u64) -> (usize, u64) {
    ((back / 64) as usize, 1 << (back % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_is_new_once_in_any_order() {
        let mut window = ReceiveWindow::default();
        let order = [3, 1, 2, 260, 259, 7, 261];
        assert!(order.iter().all(|number| window.insert(5, *number)));
        assert!(!order.iter().any(|number| window.insert(5, *number)));
        assert!(!window.insert(5, 4), "too old to tell");
        assert!(window.insert(5, 6));
        assert!(window.insert(5, 258));
    }

    #[test]
    fn members_that_have_heard_all_know_the_same_whatever_the_order() {
        let mut window = ReceiveWindow::default();
        for number in (1..=200).rev().chain(201..=1_000) {
            assert!(window.insert(5, number));
        }
        assert_eq!(window, ReceiveWindow::all(5, 1_000));
        assert!(window.insert(5, u64::MAX));
        assert!(!window.insert(5, 1_000), "too old to tell");
    }

    #[test]
    fn a_later_life_begins_anew_and_an_earlier_one_is_over() {
        let mut window = ReceiveWindow::all(5, 100);
        assert!(!window.insert(4, 101));
        assert!(window.insert(6, 1));
        assert!(window.insert(6, 2));
        assert!(!window.insert(5, 101));
        assert!(!window.insert(6, 1));
    }
}
