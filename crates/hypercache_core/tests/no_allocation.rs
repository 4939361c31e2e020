//! Lookups allocate nothing, and old snapshots leave nothing behind. Counted by the allocator itself, for
//! each thread by itself, so that tests may run side by side.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use common::{numbered, options, spec};
use hypercache_core::{NodeSpec, Reader, ReplicaScratch, Ring, RingOptions, Snapshot};

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(calls: u64, bytes: i64) {
    CALLS.set(CALLS.get() + calls);
    LIVE_BYTES.set(LIVE_BYTES.get() + bytes);
}

// SAFETY: everything is passed on as it came; counting touches only constants-initialised thread locals,
// which neither allocate nor have destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller's promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, new_size as i64 - layout.size() as i64);
        // SAFETY: the caller's promises.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: the caller's promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

fn rings() -> Vec<Arc<Ring>> {
    let zoned =
        |(number, node): (usize, NodeSpec)| NodeSpec { zone: Some(format!("zone{}", number % 4)), ..node };
    let mut rings: Vec<Arc<Ring>> = Vec::new();
    for size in [5, 100, 1_000] {
        for (hash, zone_aware) in [("xxhash64", false), ("xxhash64", true), ("sha256", false)] {
            let nodes = numbered(size).into_iter().enumerate().map(zoned).collect();
            let options = RingOptions { zone_aware, ..options(hash, 64) };
            rings.push(Ring::new(options, nodes, 0.0).expect("legal nodes").into());
        }
    }
    rings
}

fn look_up(
    snapshot: &Snapshot,
    keys: &[String],
    counts: &[usize],
    slots: &mut [u16],
    scratch: &mut ReplicaScratch,
) {
    for key in keys {
        let token = snapshot.token(key.as_bytes());
        black_box(snapshot.owner(token));
        for count in counts {
            black_box(snapshot.replicas(token, &mut slots[..*count], scratch));
        }
    }
    black_box(snapshot.owners(keys.iter().map(|key| snapshot.token(key.as_bytes())), |slot| slots[0] = slot));
}

#[test]
fn lookups_allocate_nothing() {
    const COUNTS: [usize; 4] = [1, 3, 16, 40];
    let keys: Vec<_> = (0..3_000).map(|number| format!("user:{number}:profile")).collect();
    let mut slots = [0; 40];
    for ring in rings() {
        let (snapshot, mut reader) = (ring.snapshot(), Reader::new(ring));
        let mut scratch = ReplicaScratch::default();
        look_up(&snapshot, &keys[..1], &COUNTS, &mut slots, &mut scratch);
        let direct = allocations(|| look_up(&snapshot, &keys, &COUNTS, &mut slots, &mut scratch));
        let read = allocations(|| look_up(reader.snapshot(), &keys, &COUNTS, &mut slots, &mut scratch));
        assert_eq!((direct, read), (0, 0), "{} nodes, {:?}", snapshot.node_count(), snapshot.options());
    }
}

#[test]
fn a_reader_allocates_nothing_when_the_ring_changes() {
    let ring = Arc::new(Ring::new(options("xxhash64", 64), numbered(5), 0.0).expect("legal nodes"));
    let mut reader = Reader::new(ring.clone());
    for number in 0..20 {
        ring.add_nodes(vec![spec(&format!("more{number}"))], 0.0).expect("a new node");
        let found = allocations(|| {
            black_box(reader.snapshot().owner(number));
        });
        assert_eq!((found, reader.snapshot().node_count()), (0, 6 + number as usize));
    }
}

/// Old snapshots are freed: after any number of changes the heap is as large as before.
#[test]
fn changes_leave_nothing_on_the_heap() {
    let ring = Ring::new(options("xxhash64", 16), numbered(20), 0.0).expect("legal nodes");
    let churn = |range: std::ops::Range<usize>| {
        for number in range {
            let id = format!("guest{number:07}");
            ring.add_nodes(vec![spec(&id)], 0.0).expect("a new node");
            ring.remove_nodes(&[id], 0.0).expect("a node of the ring");
        }
    };
    churn(0..100);
    let before = LIVE_BYTES.get();
    churn(100..5_000);
    assert_eq!(LIVE_BYTES.get(), before);
}

/// The counter counts: a boxed answer, a growing list, and scratch memory that is not warm.
#[test]
fn counter_sees_what_is_allocated() {
    assert_eq!(allocations(|| drop(black_box(Box::new(7u64)))), 1);
    let mut grows = Vec::with_capacity(1);
    assert_eq!(allocations(|| grows.extend([1u8; 100])), 1);
    black_box(&grows);
    let ring = &rings()[1];
    let cold = || {
        black_box(ring.snapshot().replicas(1, &mut [0; 3], &mut ReplicaScratch::default()));
    };
    assert!(allocations(cold) > 0);
    let live = LIVE_BYTES.get();
    let kept = black_box(vec![0u8; 1_000]);
    assert_eq!(LIVE_BYTES.get() - live, 1_000);
    drop(kept);
    assert_eq!(LIVE_BYTES.get(), live);
}
