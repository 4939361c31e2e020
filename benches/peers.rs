//! The same lookup on other rings: same number of nodes, same keys. `ratios` compares them round by round.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hypercache_benches::{KEY_COUNT, Keys, SIZES, check_spread, ketama, other, ours, virtual_nodes};

fn peers(criterion: &mut Criterion) {
    let keys = Keys::new(KEY_COUNT);
    let mut group = criterion.benchmark_group("peers");
    group.throughput(Throughput::Elements(KEY_COUNT as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for size in SIZES {
        let ours = ours(size).snapshot();
        let find = |key: &str| ours.owner(ours.token(key.as_bytes())).map(|slot| ours.node(slot));
        check_spread(size, keys.iter().map(|key| find(key).expect("nodes answer").id.clone()));
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            bencher.iter(|| keys.each(|key| find(key)));
        });

        let ring = ketama(size);
        check_spread(size, keys.iter().map(|key| ring.node(key.as_bytes())));
        group.bench_function(BenchmarkId::new("pingora-ketama", size), |bencher| {
            bencher.iter(|| keys.each(|key| ring.node(key.as_bytes())));
        });

        let ring = virtual_nodes(size);
        check_spread(size, keys.iter().map(|key| ring.get(&key).expect("nodes answer").id));
        group.bench_function(BenchmarkId::new("hashring", size), |bencher| {
            bencher.iter(|| keys.each(|key| ring.get(&key)));
        });

        let ring = other(size);
        check_spread(size, keys.iter().map(|key| *ring.get(key)));
        group.bench_function(BenchmarkId::new("consistent_hash_ring", size), |bencher| {
            bencher.iter(|| keys.each(|key| ring.get(key)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = peers
}
criterion_main!(benches);
