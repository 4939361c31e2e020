//! One thread's way into a ring.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hypercache_types::{HashFunction, Token};

use super::current::Ring;
use super::metrics::Counters;
use super::placement::{FIRST_REPLICA_COUNT, ReplicaScratch};
use super::snapshot::Snapshot;
use crate::lru::TokenCache;

/// What one thread keeps of a ring: the snapshot it saw last, its lookup cache, its counters. The way to the
/// current snapshot is an atomic load and a compare. The snapshot is kept until the thread looks again.
#[derive(Debug)]
pub struct Reader {
    ring: Arc<Ring>,
    seen: Arc<Snapshot>,
    seen_at: u64,
    hash: HashFunction,
    cache: Option<Box<TokenCache>>,
    counters: Arc<Counters>,
}

impl Reader {
    /// A reader for one thread.
    pub fn new(ring: Arc<Ring>) -> Self {
        // In this order: a swap in between makes the next look refresh once for nothing, never miss one.
        let seen_at = ring.swap_count.load(Ordering::Acquire);
        let seen = ring.snapshot();
        let counters = ring.registry().open();
        let size = seen.options.cached_key_count();
        let cache = (size > 0).then(|| Box::new(TokenCache::new(size)));
        Self { hash: seen.options.hash, ring, seen, seen_at, cache, counters }
    }

    /// The hash function of the ring.
    pub fn hash(&self) -> HashFunction {
        self.hash
    }

    /// The ring it reads.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// The current snapshot.
    #[inline]
    pub fn snapshot(&mut self) -> &Arc<Snapshot> {
        let swap_count = self.ring.swap_count.load(Ordering::Acquire);
        if swap_count != self.seen_at {
            self.refresh(swap_count);
        }
        &self.seen
    }

    /// The snapshot of the last look, whatever has happened since.
    pub fn last(&self) -> &Arc<Snapshot> {
        &self.seen
    }

    #[cold]
    fn refresh(&mut self, swap_count: u64) {
        self.seen = self.ring.snapshot();
        self.seen_at = swap_count;
    }

    /// The token of a key, from the lookup cache where there is one. `None` where the hash function is
    /// custom: see [`Reader::known_token`].
    #[inline]
    pub fn token(&mut self, key: &[u8]) -> Option<Token> {
        // The common case alone, so that it is small enough to stand in every lookup.
        if self.cache.is_none() && matches!(self.hash, HashFunction::Xxhash64 { .. }) {
            return Some(self.hash.token(key));
        }
        self.other_token(key)
    }

    #[inline(never)]
    fn other_token(&mut self, key: &[u8]) -> Option<Token> {
        (self.hash != HashFunction::Custom).then(|| self.cached_token(key))
    }

    fn cached_token(&mut self, key: &[u8]) -> Token {
        let hash = self.hash;
        let Some(cache) = &mut self.cache else { return hash.token(key) };
        let token = cache.token(key, |key| hash.token(key));
        self.count_cache();
        token
    }

    /// The token of a key of a ring with a custom hash function, where the lookup cache has it.
    pub fn known_token(&mut self, key: &[u8]) -> Option<Token> {
        let token = self.cache.as_mut()?.get(key);
        self.count_cache();
        token
    }

    /// Puts a token that the caller computed into the lookup cache.
    pub fn keep_token(&mut self, key: &[u8], token: Token) {
        self.cache.iter_mut().for_each(|cache| cache.insert(key, token));
        self.count_cache();
    }

    fn count_cache(&self) {
        if let Some(cache) = &self.cache {
            self.counters.cache_hits.set(cache.hits());
            self.counters.cache_misses.set(cache.misses());
            self.counters.cache_evictions.set(cache.evictions());
            self.counters.cache_keys.set(cache.len() as u64);
            self.counters.cache_bytes.set(cache.memory_bytes() as u64);
        }
    }

    /// Heap memory that the lookup cache holds, in bytes.
    pub fn cache_bytes(&self) -> usize {
        self.cache.as_ref().map_or(0, |cache| cache.memory_bytes())
    }

    /// Counts a lookup of one owner, and answers its slot: [`Snapshot::owner`].
    #[inline]
    pub fn owner(&mut self, token: Token) -> Option<u16> {
        self.counters.lookups.add(1);
        self.snapshot().owner(token)
    }

    /// The same under bounded loads: [`Snapshot::owner_bounded`].
    #[inline]
    pub fn owner_bounded(&mut self, token: Token, max_load_factor: f64) -> Option<u16> {
        self.counters.lookups.add(1);
        let in_flight = self.ring.in_flight();
        self.snapshot().owner_bounded(token, in_flight, max_load_factor)
    }

    /// Counts a lookup of replicas, and answers the first: [`Snapshot::first_replicas`].
    #[inline]
    pub fn first_replicas(
        &mut self,
        token: Token,
        scratch: &mut ReplicaScratch,
    ) -> ([u16; FIRST_REPLICA_COUNT], usize) {
        self.counters.replica_lookups.add(1);
        self.snapshot().first_replicas(token, scratch)
    }

    /// The same for any number of them: [`Snapshot::replicas`].
    pub fn replicas(&mut self, token: Token, out: &mut [u16], scratch: &mut ReplicaScratch) -> usize {
        self.counters.replica_lookups.add(1);
        self.snapshot().replicas(token, out, scratch)
    }

    /// Counts the keys of a batch, and gives `found` the slots of their owners: [`Snapshot::owners`], on the
    /// snapshot of the last look. `false` where no node is routable or the hash function is custom.
    pub fn owners<'k>(&mut self, keys: impl IntoIterator<Item = &'k [u8]>, found: impl FnMut(u16)) -> bool {
        let (hash, keys) = (self.hash, keys.into_iter());
        if hash == HashFunction::Custom {
            return false;
        }
        if self.cache.is_none() {
            return self.owners_of_tokens(keys.map(|key| hash.token(key)), found);
        }
        let seen = self.seen.clone();
        let mut key_count = 0;
        let tokens = keys.map(|key| {
            key_count += 1;
            self.cached_token(key)
        });
        let is_found = seen.owners(tokens, found);
        self.counters.batch_keys.add(key_count);
        is_found
    }

    /// The same for keys given by their tokens.
    pub fn owners_of_tokens(
        &mut self,
        tokens: impl IntoIterator<Item = Token>,
        mut found: impl FnMut(u16),
    ) -> bool {
        let mut key_count = 0;
        let is_found = self.seen.owners(tokens, |slot| {
            key_count += 1;
            found(slot);
        });
        self.counters.batch_keys.add(key_count);
        is_found
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.ring.registry().close(&self.counters);
    }
}
