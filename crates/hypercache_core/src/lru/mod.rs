//! The lookup cache: the tokens of the keys looked up last, for hash functions that are slow.
//!
//! It cannot be stale. An entry holds the key's token, not its owner: a token depends on the key and on the
//! ring's hash options alone, and those never change. So entries outlive every change of the ring, and there
//! is no version to compare and nothing to clear. One thread has it to itself, so there is no lock either.
//!
//! The plain algorithm is a list of keys and tokens: a key that is found goes to the front, a new one is put
//! there, and while the list is too long its end goes. This file gives the same answers by other means:
//!
//! 1. Entries are in numbered slots, which other entries use again; `order` says which was used when.
//! 2. `table` finds the slot of a key: a hash table of slot numbers alone. It asks the entries for their
//!    hashes, which are kept so that keys are hashed once.
//! 3. The table is kept at most half full. Removals leave marks in it that it clears now and then, which
//!    hashbrown does in place if it is half empty, and by allocating another table if not.
//! 4. Lists and table grow with the entries, the lists to the exact size in the end.
//!
//! Keys are bounded in bytes too: by 128 an entry on average, and none is kept that is over 4,096 long.

mod key;
mod order;

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use hypercache_types::Token;
use key::Key;
use order::Order;

/// Longest key that is kept.
const KEY_BYTES_MAX: usize = 4_096;
/// Bytes of keys kept at the most, for each entry there may be.
const KEY_BYTES_PER_ENTRY: usize = 128;
/// Entries that the lists have room for at first.
const ENTRY_COUNT_FIRST: usize = 16;

/// The tokens of the keys used last, strictly: of two keys the one used longer ago goes first.
pub struct TokenCache {
    entry_count_max: usize,
    /// All keys together are at most this long.
    key_bytes_max: usize,
    /// Another one for each cache, so that keys that meet in one table do not meet in all.
    table_seed: u64,
    table: HashTable<u32>,
    entries: Vec<Entry>,
    order: Order,
    key_bytes: usize,
    /// Held by the buffers of keys, in free slots too.
    buffer_bytes: usize,
    hits: u64,
    misses: u64,
    evictions: u64,
}

struct Entry {
    table_hash: u64,
    token: Token,
    key: Key,
}

// One line of memory, on most processors.
const _: () = assert!(size_of::<Entry>() == 64);

impl TokenCache {
    /// An empty cache. It allocates nothing until there are entries.
    ///
    /// # Panics
    /// With no entry, or as many as a `u32` counts: the options of a ring have narrower bounds.
    pub fn new(entry_count_max: usize) -> Self {
        assert!(entry_count_max > 0 && entry_count_max < u32::MAX as usize, "{entry_count_max} entries");
        Self {
            entry_count_max,
            key_bytes_max: entry_count_max.saturating_mul(KEY_BYTES_PER_ENTRY),
            table_seed: RandomState::new().hash_one(0),
            table: HashTable::new(),
            entries: Vec::new(),
            order: Order::default(),
            key_bytes: 0,
            buffer_bytes: 0,
            hits: 0,
            misses: 0,
            evictions: 0,
        }
    }

    /// The token of a key. Counts a hit or a miss; a hit makes the key the one used last.
    #[inline]
    pub fn get(&mut self, key: &[u8]) -> Option<Token> {
        self.get_hashed(self.table_hash(key), key)
    }

    /// Keeps the token of a key, which becomes the one used last.
    #[inline]
    pub fn insert(&mut self, key: &[u8], token: Token) {
        self.insert_hashed(self.table_hash(key), key, token);
    }

