use super::*;

#[test]
fn keys_with_one_table_hash_are_told_apart_by_all_their_bytes() {
    let mut cache = TokenCache::new(3);
    for (token, key) in [b"a", b"b", b"c"].into_iter().enumerate() {
        assert_eq!(cache.get_hashed(7, key), None);
        cache.insert_hashed(7, key, token as Token);
    }
    assert_eq!(cache.get_hashed(7, b"a"), Some(0));
    assert_eq!(cache.get_hashed(7, b""), None);
    cache.insert_hashed(7, b"", 3);
    assert_eq!(cache.get_hashed(7, b"b"), None, "the oldest goes, whatever its hash");
    assert_eq!(cache.get_hashed(7, b"a"), Some(0));
    assert_eq!(cache.get_hashed(7, b"c"), Some(2));
    assert_eq!(cache.get_hashed(7, b""), Some(3));
    assert_eq!((cache.hits, cache.misses, cache.evictions), (4, 5, 1));
}

/// The table with any number of keys to a hash answers as a list does.
#[test]
fn collisions_change_no_answer() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for hash_count in [1, 2, 5, 40] {
        let (mut cache, mut list) = (TokenCache::new(20), Vec::<(u64, Token)>::new());
        for step in 0..20_000 {
            let number = random.u64(..40);
            // Neighbours in the table too: hashes that differ in high bits alone, or in low bits alone.
            let table_hash = (number % hash_count) << [0, 57][usize::from(hash_count == 5)];
            let at = list.iter().position(|(known, _)| *known == number);
            let wanted = at.map(|at| list.remove(at));
            let key = number.to_le_bytes();
            let found = cache.get_hashed(table_hash, &key);
            assert_eq!(found, wanted.map(|(_, token)| token), "step {step}");
            let token = found.unwrap_or(step);
            cache.insert_hashed(table_hash, &key, token);
            list.insert(0, (number, token));
            list.truncate(20);
        }
    }
}

/// A million removals leave marks in the table; it must not grow for them.
#[test]
fn table_keeps_its_size() {
    for entry_count_max in [1, 3, 100, 7_000] {
        let mut cache = TokenCache::new(entry_count_max);
        let mut number: u64 = 0;
        let mut insert_next = |cache: &mut TokenCache| {
            number += 1;
            cache.insert(&number.to_le_bytes(), number);
        };
        (0..entry_count_max).for_each(|_| insert_next(&mut cache));
        let bytes = cache.table.allocation_size();
        for _ in 0..1_000_000 {
            insert_next(&mut cache);
            assert_eq!(cache.table.allocation_size(), bytes, "{entry_count_max} entries, key {number}");
        }
    }
}

/// What is counted step by step is what is there.
#[test]
fn sums_are_those_of_the_entries() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cache = TokenCache::new(50);
    for _ in 0..20_000 {
        let len = [0, 8, 46, 47, 100, 128, 129, 1_000, 4_096, 4_097][random.usize(..10)];
        cache.insert(&vec![random.u8(..9); len], 0);
        let lens = cache.table.iter().map(|slot| cache.entries[*slot as usize].key.bytes().len());
        assert_eq!(lens.sum::<usize>(), cache.key_bytes);
        let buffers = cache.entries.iter().map(|entry| entry.key.heap_bytes());
        assert_eq!(buffers.sum::<usize>(), cache.buffer_bytes);
        assert_eq!(cache.table.len(), cache.len());
    }
}

#[test]
fn caches_hash_differently_and_print_no_key() {
    let (one, mut other) = (TokenCache::new(9), TokenCache::new(9));
    assert_ne!(one.table_hash(b"user:1"), other.table_hash(b"user:1"));
    other.insert(b"user:1", 77);
    let text = format!("{other:?}");
    assert!(text.contains("len: 1") && !text.contains("77") && !text.contains("117"), "{text}");
}

#[test]
#[should_panic(expected = "0 entries")]
fn a_cache_of_no_entries_cannot_be() {
    TokenCache::new(0);
}
