//! Watches beside several writers: every change, in order, once, and nobody sleeps through one.

mod common;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use common::{ring_of, spec, status};
use hypercache_core::{NodeStatus, Ring, RingChange, WAITING_CHANGES_MAX, Watch};

/// What a consumer sleeps on until it is woken.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    sleeper: Condvar,
    count: AtomicU64,
}

impl Bell {
    fn ring(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        *self.rung.lock().expect("nobody panics") = true;
        self.sleeper.notify_one();
    }

    /// Sleeps until the bell rings. A minute is a wake-up that was lost.
    fn wait(&self) {
        let rung = self.rung.lock().expect("nobody panics");
        let minute = Duration::from_secs(60);
        let (mut rung, time) =
            self.sleeper.wait_timeout_while(rung, minute, |rung| !*rung).expect("nobody panics");
        assert!(!time.timed_out(), "nobody woke the watcher, though changes came");
        *rung = false;
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

fn watched(ring: &Arc<Ring>) -> (Watch, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    let ringer = bell.clone();
    (Watch::new(ring.clone(), move || ringer.ring()), bell)
}

fn small_ring() -> Arc<Ring> {
    Arc::new(ring_of(vec![spec("a"), spec("b")], 1))
}

/// Makes two changes of the ring that cost little.
fn flip(ring: &Ring) {
    for next in [NodeStatus::Dead, NodeStatus::Alive] {
        ring.update_node("a", status(next), 0.0).expect("it is there");
    }
}

fn versions(changes: &VecDeque<Arc<RingChange>>) -> Vec<u64> {
    changes.iter().map(|change| change.version).collect()
}

/// Waits for wake-ups, and takes what has come, until the change that makes `last`.
fn consume(watch: &Watch, bell: &Bell, last: u64) -> Vec<Arc<RingChange>> {
    let mut seen: Vec<Arc<RingChange>> = Vec::new();
    while seen.last().is_none_or(|change| change.version < last) {
        bell.wait();
        let waiting = watch.take(usize::MAX);
        assert!(!waiting.has_overflowed);
        seen.extend(waiting.changes);
    }
    seen
}

#[test]
fn who_waits_to_be_woken_sees_every_change_of_every_writer_in_order() {
    const WRITERS: u64 = 4;
    const ROUNDS: u64 = 500;
    let ring = small_ring();
    let last = 1 + WRITERS * ROUNDS * 2;
    let watches: Vec<_> = (0..3).map(|_| watched(&ring)).collect();
    let checksums = Mutex::new(vec![(1, ring.snapshot().checksum())]);
    let seen: Vec<_> = thread::scope(|scope| {
        let consumers: Vec<_> =
            watches.iter().map(|(watch, bell)| scope.spawn(|| consume(watch, bell, last))).collect();
        for writer in 0..WRITERS {
            let (ring, checksums) = (&ring, &checksums);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = format!("{writer}-{round}");
                    ring.add_nodes(vec![spec(&id)], 0.0).expect("a new node");
                    let snapshot = ring.snapshot();
                    checksums.lock().expect("nobody panics").push((snapshot.version(), snapshot.checksum()));
                    ring.remove_nodes(&[id], 0.0).expect("it is there");
                }
            });
        }
        consumers.into_iter().map(|consumer| consumer.join().expect("all came")).collect()
    });
    assert_eq!(ring.snapshot().version(), last);
    for changes in &seen {
        let expected: Vec<_> = (2..=last).collect();
        assert_eq!(changes.iter().map(|change| change.version).collect::<Vec<_>>(), expected);
        assert!(changes.iter().all(|change| change.previous_version + 1 == change.version));
        // All have the same changes, not changes that are alike.
        assert!(changes.iter().zip(&seen[0]).all(|(one, other)| Arc::ptr_eq(one, other)));
    }
    for (version, checksum) in checksums.into_inner().expect("nobody panics") {
        if version > 1 {
            assert_eq!(seen[0][version as usize - 2].checksum, checksum, "version {version}");
        }
    }
}

#[test]
fn a_watch_is_woken_once_when_changes_come_to_an_empty_queue() {
    let ring = small_ring();
    let (watch, bell) = watched(&ring);
    assert_eq!((bell.count(), watch.take(usize::MAX).changes.len()), (0, 0));
    for round in 1..=3 {
        flip(&ring);
        flip(&ring);
        assert_eq!(bell.count(), round);
        assert_eq!(watch.take(usize::MAX).changes.len(), 4);
        assert_eq!(watch.take(usize::MAX).changes.len(), 0);
    }
    // What moves nothing wakes nobody.
    ring.update_node_load("a", 0.5).expect("it is there");
    ring.update_node("a", status(NodeStatus::Suspected), 0.0).expect("it is there");
    assert_eq!((bell.count(), watch.take(usize::MAX).changes.len()), (3, 0));
}

