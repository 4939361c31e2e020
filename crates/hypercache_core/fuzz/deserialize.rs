//! Any bytes are refused with an error of their own, or are exactly what the ring they make would be written
//! as.

#![no_main]

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use hypercache_core::{Error, Ring};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh64::xxh64;

static TAKEN: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);
static AT_EXIT: Once = Once::new();

unsafe extern "C" {
    fn atexit(call: extern "C" fn()) -> i32;
}

/// libFuzzer ends the process itself, so the counts are printed on its way out.
extern "C" fn print_counts() {
    let [taken, refused] = [&TAKEN, &REFUSED].map(|count| count.load(Ordering::Relaxed));
    eprintln!("outcomes: {taken} taken, {refused} refused");
}

fn check(bytes: &[u8]) {
    match Ring::deserialize(bytes, 0.0) {
        Ok(ring) => {
            assert_eq!(ring.snapshot().serialize().as_deref(), Ok(bytes));
            TAKEN.fetch_add(1, Ordering::Relaxed);
        }
        Err(Error::InvalidBytes(_)) => {
            REFUSED.fetch_add(1, Ordering::Relaxed);
        }
        Err(other) => panic!("{other:?}"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    // SAFETY: the function that is registered takes and returns nothing.
    AT_EXIT.call_once(|| assert_eq!(unsafe { atexit(print_counts) }, 0));
    check(bytes);
    // What only a forger could make: with the checksum made right nearly everything else is reached.
    check(&[bytes, &xxh64(bytes, 0).to_le_bytes()].concat());
});
