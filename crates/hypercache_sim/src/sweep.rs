//! Many seeds, one after the other, on a few threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::checkers::{Violation, check, deaths};
use crate::preset::Preset;
use crate::world::World;

/// A seed whose run was not as it has to be.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What is wrong.
    pub violations: Vec<Violation>,
}

/// Times of many runs, in milliseconds of their worlds.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// From the end of all faults until all members agreed.
    pub convergence: Vec<u64>,
    /// From a crash in the calm until another member knew of it.
    pub detection: Vec<u64>,
    /// From a crash in the calm until all others knew of it.
    pub full_detection: Vec<u64>,
}

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many.
    pub runs: u64,
    /// How often what was wrong really was.
    pub faults: BTreeMap<&'static str, u64>,
    /// In how many runs it was.
    pub runs_with: BTreeMap<&'static str, u64>,
    /// Runs by what they were about.
    pub themes: BTreeMap<String, u64>,
    /// Times, by preset.
    pub times: BTreeMap<Preset, Times>,
    /// Deaths told of processes that lived: all of them during chaos.
    pub false_deaths: u64,
    /// What engines have not heeded, by the reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Most exchanges and most datagrams that one process began within a second.
    pub busiest: (u64, u64),
    /// Events of all worlds.
    pub events: u64,
    /// All that was wrong.
    pub failures: Vec<Failure>,
}

/// Runs all seeds from one on, on so many threads.
pub fn sweep(first: u64, count: u64, threads: usize) -> Summary {
    let next = AtomicU64::new(0);
    let work = || {
        let mut summary = Summary::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return summary;
            }
            summary.add(first + number);
        }
    };
    let mut all = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let parts = workers.into_iter().map(|worker| worker.join().expect("panics of runs are caught"));
        parts.fold(Summary::default(), Summary::merged)
    });
    all.failures.sort_by_key(|failure| failure.seed);
    all
}

/// The value that so many of a hundred do not exceed; 0 of nothing.
pub fn percentile(values: &[u64], percent: usize) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

impl Summary {
    fn add(&mut self, seed: u64) {
        self.runs += 1;
        let run = catch_unwind(AssertUnwindSafe(|| {
            let history = World::run(seed, false);
            let violations = check(&history);
            (history, violations)
        }));
        let Ok((history, violations)) = run else {
            let violations =
                vec![Violation { checker: "panic", text: "the engine or the world panicked".into() }];
            return self.failures.push(Failure { seed, violations });
        };
        add_all(&mut self.faults, &history.faults);
        add_all(&mut self.dropped, &history.measures.dropped);
        for kind in history.faults.keys() {
            *self.runs_with.entry(kind).or_default() += 1;
        }
        *self.themes.entry(format!("{:?}", history.plan.theme)).or_default() += 1;
        let times = self.times.entry(history.plan.preset).or_default();
        times.convergence.extend(&history.measures.convergence_ms);
        times.detection.extend(&history.measures.detection_ms);
        times.full_detection.extend(&history.measures.full_detection_ms);
        self.false_deaths += deaths::false_deaths(&history).len() as u64;
        self.busiest.0 = self.busiest.0.max(history.busiest.0);
        self.busiest.1 = self.busiest.1.max(history.busiest.1);
        self.events += history.measures.events;
        if !violations.is_empty() {
            self.failures.push(Failure { seed, violations });
        }
    }

    fn merged(mut self, other: Self) -> Self {
        self.runs += other.runs;
        add_all(&mut self.faults, &other.faults);
        add_all(&mut self.dropped, &other.dropped);
        add_all(&mut self.runs_with, &other.runs_with);
        add_all(&mut self.themes, &other.themes);
        for (preset, theirs) in other.times {
            let times = self.times.entry(preset).or_default();
            times.convergence.extend(theirs.convergence);
            times.detection.extend(theirs.detection);
            times.full_detection.extend(theirs.full_detection);
        }
        self.false_deaths += other.false_deaths;
        self.busiest.0 = self.busiest.0.max(other.busiest.0);
        self.busiest.1 = self.busiest.1.max(other.busiest.1);
        self.events += other.events;
        self.failures.extend(other.failures);
        self
    }
}

fn add_all<K: Ord + Clone>(counts: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (kind, count) in more {
        *counts.entry(kind.clone()).or_default() += count;
    }
}
