//! Events on their way to the application, which takes them when it has time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::locked;
use crate::engine::{Counts, Event};

/// Events that may wait. Further messages of others are lost, and counted; changes of members never are.
const WAITING_MAX: usize = 10_000;

pub struct EventQueue {
    waiting: Mutex<VecDeque<Event>>,
    counts: Mutex<Counts>,
    wake: Box<dyn Fn() + Send + Sync>,
    is_closed: AtomicBool,
    lost: AtomicU64,
}

impl EventQueue {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            waiting: Mutex::default(),
            counts: Mutex::default(),
            wake: Box::new(wake),
            is_closed: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    /// Adds an event, and wakes the application where none was waiting.
    pub fn add(&self, event: Event) {
        if self.is_closed.load(Ordering::Acquire) {
            return;
        }
        let is_first = {
            let mut waiting = locked(&self.waiting);
            if waiting.len() >= WAITING_MAX && matches!(event, Event::Heard(_)) {
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.push_back(event);
            waiting.len() == 1
        };
        // Without the lock: who is woken takes it.
        if is_first {
            (self.wake)();
        }
    }

    /// Takes the oldest events, and answers whether more wait.
    pub fn take(&self, count_max: usize) -> (Vec<Event>, bool) {
        let mut waiting = locked(&self.waiting);
        let count = waiting.len().min(count_max);
        let taken = waiting.drain(..count).collect();
        (taken, !waiting.is_empty())
    }

    /// Takes note of counters.
    pub fn count(&self, counts: &Counts) {
        locked(&self.counts).clone_from(counts);
    }

    /// The counters.
    pub fn counts(&self) -> Counts {
        let mut counts = locked(&self.counts).clone();
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            counts.dropped.insert("application too slow", lost);
        }
        counts
    }

    /// Takes no more, and drops what waits.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        locked(&self.waiting).clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::message::Broadcast;

    fn heard() -> Event {
        let text = String::new;
        Event::Heard(Broadcast {
            origin: text(),
            started_at_ms: 1,
            number: 1,
            lamport_time: 1,
            name: text(),
            data: text(),
        })
    }

    #[test]
    fn the_application_is_woken_once_until_it_has_taken_all() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = woken.clone();
        let queue = EventQueue::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        for _ in 0..3 {
            queue.add(Event::Left);
        }
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        let (taken, has_more) = queue.take(2);
        assert_eq!((taken.len(), has_more), (2, true));
        assert_eq!(queue.take(2).0.len(), 1);
        queue.add(Event::Left);
        assert_eq!(woken.load(Ordering::Relaxed), 2);
        queue.close();
        queue.add(Event::Left);
        assert_eq!(queue.take(2).0.len(), 0);
    }

    #[test]
    fn messages_are_lost_before_memory_is_and_changes_are_not() {
        let queue = EventQueue::new(|| {});
        for _ in 0..WAITING_MAX + 5 {
            queue.add(heard());
        }
        queue.add(Event::Changed(Vec::new()));
        assert_eq!(queue.take(usize::MAX).0.len(), WAITING_MAX + 1);
        assert_eq!(queue.counts().dropped["application too slow"], 5);
    }
}
