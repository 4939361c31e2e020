//! A lock that is given in the order in which it was asked for.
//!
//! `std::sync::Mutex` goes to whoever is awake. A thread that changes a ring in a loop has let go and taken again
//! before a sleeper has come to, and the others wait for seconds, with all that runs on their event loops.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

use super::locked;

#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Turns asked for.
    asked: AtomicU64,
    /// Turns that have ended: also the number of the turn that is on.
    ended: Mutex<u64>,
    next: Condvar,
}

/// A turn. It ends when it is dropped.
#[must_use]
pub(crate) struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits for a turn: the only one that is on.
    pub fn take(&self) -> Turn<'_> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let ended = locked(&self.ended);
        let waited = self.next.wait_while(ended, |ended| *ended != number);
        drop(waited);
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *locked(&self.0.ended) += 1;
        self.0.next.notify_all();
    }
}