    /// The token of a key, as `get` finds it, or else as `make` makes it and `insert` keeps it.
    #[inline]
    pub fn token(&mut self, key: &[u8], make: impl FnOnce(&[u8]) -> Token) -> Token {
        let table_hash = self.table_hash(key);
        self.get_hashed(table_hash, key).unwrap_or_else(|| {
            // Before the token is computed: meanwhile the memory that this touches is on its way.
            self.make_room(key);
            let token = make(key);
            self.insert_new(table_hash, key, token);
            token
        })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.order.used_count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often a key was asked for and found.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// How often a key was asked for and not found, those too long to be kept among them.
    pub fn misses(&self) -> u64 {
        self.misses
    }

    /// How many entries went to make room.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Bytes of all keys together.
    pub fn key_bytes(&self) -> usize {
        self.key_bytes
    }

    /// Heap memory held, in bytes, whether entries use it or not.
    pub fn memory_bytes(&self) -> usize {
        let entries = self.entries.capacity() * size_of::<Entry>();
        self.table.allocation_size() + entries + self.order.memory_bytes() + self.buffer_bytes
    }

    /// 0 for a key that is never kept, whose length may be anything.
    #[inline]
    fn table_hash(&self, key: &[u8]) -> u64 {
        if self.is_too_long(key) { 0 } else { xxh3_64_with_seed(key, self.table_seed) }
    }

    #[inline]
    fn is_too_long(&self, key: &[u8]) -> bool {
        key.len() > KEY_BYTES_MAX.min(self.key_bytes_max)
    }

    #[inline]
    fn find(&self, table_hash: u64, key: &[u8]) -> Option<u32> {
        let is_wanted = |slot: &u32| {
            let entry = &self.entries[*slot as usize];
            entry.table_hash == table_hash && entry.key.bytes() == key
        };
        self.table.find(table_hash, is_wanted).copied()
    }

    #[inline]
    fn get_hashed(&mut self, table_hash: u64, key: &[u8]) -> Option<Token> {
        let Some(slot) = self.find(table_hash, key) else {
            self.misses += 1;
            return None;
        };
        self.hits += 1;
        self.order.touch(slot);
        Some(self.entries[slot as usize].token)
    }

    fn insert_hashed(&mut self, table_hash: u64, key: &[u8], token: Token) {
        match self.find(table_hash, key) {
            Some(slot) => {
                self.order.touch(slot);
                self.entries[slot as usize].token = token;
            }
            None => self.insert_new(table_hash, key, token),
        }
    }

    /// Keeps a key that is not there.
    fn insert_new(&mut self, table_hash: u64, key: &[u8], token: Token) {
        if self.is_too_long(key) {
            return;
        }
        self.make_room(key);
        if self.len() == self.entries.capacity() {
            self.grow();
        }
        let slot = self.order.take();
        if slot as usize == self.entries.len() {
            self.entries.push(Entry { table_hash, token, key: Key::EMPTY });
        }
        let entry = &mut self.entries[slot as usize];
        self.buffer_bytes -= entry.key.heap_bytes();
        entry.key.set(key);
        self.buffer_bytes += entry.key.heap_bytes();
        entry.table_hash = table_hash;
        entry.token = token;
        self.key_bytes += key.len();
        let entries = &self.entries;
        self.table.insert_unique(table_hash, slot, |slot| entries[*slot as usize].table_hash);
    }

    /// Puts out what is in the way of one more key.
    #[inline]
    fn make_room(&mut self, key: &[u8]) {
        let is_full = |cache: &Self| {
            cache.len() == cache.entry_count_max || cache.key_bytes + key.len() > cache.key_bytes_max
        };
        while !self.is_too_long(key) && is_full(self) {
            self.evict_oldest();
        }
    }

    fn evict_oldest(&mut self) {
        let slot = self.order.oldest().expect("a key fits into an empty cache");
        let entry = &mut self.entries[slot as usize];
        let found = self.table.find_entry(entry.table_hash, |other| *other == slot);
        found.expect("every entry is in the table").remove();
        self.key_bytes -= entry.key.bytes().len();
        self.buffer_bytes -= entry.key.heap_bytes();
        entry.key.release();
        self.buffer_bytes += entry.key.heap_bytes();
        self.order.free_oldest();
        self.evictions += 1;
    }

    /// Makes room for twice the entries, or for all there may be.
    #[cold]
    fn grow(&mut self) {
        let count = (2 * self.entries.len()).max(ENTRY_COUNT_FIRST).min(self.entry_count_max);
        let additional = count - self.entries.len();
        self.entries.reserve_exact(additional);
        self.order.reserve_exact(additional);
        // Made anew, for `reserve` would count the marks of removals as entries.
        let mut table = HashTable::with_capacity(2 * self.entries.capacity());
        for slot in &self.table {
            let hash_of = |slot: &u32| self.entries[*slot as usize].table_hash;
            table.insert_unique(hash_of(slot), *slot, hash_of);
        }
        self.table = table;
    }
}

/// Keys are users' data: they are left out.
impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("entry_count_max", &self.entry_count_max)
            .field("len", &self.len())
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .field("evictions", &self.evictions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
