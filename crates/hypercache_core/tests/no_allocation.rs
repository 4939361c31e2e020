//! Lookups allocate nothing, and old snapshots leave nothing behind. Counted by the allocator itself, for
//! each thread by itself, so that tests may run side by side.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use common::random::seed;
use common::{numbered, options, spec};
use hypercache_core::{NodeSpec, Reader, ReplicaScratch, Ring, RingOptions, Snapshot, TokenCache};

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

/// A full cache goes on without the allocator, whether keys are found or not. Keys up to 46 bytes never need
/// it; up to 128, once every slot has had one.
#[test]
fn a_full_lookup_cache_allocates_nothing() {
    for len_max in [46, 128] {
        let mut cache = TokenCache::new(1_000);
        let mut bytes = [b'x'; 128];
        let mut random = fastrand::Rng::with_seed(seed("no_allocation"));
        let mut look_up = |count: usize, len_min: usize| {
            for number in 0..count {
                bytes[..8].copy_from_slice(&random.u64(..1_500).to_le_bytes());
                let key = &bytes[..random.usize(len_min..=len_max)];
                black_box(cache.token(key, |_| number as u64));
            }
            (cache.len(), cache.hits() > 0, cache.evictions() > 0)
        };
        look_up(1_000, len_max);
        assert_eq!(look_up(20_000, len_max).0, 1_000);
        let found = allocations(|| assert_eq!(look_up(300_000, 8), (1_000, true, true)));
        assert_eq!(found, 0, "keys up to {len_max}");
    }
}

/// The cache says what it holds to the byte, and holds no more for having had long keys.
#[test]
fn a_lookup_cache_tells_the_truth_about_its_memory() {
    const LENS: [usize; 9] = [8, 19, 46, 47, 70, 128, 129, 2_000, 4_096];
    let mut random = fastrand::Rng::with_seed(seed("no_allocation"));
    let mut bytes = [b'x'; 4_096];
    for entry_count_max in [1, 5, 100, 3_000] {
        let before = LIVE_BYTES.get();
        let mut cache = TokenCache::new(entry_count_max);
        let mut insert = |lens: &[usize]| {
            bytes[..8].copy_from_slice(&random.u64(..).to_le_bytes());
            cache.insert(&bytes[..lens[random.usize(..lens.len())]], 1);
            let held = (LIVE_BYTES.get() - before) as usize;
            assert_eq!(held, cache.memory_bytes(), "{cache:?}");
            held
        };
        for _ in 0..5_000 {
            insert(&LENS);
        }
        let short = (0..5_000).map(|_| insert(&LENS[..6])).last().expect("some");
        assert!(short <= 100 + entry_count_max * (64 + 8 + 23 + 128), "{short}");
        drop(cache);
        assert_eq!(LIVE_BYTES.get(), before);
    }
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
