//! Events on their way to the application, which takes them when it has time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hypercache_gossip::{Counts, Event};

use crate::locked::locked;

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
            if waiting.len() >= WAITING_MAX && matches!(event, Event::Broadcast(_)) {
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let is_first = waiting.is_empty();
            add_to(&mut waiting, event);
            is_first
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

/// Adds an event at the end. Changes of members that wait anyway become one change of the view: what they
/// come before is not changed by that but for what members tell of their rings, which is as good after them.
fn add_to(waiting: &mut VecDeque<Event>, event: Event) {
    if let Event::Changed(changes) = event {
        let mut last =
            waiting.iter_mut().rev().take_while(|e| matches!(e, Event::Changed(_) | Event::Ring(..)));
        match last.find_map(|event| if let Event::Changed(waiting) = event { Some(waiting) } else { None }) {
            Some(before) => before.extend(changes),
            None => waiting.push_back(Event::Changed(changes)),
        }
    } else {
        waiting.push_back(event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use hypercache_gossip::{Broadcast, Change, ChangeKind, Record, RingMark, Status};

    use super::*;

    fn changed(id: &str) -> Change {
        let record = Record::new("10.0.0.1", 1);
        Change { kind: ChangeKind::Joined, id: id.into(), status: Status::Alive, record }
    }

    fn heard() -> Event {
        let text = String::new;
        Event::Broadcast(Broadcast {
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
    fn changes_that_wait_become_one() {
        let mark = RingMark { started_at_ms: 1, stamp: 1, checksum: 1 };
        let queue = EventQueue::new(|| {});
        let change = |id: &str| Event::Changed(vec![changed(id)]);
        for event in [change("a"), Event::Ring("a".into(), mark), change("b"), Event::Left, change("c")] {
            queue.add(event);
        }
        let ids = |event: &Event| match event {
            Event::Changed(changes) => changes.iter().map(|change| change.id.clone()).collect::<String>(),
            _ => String::new(),
        };
        let told: Vec<String> = queue.take(9).0.iter().map(ids).collect();
        assert_eq!(told, ["ab", "", "", "c"]);
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
