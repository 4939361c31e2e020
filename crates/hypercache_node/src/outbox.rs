//! Events on their way to the application, in one order.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::event::Event;

/// Events that may wait. Further messages of others and changes of the ring are lost, and counted; changes of
/// members never are.
pub const WAITING_MAX: usize = 10_000;

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// Where the event stands that must not be taken yet: see [`Outbox::hold`].
    held_at: Option<usize>,
    lost_count: u64,
    is_closed: bool,
}

impl Waiting {
    /// How many events can be taken.
    fn ready_count(&self) -> usize {
        self.held_at.unwrap_or(self.events.len())
    }

    fn push(&mut self, event: Event) {
        if self.events.len() >= WAITING_MAX && event.may_be_lost() {
            self.lost_count += 1;
            return;
        }
        // What the members did while the application was busy is one change of its view.
        let is_last_held = self.held_at.is_some_and(|at| at + 1 == self.events.len());
        match (self.events.back_mut(), event) {
            (Some(Event::Changed(waiting)), Event::Changed(changes)) if !is_last_held => {
                waiting.extend(changes);
            }
            (_, event) => self.events.push_back(event),
        }
    }
}

/// The one queue from a node to its application. Whoever adds, adds at the end; the application takes from
/// the front.
pub struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Outbox {
    /// `wake` is called, by whichever thread adds, when there is something to take and there was nothing
    /// before. It must be quick, and not touch the node.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::default(), wake: Box::new(wake) }
    }

    /// Adds an event.
    pub fn push(&self, event: Event) {
        self.change(|waiting| waiting.push(event));
    }

    /// Adds an event that cannot be taken, nor what comes after it, until `act` has come to its end: so that
    /// what `act` brings about is told after it, and is so when it is told.
    pub fn hold<T>(&self, event: Event, act: impl FnOnce() -> T) -> T {
        self.change(|waiting| {
            debug_assert!(waiting.held_at.is_none(), "one at a time");
            let place = waiting.events.len();
            // Never joined to the one before, which may be taken by now.
            waiting.events.push_back(event);
            waiting.held_at = Some(place);
        });
        // Also where it panics, or nothing could ever be taken again.
        let _release = Release(self);
        act()
    }

    /// Takes the oldest events.
    pub fn take(&self, count_max: usize) -> Vec<Event> {
        let mut waiting = self.waiting.lock();
        let count = waiting.ready_count().min(count_max);
        let taken = waiting.events.drain(..count).collect();
        if let Some(at) = &mut waiting.held_at {
            *at -= count;
        }
        taken
    }

    /// How many events were lost.
    pub fn lost_count(&self) -> u64 {
        self.waiting.lock().lost_count
    }

    /// Takes no more, and drops what waits.
    pub fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.is_closed = true;
        waiting.events.clear();
        waiting.held_at = None;
    }

    fn release(&self) {
        self.change(|waiting| waiting.held_at = None);
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let is_awaited = {
            let mut waiting = self.waiting.lock();
            if waiting.is_closed {
                return;
            }
            let before = waiting.ready_count();
            change(&mut waiting);
            before == 0 && waiting.ready_count() > 0
        };
        // Without the lock: whoever is woken takes it.
        if is_awaited {
            (self.wake)();
        }
    }
}

/// Lets go of what is held when it is dropped.
struct Release<'a>(&'a Outbox);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hypercache_gossip::{Broadcast, Change, ChangeKind, Record, Status};

    use super::*;

    fn changed(id: &str) -> Event {
        let record = Record::new("10.0.0.1", 1);
        Event::Changed(vec![Change {
            kind: ChangeKind::Joined,
            id: id.into(),
            status: Status::Alive,
            record,
        }])
    }

    fn heard() -> Event {
        let text = String::new;
        let (started_at_ms, number, lamport_time) = (1, 1, 1);
        let broadcast =
            Broadcast { origin: text(), started_at_ms, number, lamport_time, name: text(), data: text() };
        Event::Broadcast(broadcast)
    }

    /// What each event is, in a letter, or the ids of its members.
    fn words(events: &[Event]) -> Vec<String> {
        let word = |event: &Event| match event {
            Event::Changed(changes) => changes.iter().map(|change| change.id.clone()).collect(),
            Event::Applied(number) => format!("#{number}"),
            _ => "-".into(),
        };
        events.iter().map(word).collect()
    }

    fn counted() -> (Arc<AtomicUsize>, Outbox) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = woken.clone();
        let outbox = Outbox::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        (woken, outbox)
    }

    #[test]
    fn the_application_is_woken_once_until_it_has_taken_all() {
        let (woken, outbox) = counted();
        for _ in 0..3 {
            outbox.push(Event::Left);
        }
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        assert_eq!(outbox.take(2).len(), 2);
        assert_eq!(outbox.take(2).len(), 1);
        outbox.push(Event::Left);
        assert_eq!(woken.load(Ordering::Relaxed), 2);
        outbox.close();
        outbox.push(Event::Left);
        assert_eq!(outbox.take(2).len(), 0);
    }

    #[test]
    fn what_is_held_waits_for_its_end_and_what_comes_after_it_waits_too() {
        let (woken, outbox) = counted();
        outbox.push(changed("a"));
        outbox.hold(Event::Applied(1), || {
            outbox.push(Event::Applied(2));
            assert_eq!(words(&outbox.take(9)), ["a"]);
            assert_eq!(outbox.take(9).len(), 0);
            assert_eq!(woken.load(Ordering::Relaxed), 1);
        });
        assert_eq!(woken.load(Ordering::Relaxed), 2);
        assert_eq!(words(&outbox.take(9)), ["#1", "#2"]);
    }

    #[test]
    fn what_is_held_is_let_go_of_where_its_act_panics() {
        let (_, outbox) = counted();
        let act = std::panic::AssertUnwindSafe(|| outbox.hold(Event::Applied(1), || panic!("a defect")));
        assert!(std::panic::catch_unwind(act).is_err());
        assert_eq!(words(&outbox.take(9)), ["#1"]);
    }

    #[test]
    fn changes_that_wait_become_one_but_not_past_another_event_nor_with_one_that_is_held() {
        let (_, outbox) = counted();
        for event in [changed("a"), changed("b"), Event::Left, changed("c")] {
            outbox.push(event);
        }
        outbox.hold(changed("d"), || outbox.push(changed("e")));
        outbox.push(changed("f"));
        assert_eq!(words(&outbox.take(9)), ["ab", "-", "c", "d", "ef"]);
    }

    #[test]
    fn messages_are_lost_before_memory_is_and_changes_are_not() {
        let (_, outbox) = counted();
        for _ in 0..WAITING_MAX + 5 {
            outbox.push(heard());
        }
        outbox.push(changed("a"));
        assert_eq!(outbox.take(usize::MAX).len(), WAITING_MAX + 1);
        assert_eq!(outbox.lost_count(), 5);
    }
}
