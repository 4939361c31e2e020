//! What the ring costs. One iteration of a lookup is 1,000,000 lookups of distinct keys: milliseconds read as
//! nanoseconds for one. Lookups here do not wait for each other, as in a batch.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hypercache_benches::{KEY_COUNT, Keys, SIZES, check_spread, id_of, options, ours, spec, specs};
use hypercache_core::{ReplicaScratch, Ring};

fn lookups(criterion: &mut Criterion) {
    let keys = Keys::new(KEY_COUNT);
    let mut group = criterion.benchmark_group("lookup");
    group.throughput(Throughput::Elements(KEY_COUNT as u64));
    group.sample_size(20).sampling_mode(SamplingMode::Flat);
    let hash = options().hash;
    group.bench_function("hash alone", |bencher| {
        bencher.iter(|| keys.iter().fold(0, |sum, key| sum ^ hash.token(key.as_bytes())));
    });
    for size in SIZES {
        let snapshot = ours(size).snapshot();
        check_spread(size, keys.iter().map(|key| id_of(&snapshot, key.as_bytes())));
        group.bench_function(BenchmarkId::new("owner", size), |bencher| {
            bencher.iter(|| keys.each(|key| snapshot.owner(snapshot.token(key.as_bytes()))));
        });
        group.bench_function(BenchmarkId::new("owners, a batch", size), |bencher| {
            let tokens = || keys.iter().map(|key| snapshot.token(key.as_bytes()));
            bencher.iter(|| assert!(snapshot.owners(tokens(), drop_in)));
        });
        group.bench_function(BenchmarkId::new("3 replicas", size), |bencher| {
            let mut scratch = ReplicaScratch::default();
            bencher.iter(|| {
                keys.each(|key| {
                    let mut slots = [0; 3];
                    let found = snapshot.replicas(snapshot.token(key.as_bytes()), &mut slots, &mut scratch);
                    assert_eq!(found, 3);
                    slots
                });
            });
        });
    }
    group.finish();
}

fn drop_in(slot: u16) {
    black_box(slot);
}

fn changes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("change");
    for size in SIZES {
        let ring = ours(size);
        // Many ids in turn: with one, the processor would learn the way.
        let guests: Vec<_> = (0..1_024).map(|number| format!("guest{number:04}")).collect();
        let mut turn = guests.iter().cycle();
        group.bench_function(BenchmarkId::new("add and remove a node", size), |bencher| {
            bencher.iter(|| {
                let id = turn.next().expect("endless");
                ring.add_nodes(vec![spec(id)], 0.0).expect("a new node");
                ring.remove_nodes(&[id], 0.0).expect("a node of the ring");
            });
        });
        assert_eq!(ring.snapshot().checksum(), ours(size).snapshot().checksum());
    }
    group.sample_size(20).bench_function("1000 nodes at once", |bencher| {
        let nodes = specs(1_000);
        bencher.iter_with_large_drop(|| {
            let ring = Ring::new(options(), nodes.clone(), 0.0).expect("legal nodes");
            assert_eq!(ring.snapshot().point_count(), 256_000);
            ring
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = lookups, changes
}
criterion_main!(benches);
