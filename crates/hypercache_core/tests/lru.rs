//! The lookup cache equals a plain list, keeps its bounds after every step, and counts right.

mod common;

use std::ops::Range;

use common::random::seed;
use fastrand::Rng;
use hypercache_core::{HashFunction, Token, TokenCache};

const STEPS_PER_CACHE: usize = 30_000;
const CAPACITIES: [usize; 7] = [1, 2, 3, 8, 33, 150, 1_000];
const KEY_BYTES_MAX: usize = 4_096;
const KEY_BYTES_PER_ENTRY: usize = 128;

/// A mistake made on purpose, to see that a comparison finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// First in, first out.
    HitsDoNotRefresh,
    /// A token put in again leaves its key where it was.
    ReplacingDoesNotRefresh,
    /// A token put in again is not taken.
    FirstTokenStays,
    /// One entry more than there may be.
    OneEntryMore,
    /// The newest goes, not the oldest.
    NewestGoes,
    /// Any number of bytes.
    KeysHaveNoWeight,
    /// Keys of any length, if they fit.
    LongKeysStay,
    /// The empty key is none.
    EmptyKeyIsNone,
    /// A key too long to be kept is not counted.
    LongKeysAreNoMisses,
}

const FAULTS: [Fault; 9] = [
    Fault::HitsDoNotRefresh,
    Fault::ReplacingDoesNotRefresh,
    Fault::FirstTokenStays,
    Fault::OneEntryMore,
    Fault::NewestGoes,
    Fault::KeysHaveNoWeight,
    Fault::LongKeysStay,
    Fault::EmptyKeyIsNone,
    Fault::LongKeysAreNoMisses,
];

/// The cache by the plainest means: a list, the newest first.
struct Model {
    entry_count_max: usize,
    list: Vec<(Vec<u8>, Token)>,
    hits: u64,
    misses: u64,
    evictions: u64,
    fault: Option<Fault>,
}

