//! Counters of lookups: each thread has its own, and they are added up when somebody asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One number that one thread writes and others read. No instruction of it locks.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    #[inline]
    pub fn add(&self, more: u64) {
        self.set(self.get().wrapping_add(more));
    }

    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters of one reader. On cache lines of their own: two threads that count must not meet there.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    pub lookups: Count,
    pub replica_lookups: Count,
    pub batch_keys: Count,
    pub cache_hits: Count,
    pub cache_misses: Count,
    pub cache_evictions: Count,
    pub cache_keys: Count,
    pub cache_bytes: Count,
}

/// Lookups of a ring, by all threads since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupCounts {
    /// Lookups of one owner.
    pub lookups: u64,
    /// Lookups of replicas.
    pub replica_lookups: u64,
    /// Keys looked up in batches.
    pub batch_keys: u64,
    /// Keys whose tokens were in a lookup cache.
    pub cache_hits: u64,
    /// Keys that were looked for there in vain.
    pub cache_misses: u64,
    /// Keys that were put out for others.
    pub cache_evictions: u64,
    /// Keys that are in the caches now.
    pub cache_keys: u64,
    /// Memory that the caches hold now.
    pub cache_bytes: u64,
}

/// What a ring tells of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Lookups, by all threads.
    pub lookups: LookupCounts,
    /// Changes of placement since the ring was made.
    pub rebuild_count: u64,
    /// Time they took, in nanoseconds of the ring's stopwatch; 0 without one.
    pub rebuild_ns: u64,
    /// Requests in flight.
    pub in_flight: u64,
}

impl LookupCounts {
    fn add(&mut self, counters: &Counters) {
        self.lookups += counters.lookups.get();
        self.replica_lookups += counters.replica_lookups.get();
        self.batch_keys += counters.batch_keys.get();
        self.cache_hits += counters.cache_hits.get();
        self.cache_misses += counters.cache_misses.get();
        self.cache_evictions += counters.cache_evictions.get();
        self.cache_keys += counters.cache_keys.get();
        self.cache_bytes += counters.cache_bytes.get();
    }
}

/// The counters of all readers of a ring, and what readers counted that are gone.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    live: Vec<Arc<Counters>>,
    gone: LookupCounts,
}

impl Registry {
    pub fn open(&mut self) -> Arc<Counters> {
        let counters = Arc::new(Counters::default());
        self.live.push(counters.clone());
        counters
    }

    /// Keeps what a reader counted. Its cache is gone with it.
    pub fn close(&mut self, counters: &Arc<Counters>) {
        self.live.retain(|other| !Arc::ptr_eq(other, counters));
        counters.cache_keys.set(0);
        counters.cache_bytes.set(0);
        self.gone.add(counters);
    }

    pub fn sum(&self) -> LookupCounts {
        let mut sum = self.gone;
        self.live.iter().for_each(|counters| sum.add(counters));
        sum
    }
}
