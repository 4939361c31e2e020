//! `cargo run -p hypercache_sim --release -- --seeds 10000`: runs seeds, and tells what came of them.

use std::process::ExitCode;
use std::time::Instant;

use hypercache_sim::{Failure, Plan, Preset, Summary, World, check, percentile, sweep};

const USAGE: &str = "usage: hypercache_sim [--seeds COUNT] [--from FIRST] [--threads COUNT]
       hypercache_sim --seed SEED [--trace]";
/// Failing seeds that are shown with what is wrong.
const FAILURES_SHOWN: usize = 20;

struct Options {
    seeds: u64,
    from: u64,
    threads: usize,
    seed: Option<u64>,
    is_traced: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let is_well = match options.seed {
        Some(seed) => run_one(seed, options.is_traced),
        None => run_many(&options),
    };
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let mut options = Options { seeds: 1_000, from: 0, threads, seed: None, is_traced: false };
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().ok_or(format!("{word} needs a number"))?;
            value.parse::<u64>().map_err(|_| format!("{word} needs a number, and not {value}"))
        };
        match word.as_str() {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--threads" => options.threads = number()?.clamp(1, 1_024) as usize,
            "--seed" => options.seed = Some(number()?),
            "--trace" => options.is_traced = true,
            _ => return Err(format!("{word} is unknown")),
        }
    }
    Ok(options)
}

fn run_one(seed: u64, is_traced: bool) -> bool {
    let plan = Plan::of(seed);
    let (theme, preset, count) = (plan.theme, plan.preset.name(), plan.member_count);
    let (calm_at, reap_after) = (plan.calm_at, plan.reap_after);
    println!(
        "seed {seed}: {theme:?}, {preset}, {count} members, calm at {calm_at:?}, reaped after {reap_after:?}"
    );
    let history = World::play(plan, is_traced);
    for (kind, count) in &history.faults {
        println!("  {count:>8} {kind}");
    }
    println!("  convergence {:?} ms, hash {:016x}", history.measures.convergence_ms, history.hash);
    let violations = check(&history);
    for violation in &violations {
        println!("WRONG {}: {}", violation.checker, violation.text);
    }
    violations.is_empty()
}

fn run_many(options: &Options) -> bool {
    let began = Instant::now();
    let summary = sweep(options.from, options.seeds, options.threads);
    let seconds = began.elapsed().as_secs_f64();
    println!("{} seeds from {} in {seconds:.1} s, {} events", summary.runs, options.from, summary.events);
    print_faults(&summary);
    print_times(&summary);
    for failure in summary.failures.iter().take(FAILURES_SHOWN) {
        print_failure(failure);
    }
    println!("{} of {} seeds failed", summary.failures.len(), summary.runs);
    summary.failures.is_empty()
}

fn print_faults(summary: &Summary) {
    println!("\n{:<26} {:>10} {:>8}", "what was wrong", "times", "in runs");
    for (kind, count) in &summary.faults {
        println!("{kind:<26} {count:>10} {:>8}", summary.runs_with[kind]);
    }
    println!("{:<26} {:>10}", "deaths told of the living", summary.false_deaths);
    println!("\n{:<26} {:>10}", "what was not heeded", "times");
    for (reason, count) in &summary.dropped {
        println!("{reason:<26} {count:>10}");
    }
    println!("\nthemes: {:?}; busiest second: {:?} exchanges, datagrams", summary.themes, summary.busiest);
}

fn print_times(summary: &Summary) {
    println!("\n{:<34} {:>7} {:>9} {:>9} {:>9}", "times in ms", "count", "p50", "p99", "max");
    for (preset, times) in &summary.times {
        let rows = [
            ("one member knows of a crash", &times.detection),
            ("all know of a crash", &times.full_detection),
            ("all agree after the last fault", &times.convergence),
        ];
        for (name, values) in rows {
            let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(values, percent));
            println!("{:<34} {:>7} {p50:>9} {p99:>9} {max:>9}", row_name(*preset, name), values.len());
        }
    }
    println!();
}

fn row_name(preset: Preset, name: &str) -> String {
    format!("{}: {name}", preset.name())
}

fn print_failure(failure: &Failure) {
    println!("seed {} failed: cargo run -p hypercache_sim --release -- --seed {0} --trace", failure.seed);
    for violation in failure.violations.iter().take(4) {
        println!("    {}: {}", violation.checker, violation.text);
    }
}