impl Model {
    fn new(entry_count_max: usize, fault: Option<Fault>) -> Self {
        Self { entry_count_max, list: Vec::new(), hits: 0, misses: 0, evictions: 0, fault }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn key_bytes(&self) -> usize {
        self.list.iter().map(|(key, _)| key.len()).sum()
    }

    fn is_kept(&self, key: &[u8]) -> bool {
        let key_bytes_max = self.entry_count_max * KEY_BYTES_PER_ENTRY;
        let is_short = key.len() <= KEY_BYTES_MAX || self.has(Fault::LongKeysStay);
        is_short && key.len() <= key_bytes_max && !(key.is_empty() && self.has(Fault::EmptyKeyIsNone))
    }

    fn get(&mut self, key: &[u8]) -> Option<Token> {
        let Some(at) = self.list.iter().position(|(known, _)| known == key) else {
            self.misses += u64::from(self.is_kept(key) || !self.has(Fault::LongKeysAreNoMisses));
            return None;
        };
        self.hits += 1;
        let token = self.list[at].1;
        if !self.has(Fault::HitsDoNotRefresh) {
            self.list[..=at].rotate_right(1);
        }
        Some(token)
    }

    fn insert(&mut self, key: &[u8], token: Token) {
        if !self.is_kept(key) {
            return;
        }
        if let Some(at) = self.list.iter().position(|(known, _)| known == key) {
            if !self.has(Fault::FirstTokenStays) {
                self.list[at].1 = token;
            }
            if !self.has(Fault::ReplacingDoesNotRefresh) {
                self.list[..=at].rotate_right(1);
            }
            return;
        }
        let count_max = self.entry_count_max + usize::from(self.has(Fault::OneEntryMore));
        let bytes_max = match self.has(Fault::KeysHaveNoWeight) {
            true => usize::MAX,
            false => self.entry_count_max * KEY_BYTES_PER_ENTRY,
        };
        while self.list.len() >= count_max || self.key_bytes() + key.len() > bytes_max {
            let end = if self.has(Fault::NewestGoes) { 0 } else { self.list.len() - 1 };
            self.list.remove(end);
            self.evictions += 1;
        }
        self.list.insert(0, (key.to_vec(), token));
    }

    fn token(&mut self, key: &[u8], made: Token) -> Token {
        self.get(key).unwrap_or_else(|| {
            self.insert(key, made);
            made
        })
    }
}

/// A key out of few enough that some are found and some are not. Long ones are all of one byte or another.
fn random_key(random: &mut Rng, entry_count_max: usize) -> Vec<u8> {
    const LONG: [usize; 11] = [46, 47, 64, 65, 127, 128, 129, 256, 4_095, 4_096, 4_097];
    match random.u8(..16) {
        0 => Vec::new(),
        1 => vec![random.u8(..3); LONG[random.usize(..LONG.len())]],
        2 => vec![random.u8(..3); random.usize(..6_000)],
        _ => format!("user:{}", random.usize(..entry_count_max * 3 / 2 + 2)).into_bytes(),
    }
}

/// One step in both; `Err` where they differ.
fn step(cache: &mut TokenCache, model: &mut Model, random: &mut Rng) -> Result<(), String> {
    let key = random_key(random, model.entry_count_max);
    let token = random.u64(..);
    let (found, wanted) = match random.u8(..4) {
        0 => (cache.get(&key), model.get(&key)),
        1 => {
            cache.insert(&key, token);
            model.insert(&key, token);
            (None, None)
        }
        _ => (Some(cache.token(&key, |_| token)), Some(model.token(&key, token))),
    };
    let state = (cache.len(), cache.key_bytes(), cache.hits(), cache.misses(), cache.evictions());
    let wanted_state = (model.list.len(), model.key_bytes(), model.hits, model.misses, model.evictions);
    if (found, state) == (wanted, wanted_state) {
        return Ok(());
    }
    let len = key.len();
    Err(format!("{len} bytes: {found:x?} {state:?}, not {wanted:x?} {wanted_state:?}"))
}

/// The most that a cache may hold: a slot with its links, its share of the table, a buffer that stays; and
/// the keys that have no such buffer.
fn memory_bytes_max(entry_count_max: usize) -> usize {
    100 + entry_count_max * (64 + 8 + 23 + 128 + KEY_BYTES_PER_ENTRY)
}

#[test]
fn cache_equals_a_plain_list() {
    let mut random = Rng::with_seed(seed("lru"));
    for entry_count_max in CAPACITIES {
        let (mut cache, mut model) = (TokenCache::new(entry_count_max), Model::new(entry_count_max, None));
        let mut bytes_seen_max = 0;
        for number in 0..STEPS_PER_CACHE {
            step(&mut cache, &mut model, &mut random)
                .unwrap_or_else(|wrong| panic!("{entry_count_max} entries, step {number}: {wrong}"));
            assert!(cache.len() <= entry_count_max);
            assert!(cache.key_bytes() <= entry_count_max * KEY_BYTES_PER_ENTRY);
            assert!(cache.memory_bytes() <= memory_bytes_max(entry_count_max), "{}", cache.memory_bytes());
            bytes_seen_max = bytes_seen_max.max(cache.key_bytes());
        }
        println!(
            "{entry_count_max} entries: {} hits, {} misses, {} evictions, {bytes_seen_max} bytes of keys",
            cache.hits(),
            cache.misses(),
            cache.evictions()
        );
        assert!(cache.hits() > 1_000 && cache.misses() > 1_000 && cache.evictions() > 1_000);
    }
}

/// The comparison is worth something only if it finds what is wrong.
#[test]
fn comparison_finds_every_fault() {
    let mut random = Rng::with_seed(seed("lru"));
    for fault in FAULTS {
        for entry_count_max in [8, 33, 150] {
            let (mut cache, mut model) =
                (TokenCache::new(entry_count_max), Model::new(entry_count_max, Some(fault)));
            let is_found = (0..STEPS_PER_CACHE).any(|_| step(&mut cache, &mut model, &mut random).is_err());
            // Below 33 entries a key of 4,097 bytes does not fit anyway.
            let is_same = fault == Fault::LongKeysStay && entry_count_max < 33;
            assert_eq!(is_found, !is_same, "{fault:?}, {entry_count_max} entries");
        }
    }
}

#[test]
fn a_hit_refreshes() {
    let mut cache = TokenCache::new(2);
    cache.insert(b"a", 1);
    cache.insert(b"b", 2);
    assert_eq!(cache.get(b"a"), Some(1));
    cache.insert(b"c", 3);
    assert_eq!((cache.get(b"a"), cache.get(b"b"), cache.get(b"c")), (Some(1), None, Some(3)));
}

#[test]
fn the_empty_key_is_a_key() {
    let mut cache = TokenCache::new(1);
    assert_eq!(cache.get(b""), None);
    assert_eq!(cache.token(b"", |_| 5), 5);
    assert_eq!(cache.get(b""), Some(5));
    cache.insert(b"a", 6);
    assert_eq!((cache.get(b""), cache.len(), cache.evictions()), (None, 1, 1));
}

/// A key that is too long is made each time, and nothing goes for it.
#[test]
fn keys_too_long_are_not_kept() {
    for (entry_count_max, len) in [(1, 129), (3, 385), (32, 4_097), (100, 4_097), (100, 1 << 20)] {
        let mut cache = TokenCache::new(entry_count_max);
        cache.insert(b"a", 1);
        let before = cache.memory_bytes();
        let key = vec![b'x'; len];
        for token in [2, 3] {
            cache.insert(&key, token);
            assert_eq!((cache.get(&key), cache.token(&key, |_| token)), (None, token));
        }
        assert_eq!((cache.misses(), cache.evictions(), cache.memory_bytes()), (4, 0, before));
        cache.insert(&key[1..], 4);
        assert_eq!(cache.get(&key[1..]), (len <= 4_097).then_some(4), "{len}");
    }
}

/// Whatever makes the token may panic; the cache is then as if the key had only been asked for.
#[test]
fn a_panic_while_making_a_token_leaves_the_cache_whole() {
    let mut cache = TokenCache::new(2);
    cache.insert(b"a", 1);
    let call =
        std::panic::AssertUnwindSafe(|| cache.token(b"b", |_| std::panic::resume_unwind(Box::new(()))));
    std::panic::catch_unwind(call).expect_err("it panics");
    assert_eq!((cache.len(), cache.misses(), cache.get(b"b"), cache.get(b"a")), (1, 1, None, Some(1)));
}

/// Key number `0..1000` by Zipf's law with exponent 1: key `n` comes up in proportion to 1 / (n + 1).
fn zipf_numbers(random: &mut Rng, count: usize) -> Vec<usize> {
    const KEY_COUNT: usize = 1_000;
    let sums: Vec<f64> = (1..=KEY_COUNT)
        .scan(0.0, |sum, rank| {
            *sum += 1.0 / rank as f64;
            Some(*sum)
        })
        .collect();
    let number = |at: f64| sums.partition_point(|sum| *sum <= at).min(KEY_COUNT - 1);
    (0..count).map(|_| number(random.f64() * sums[KEY_COUNT - 1])).collect()
}

/// Hot keys stay, even while every fourth lookup is one of a scan.
#[test]
fn a_hot_set_is_found_nearly_always() {
    let mut random = Rng::with_seed(seed("lru"));
    for is_scanned in [false, true] {
        let mut cache = TokenCache::new(10_000);
        let (mut hits, mut gets) = (0, 0);
        for (step, number) in zipf_numbers(&mut random, 500_000).into_iter().enumerate() {
            let before = cache.hits();
            let token = HashFunction::Sha256.token(number.to_string().as_bytes());
            let found = cache.token(number.to_string().as_bytes(), |key| HashFunction::Sha256.token(key));
            assert_eq!(found, token);
            hits += cache.hits() - before;
            gets += 1;
            if is_scanned && step % 3 == 0 {
                cache.token(format!("scan:{step}").as_bytes(), |_| 0);
            }
        }
        let share = hits as f64 / f64::from(gets);
        println!("scanned {is_scanned}: {:.2} % of the hot keys found", share * 100.0);
        assert!(share > 0.99, "{share}");
    }
}

#[test]
fn a_scan_is_counted_exactly_and_takes_no_memory() {
    const CAPACITY: usize = 10_000;
    let mut cache = TokenCache::new(CAPACITY);
    let mut scan = |range: Range<u64>| {
        for number in range {
            assert_eq!(cache.token(format!("user:{number}:profile").as_bytes(), |_| number), number);
        }
        cache.memory_bytes()
    };
    let full = scan(0..CAPACITY as u64);
    assert_eq!(scan(CAPACITY as u64..1_000_000), full);
    assert!(full < 100 * CAPACITY, "{full}");
    assert_eq!((cache.hits(), cache.misses(), cache.evictions()), (0, 1_000_000, 1_000_000 - 10_000));
    assert_eq!(cache.len(), CAPACITY);
}

/// Memory follows the entries, not the bound.
#[test]
fn a_large_cache_of_few_entries_is_small() {
    let mut cache = TokenCache::new(16_000_000);
    assert_eq!(cache.memory_bytes(), 0);
    for number in 0..100_u64 {
        cache.insert(&number.to_le_bytes(), number);
    }
    assert!(cache.memory_bytes() < 20_000, "{}", cache.memory_bytes());
}
