//! Readers beside a writer: every answer is one that the ring gave at some moment of the call.

mod common;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use common::{numbered, options, owner, spec, status};
use hypercache_core::{NodeStatus, Observer, Reader, ReplicaScratch, Ring, Snapshot};

const CHANGES: u64 = 1_500;
const KEYS: usize = 64;

/// What one reader saw.
struct Seen {
    reads: u64,
    versions: HashSet<u64>,
}

fn tokens(snapshot: &Snapshot) -> Vec<u64> {
    (0..KEYS).map(|number| snapshot.token(format!("key:{number}").as_bytes())).collect()
}

/// Change number `number`. Each moves keys, so each raises the version by one.
fn change(ring: &Ring, number: u64) {
    let id = format!("guest{}", number / 4);
    match number % 4 {
        0 => ring.add_nodes(vec![spec(&id)], 0.0),
        1 => ring.update_node("node1", status(NodeStatus::Dead), 0.0),
        2 => ring.remove_nodes(&[id], 0.0),
        _ => ring.update_node("node1", status(NodeStatus::Alive), 0.0),
    }
    .expect("a legal change");
}

fn make() -> Ring {
    Ring::new(options("xxhash64", 64), numbered(4), 0.0).expect("legal nodes")
}

/// Owners of the keys at each version, from a ring that nobody else reads. Versions start at 1.
fn owners_by_version() -> Vec<Vec<String>> {
    let ring = make();
    let owners = |snapshot: &Snapshot| -> Vec<_> {
        tokens(snapshot)
            .into_iter()
            .map(|token| owner(snapshot, token).expect("nodes answer").into())
            .collect()
    };
    let mut table = vec![Vec::new(), owners(&ring.snapshot())];
    for number in 0..CHANGES {
        change(&ring, number);
        assert_eq!(ring.snapshot().version(), number + 2);
        table.push(owners(&ring.snapshot()));
    }
    table
}

/// Reads until the last version. `begun` is set before a change starts, `done` after it has ended.
fn read(ring: &Arc<Ring>, table: &[Vec<String>], begun: &AtomicU64, done: &AtomicU64) -> Seen {
    let mut reader = Reader::new(ring.clone());
    let tokens = tokens(reader.snapshot());
    let mut scratch = ReplicaScratch::default();
    let mut seen = Seen { reads: 0, versions: HashSet::new() };
    let mut newest = 0;
    loop {
        let key = seen.reads as usize % KEYS;
        let earliest = done.load(Ordering::Acquire);
        let snapshot = reader.snapshot();
        let found = owner(snapshot, tokens[key]).expect("nodes answer");
        let mut slots = [0; 3];
        assert_eq!(snapshot.replicas(tokens[key], &mut slots, &mut scratch), 3);
        let latest = begun.load(Ordering::Acquire);
        let version = snapshot.version();
        assert!(
            (earliest..=latest).contains(&version),
            "version {version}, not within {earliest}..={latest}"
        );
        assert!(version >= newest, "the version fell from {newest} to {version}");
        assert_eq!(found, table[version as usize][key], "key {key} at version {version}");
        assert_eq!(*snapshot.node(slots[0]).id, *found);
        newest = version;
        seen.reads += 1;
        seen.versions.insert(version);
        if version == CHANGES + 1 {
            return seen;
        }
    }
}

#[test]
fn every_answer_is_that_of_an_version_current_during_the_call() {
    let table = owners_by_version();
    let ring = Arc::new(make());
    let (begun, done, start) = (AtomicU64::new(1), AtomicU64::new(1), Barrier::new(3));
    let seen: Vec<_> = thread::scope(|scope| {
        let spawn_reader = |_| {
            scope.spawn(|| {
                start.wait();
                read(&ring, &table, &begun, &done)
            })
        };
        let readers: Vec<_> = (0..2).map(spawn_reader).collect();
        start.wait();
        for number in 0..CHANGES {
            begun.store(number + 2, Ordering::Release);
            change(&ring, number);
            done.store(number + 2, Ordering::Release);
            // So that readers meet many versions even on one core.
            thread::sleep(Duration::from_micros(100));
        }
        readers.into_iter().map(|reader| reader.join().expect("a reader found something wrong")).collect()
    });
    for seen in seen {
        println!("{} reads at {} versions", seen.reads, seen.versions.len());
        assert!(
            seen.reads > 1_000 && seen.versions.len() > 50,
            "{} reads at {:?}",
            seen.reads,
            seen.versions
        );
    }
}

#[test]
fn writers_wait_for_each_other_and_lose_nothing() {
    let ring = make();
    thread::scope(|scope| {
        for writer in 0..4 {
            let ring = &ring;
            scope.spawn(move || {
                for number in 0..50 {
                    ring.add_nodes(vec![spec(&format!("w{writer}-{number}"))], 0.0).expect("a new node");
                }
            });
        }
    });
    let snapshot = ring.snapshot();
    assert_eq!((snapshot.node_count(), snapshot.version()), (204, 201));
}

#[test]
fn a_writer_in_a_loop_shuts_nobody_out() {
    const TURNS: usize = 21;
    let ring = Arc::new(make());
    let change_count = Arc::new(AtomicUsize::new(0));
    // Runs while the ring is locked for its writer: changes that take their time, as those of large rings do.
    let _slow = Observer::new(ring.clone(), {
        let change_count = change_count.clone();
        move |_| {
            change_count.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(2));
        }
    });
    let is_over = AtomicBool::new(false);
    let pair = |id: &str| {
        ring.add_nodes(vec![spec(id)], 0.0).expect("a new node");
        ring.remove_nodes(&[id], 0.0).expect("it is there");
    };
    let waited_for: Vec<usize> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                pair("looping");
            }
        });
        let turn = || {
            let before = change_count.load(Ordering::Relaxed);
            pair("waiting");
            change_count.load(Ordering::Relaxed) - before
        };
        let turns = (0..TURNS).map(|_| turn()).collect();
        is_over.store(true, Ordering::Relaxed);
        turns
    });
    println!("changes made during two of the one that waits: {waited_for:?}");
    // Its own two, and one before each: 4 at a time. The scheduler may let it ask late now and then; who is
    // shut out waits for thousands.
    assert!(waited_for.iter().sum::<usize>() <= 50 * TURNS, "{waited_for:?}");
}
