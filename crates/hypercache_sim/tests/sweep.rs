//! Runs of many seeds: nothing is wrong with any, and what was to be wrong really was.

use hypercache_sim::{Preset, World, percentile, sweep};

const SEEDS: u64 = 256;
const THREADS: usize = 2;

/// In how many runs of the sweep each has to have happened at least.
const HAPPENED_MIN: [(&str, u64); 35] = [
    ("addresses taken over", 1),
    ("bad links", 20),
    ("broadcasts", 250),
    ("clocks gone back", 20),
    ("crashes", 100),
    ("datagrams cut off", 80),
    ("datagrams damaged", 20),
    ("datagrams delayed", 20),
    ("datagrams doubled", 20),
    ("datagrams lost", 80),
    ("deaf hosts", 10),
    ("exchanges cut off", 80),
    ("freezes", 50),
    ("garbage", 50),
    ("isolations", 20),
    ("keys given up", 15),
    ("leaves", 100),
    ("machines off", 80),
    ("moves to another address", 30),
    ("mute hosts", 10),
    ("names not resolved", 3),
    ("one-way cuts", 40),
    ("partitions", 60),
    ("replays", 50),
    ("restarts", 100),
    ("second processes with one id", 5),
    ("segments lost", 80),
    ("shared addresses", 2),
    ("spells of damage", 20),
    ("spells of delay", 20),
    ("spells of duplicates", 20),
    ("spells of loss", 60),
    ("stalls", 40),
    ("updates", 250),
    ("wrong addresses", 2),
];

#[test]
fn members_agree_after_every_chaos() {
    let summary = sweep(0, SEEDS, THREADS);
    for failure in summary.failures.iter().take(10) {
        let seed = failure.seed;
        println!("seed {seed}: cargo run -p hypercache_sim --release -- --seed {seed} --trace");
        for violation in &failure.violations {
            println!("    {}: {}", violation.checker, violation.text);
        }
    }
    assert_eq!(summary.failures.len(), 0, "see the seeds above");
    assert_eq!(summary.runs, SEEDS);
    for (kind, least) in HAPPENED_MIN {
        let runs = summary.runs_with.get(kind).copied().unwrap_or_default();
        assert!(runs >= least, "{kind} in {runs} runs, at least {least}");
    }
    for theme in ["Chaos", "LossAlone", "Upgrade", "Quiet"] {
        assert!(summary.themes[theme] >= 10, "{theme}: {}", summary.themes[theme]);
    }
    // Healthy members are told as dead where they cannot be reached, or nothing would have been at stake.
    assert!(summary.false_deaths > 100, "{}", summary.false_deaths);
    for preset in Preset::ALL {
        let times = &summary.times[&preset];
        assert!(times.detection.len() >= 50, "{preset:?}: {}", times.detection.len());
        // No sooner than a suspicion lasts: a death that is told sooner was not the crash.
        let soonest = percentile(&times.detection, 0);
        assert!(u128::from(soonest) >= preset.timing().suspicion(1).as_millis(), "{preset:?}: {soonest} ms");
    }
}

#[test]
fn a_seed_runs_again_bit_for_bit() {
    let hashes: Vec<u64> = (0..12).map(|seed| World::run(seed, false).hash).collect();
    let again: Vec<u64> = (0..12).map(|seed| World::run(seed, false).hash).collect();
    assert_eq!(hashes, again);
    let distinct: std::collections::BTreeSet<&u64> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len(), "another seed is another run");
}