#[test]
fn changes_that_are_left_are_announced_again() {
    let ring = small_ring();
    let (watch, bell) = watched(&ring);
    (0..3).for_each(|_| flip(&ring));
    for (asked, taken, woken) in [(2, 2, 2), (1, 1, 3), (2, 2, 4), (9, 1, 4)] {
        let waiting = watch.take(asked);
        assert_eq!((waiting.changes.len(), waiting.has_overflowed, bell.count()), (taken, false, woken));
    }
    (0..WAITING_CHANGES_MAX).for_each(|_| flip(&ring));
    assert_eq!(watch.take(WAITING_CHANGES_MAX - 1).changes.len(), WAITING_CHANGES_MAX - 1);
    // The loss is told after the last change that came before it.
    let last = watch.take(2);
    assert_eq!((last.changes.len(), last.has_overflowed), (1, true));
    assert!(!watch.take(1).has_overflowed);
}

#[test]
fn a_watch_begins_with_the_next_change_and_ends_when_it_is_dropped() {
    let ring = small_ring();
    flip(&ring);
    let (first, first_bell) = watched(&ring);
    flip(&ring);
    let (second, second_bell) = watched(&ring);
    flip(&ring);
    assert_eq!(versions(&first.take(usize::MAX).changes), [4, 5, 6, 7]);
    drop(first);
    flip(&ring);
    assert_eq!(versions(&second.take(usize::MAX).changes), [6, 7, 8, 9]);
    assert_eq!((first_bell.count(), second_bell.count()), (1, 1));
    drop(second);
    // What the watches held is free: their bells are, too.
    assert_eq!((Arc::strong_count(&first_bell), Arc::strong_count(&second_bell)), (1, 1));
    assert_eq!(Arc::strong_count(&ring), 1);
    flip(&ring);
}

#[test]
fn a_queue_that_is_full_keeps_the_oldest_and_tells_of_the_loss_once() {
    let ring = small_ring();
    let (watch, bell) = watched(&ring);
    for _ in 0..WAITING_CHANGES_MAX / 2 {
        flip(&ring);
    }
    let (late, _) = watched(&ring);
    flip(&ring);
    let waiting = watch.take(usize::MAX);
    assert!(waiting.has_overflowed);
    assert_eq!(versions(&waiting.changes), (2..).take(WAITING_CHANGES_MAX).collect::<Vec<_>>());
    assert_eq!(bell.count(), 1);
    // It goes on after the gap, which shows. The other watch has none.
    flip(&ring);
    let waiting = watch.take(usize::MAX);
    assert!(!waiting.has_overflowed);
    let version = ring.snapshot().version();
    assert_eq!(versions(&waiting.changes), [version - 1, version]);
    assert_eq!(waiting.changes[0].previous_version, version - 2);
    assert_eq!(bell.count(), 2);
    let waiting = late.take(usize::MAX);
    assert_eq!((waiting.changes.len(), waiting.has_overflowed), (4, false));
}

#[test]
fn exactly_as_many_changes_as_may_wait_lose_nothing() {
    let ring = small_ring();
    let (watch, _) = watched(&ring);
    for _ in 0..WAITING_CHANGES_MAX / 2 {
        flip(&ring);
    }
    let waiting = watch.take(usize::MAX);
    assert_eq!((waiting.changes.len(), waiting.has_overflowed), (WAITING_CHANGES_MAX, false));
}

#[test]
fn watches_come_and_go_beside_writers() {
    let ring = small_ring();
    let over_count = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let (watch, bell) = watched(&ring);
                    let before = ring.snapshot().version();
                    bell.wait();
                    let changes = watch.take(usize::MAX).changes;
                    // All from the look on, and perhaps one that came between it and the beginning.
                    assert!(changes[0].previous_version <= before);
                    let numbers = versions(&changes);
                    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
                }
                over_count.fetch_add(1, Ordering::Relaxed);
            });
        }
        scope.spawn(|| {
            while over_count.load(Ordering::Relaxed) < 2 {
                flip(&ring);
            }
        });
    });
}
