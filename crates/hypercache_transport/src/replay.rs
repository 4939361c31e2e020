//! Datagrams that come a second time.

use std::collections::{BTreeMap, VecDeque};

use crate::window::ReceiveWindow;

/// Sessions that are remembered. One that is forgotten may be replayed; what it says is old then, and SWIM's
/// own numbers see to that.
const SESSIONS_MAX: usize = 4_096;

/// Knows which datagrams have come, by the session of their sender.
#[derive(Default)]
pub struct ReplayGuard {
    sessions: BTreeMap<u64, ReceiveWindow>,
    /// In the order in which they were first seen.
    order: VecDeque<u64>,
}

impl ReplayGuard {
    /// Takes note of a datagram. Answers whether it is new.
    pub fn is_new(&mut self, session: u64, number: u64) -> bool {
        if let Some(window) = self.sessions.get_mut(&session) {
            return window.insert(0, number);
        }
        if self.order.len() == SESSIONS_MAX {
            let oldest = self.order.pop_front().expect("it is full");
            self.sessions.remove(&oldest);
        }
        self.order.push_back(session);
        // What came before the first that was seen may be late, or a replay: late is rarer.
        let mut window = ReceiveWindow::default();
        window.insert(0, number);
        self.sessions.insert(session, window);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_new_once() {
        let mut guard = ReplayGuard::default();
        for (session, number, is_new) in [
            (1, 5, true),
            (1, 5, false),
            (2, 5, true),
            (1, 4, true),
            (1, 300, true),
            (1, 5, false),
            (1, 44, false),
        ] {
            assert_eq!(guard.is_new(session, number), is_new, "{session} {number}");
        }
    }

    #[test]
    fn it_remembers_a_bounded_number_of_sessions() {
        let mut guard = ReplayGuard::default();
        for session in 0..10_000 {
            assert!(guard.is_new(session, 1));
        }
        assert_eq!((guard.sessions.len(), guard.order.len()), (SESSIONS_MAX, SESSIONS_MAX));
        assert!(!guard.is_new(9_999, 1));
    }
}
