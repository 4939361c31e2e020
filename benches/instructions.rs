//! How many instructions the ring takes. Unlike times, these repeat exactly, so a rise can fail a build.
#![allow(missing_docs, reason = "the macros make public modules without any")]

use std::hint::black_box;
use std::sync::Arc;

use hypercache_benches::{Keys, options, ours, spec, specs};
use hypercache_core::{
    NodeSpec, NodeStatus, PlannedChange, Reader, ReplicaScratch, Ring, RingOptions, Snapshot,
};
use iai_callgrind::{library_benchmark, library_benchmark_group, main};

/// Keys of one lookup benchmark: divide by it.
const LOOKUPS: usize = 1_000;

type Lookup = (Arc<Snapshot>, Keys, ReplicaScratch);

fn lookup_of(ring: &Ring) -> Lookup {
    let mut prepared = (ring.snapshot(), Keys::new(LOOKUPS), ReplicaScratch::default());
    // Once for warmth: the ring remembers ways, the scratch memory grows.
    walk(&mut prepared);
    prepared
}

fn walk((snapshot, keys, scratch): &mut Lookup) -> u64 {
    let mut slots = [0; 3];
    let found = |key: &str| snapshot.replicas(snapshot.token(key.as_bytes()), &mut slots, scratch) as u64;
    keys.iter().map(found).sum()
}

fn prepare(size: usize) -> Lookup {
    lookup_of(&ours(size))
}

fn prepare_zoned(size: usize) -> Lookup {
    let zoned = |(number, node)| NodeSpec { zone: Some(format!("zone{}", number % 3)), ..node };
    let nodes = specs(size).into_iter().enumerate().map(zoned).collect();
    lookup_of(&Ring::new(RingOptions { zone_aware: true, ..options() }, nodes, 0.0).expect("legal nodes"))
}

/// Fewer nodes answer than replicas are wanted.
fn prepare_mostly_dead(size: usize) -> Lookup {
    let mut nodes = specs(size);
    nodes.iter_mut().skip(2).for_each(|node| node.status = Some(NodeStatus::Dead));
    lookup_of(&Ring::new(options(), nodes, 0.0).expect("legal nodes"))
}

fn prepare_full(size: usize) -> Ring {
    let ring = ours(size);
    ring.add_nodes(vec![spec("guest")], 0.0).expect("a new node");
    ring
}

#[library_benchmark]
#[bench::five(args = (5), setup = prepare)]
#[bench::hundred(args = (100), setup = prepare)]
#[bench::thousand(args = (1_000), setup = prepare)]
fn lookup((snapshot, keys, scratch): Lookup) -> impl Sized {
    keys.each(|key| snapshot.owner(snapshot.token(key.as_bytes())));
    (snapshot, keys, scratch)
}

#[library_benchmark]
#[bench::five(args = (5), setup = prepare)]
#[bench::hundred(args = (100), setup = prepare)]
#[bench::thousand(args = (1_000), setup = prepare)]
#[bench::zoned_hundred(args = (100), setup = prepare_zoned)]
#[bench::two_of_hundred(args = (100), setup = prepare_mostly_dead)]
fn replicas(mut prepared: Lookup) -> impl Sized {
    black_box(walk(&mut prepared));
    prepared
}

#[library_benchmark]
#[bench::five(args = (5), setup = ours)]
#[bench::hundred(args = (100), setup = ours)]
#[bench::thousand(args = (1_000), setup = ours)]
fn add(ring: Ring) -> Ring {
    ring.add_nodes(vec![spec("guest")], 0.0).expect("a new node");
    ring
}

#[library_benchmark]
#[bench::five(args = (5), setup = prepare_full)]
#[bench::hundred(args = (100), setup = prepare_full)]
#[bench::thousand(args = (1_000), setup = prepare_full)]
fn remove(ring: Ring) -> Ring {
    ring.remove_nodes(&["guest"], 0.0).expect("a node of the ring");
    ring
}

#[library_benchmark]
#[bench::five(args = (5), setup = specs)]
#[bench::thousand(args = (1_000), setup = specs)]
fn build(nodes: Vec<NodeSpec>) -> Ring {
    Ring::new(options(), nodes, 0.0).expect("legal nodes")
}

type Read = (Reader, Keys);

fn prepare_reader(size: usize) -> Read {
    (Reader::new(ours(size).into()), Keys::new(LOOKUPS))
}

// A lookup through a reader as it would be without counters.
#[library_benchmark]
#[bench::five(args = (5), setup = prepare_reader)]
fn read((mut reader, keys): Read) -> impl Sized {
    keys.each(|key| {
        let token = reader.token(key.as_bytes())?;
        reader.snapshot().owner(token)
    });
    (reader, keys)
}

// The same as it is.
#[library_benchmark]
#[bench::five(args = (5), setup = prepare_reader)]
fn read_counted((mut reader, keys): Read) -> impl Sized {
    keys.each(|key| {
        let token = reader.token(key.as_bytes())?;
        reader.owner(token)
    });
    (reader, keys)
}

#[library_benchmark]
#[bench::five(args = (5), setup = ours)]
#[bench::thousand(args = (1_000), setup = ours)]
fn plan(ring: Ring) -> impl Sized {
    let change = PlannedChange { add: vec![spec("guest")], ..PlannedChange::default() };
    (ring.plan(change, 0.0).expect("a new node"), ring)
}

library_benchmark_group!(
    name = ring;
    benchmarks = lookup, read, read_counted, replicas, add, remove, build, plan
);
main!(library_benchmark_groups = ring);
