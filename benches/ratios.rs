//! How many times as long other rings take for a lookup. Rings take turns, round by round, so that what
//! disturbs the machine disturbs all of them; the median of the rounds counts.

use std::hint::black_box;
use std::time::Instant;

use hypercache_benches::{KEY_COUNT, Keys, SIZES, check_spread, ketama, other, ours, virtual_nodes};

const ROUNDS: usize = 15;
/// What we promise against each of them.
const PROMISED: f64 = 1.8;

/// One ring's name and its lookup of all keys.
type Contender<'a> = (&'static str, Box<dyn Fn(&Keys) + 'a>);

/// Nanoseconds of one lookup, for each contender round by round.
fn rounds(contenders: &[Contender<'_>], keys: &Keys) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..=ROUNDS {
        for (times, (_, look_up)) in times.iter_mut().zip(contenders) {
            let started = Instant::now();
            look_up(keys);
            let lookup_ns = started.elapsed().as_nanos() as f64 / KEY_COUNT as f64;
            // The first round warms up.
            if round > 0 {
                times.push(lookup_ns);
            }
        }
    }
    times
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<_> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn measure(size: usize, keys: &Keys) -> Vec<(&'static str, Vec<f64>)> {
    let (snapshot, ketama) = (ours(size).snapshot(), ketama(size));
    let (entries, other) = (virtual_nodes(size), other(size));
    let find = |key: &str| snapshot.owner(snapshot.token(key.as_bytes())).map(|slot| snapshot.node(slot));
    check_spread(size, keys.iter().map(|key| find(key).expect("nodes answer").id.clone()));
    check_spread(size, keys.iter().map(|key| ketama.node(key.as_bytes())));
    check_spread(size, keys.iter().map(|key| entries.get(&key).expect("nodes answer").id));
    check_spread(size, keys.iter().map(|key| *other.get(key)));
    let contenders: [Contender<'_>; 6] = [
        ("ours", Box::new(|keys| keys.each(|key| find(key)))),
        (
            "ours, its number only",
            Box::new(|keys| keys.each(|key| snapshot.owner(snapshot.token(key.as_bytes())))),
        ),
        (
            "ours, a batch",
            Box::new(|keys| {
                let found = |slot| {
                    black_box(snapshot.node(slot));
                };
                let tokens = keys.iter().map(|key| snapshot.token(key.as_bytes()));
                assert!(snapshot.owners(tokens, found));
            }),
        ),
        ("pingora-ketama 0.9.1", Box::new(|keys| keys.each(|key| ketama.node(key.as_bytes())))),
        ("hashring 0.3.6", Box::new(|keys| keys.each(|key| entries.get(&key)))),
        ("consistent_hash_ring 0.8.0", Box::new(|keys| keys.each(|key| other.get(key)))),
    ];
    let times = rounds(&contenders, keys);
    contenders.iter().map(|(name, _)| *name).zip(times).collect()
}

fn main() {
    println!(
        "\nLookups of {KEY_COUNT} distinct keys, ns each, median of {ROUNDS} interleaved rounds \
         (fastest to slowest)\n"
    );
    println!("| nodes | ring | ns | spread | times ours |");
    println!("|---|---|---|---|---|");
    let keys = Keys::new(KEY_COUNT);
    let mut smallest = f64::INFINITY;
    for size in SIZES {
        let figures = measure(size, &keys);
        let ours = &figures[0].1;
        for (name, times) in &figures {
            // Round by round, for two lookups of one round had the same disturbance.
            let ratio = sorted(times.iter().zip(ours).map(|(theirs, ours)| theirs / ours))[ROUNDS / 2];
            if !name.starts_with("ours") {
                smallest = smallest.min(ratio);
            }
            let times = sorted(times.iter().copied());
            let (median, fastest, slowest) = (times[ROUNDS / 2], times[0], times[ROUNDS - 1]);
            println!("| {size} | {name} | {median:.1} | {fastest:.1} to {slowest:.1} | {ratio:.2} |");
        }
    }
    let verdict = if smallest >= PROMISED { "kept" } else { "NOT KEPT" };
    println!("\nsmallest ratio {smallest:.2}; promised {PROMISED}: {verdict}\n");
}
