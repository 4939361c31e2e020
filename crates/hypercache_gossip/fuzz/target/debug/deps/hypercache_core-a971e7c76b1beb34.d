/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/hypercache_core-a971e7c76b1beb34.d: /work/main/crates/hypercache_core/src/lib.rs /work/main/crates/hypercache_core/src/error.rs /work/main/crates/hypercache_core/src/hash.rs /work/main/crates/hypercache_core/src/in_flight.rs /work/main/crates/hypercache_core/src/lru/mod.rs /work/main/crates/hypercache_core/src/lru/key.rs /work/main/crates/hypercache_core/src/lru/order.rs /work/main/crates/hypercache_core/src/node.rs /work/main/crates/hypercache_core/src/ring/mod.rs /work/main/crates/hypercache_core/src/ring/bounded.rs /work/main/crates/hypercache_core/src/ring/checksum.rs /work/main/crates/hypercache_core/src/ring/copies.rs /work/main/crates/hypercache_core/src/ring/distribution.rs /work/main/crates/hypercache_core/src/ring/draft.rs /work/main/crates/hypercache_core/src/ring/explain.rs /work/main/crates/hypercache_core/src/ring/flows.rs /work/main/crates/hypercache_core/src/ring/handle.rs /work/main/crates/hypercache_core/src/ring/metrics.rs /work/main/crates/hypercache_core/src/ring/movement.rs /work/main/crates/hypercache_core/src/ring/numbers.rs /work/main/crates/hypercache_core/src/ring/options.rs /work/main/crates/hypercache_core/src/ring/ownership.rs /work/main/crates/hypercache_core/src/ring/placement.rs /work/main/crates/hypercache_core/src/ring/plan.rs /work/main/crates/hypercache_core/src/ring/points.rs /work/main/crates/hypercache_core/src/ring/points/splice.rs /work/main/crates/hypercache_core/src/ring/reader.rs /work/main/crates/hypercache_core/src/ring/serialize.rs /work/main/crates/hypercache_core/src/ring/snapshot.rs /work/main/crates/hypercache_core/src/ring/stretches.rs /work/main/crates/hypercache_core/src/ring/table.rs /work/main/crates/hypercache_core/src/ring/watch.rs /work/main/crates/hypercache_core/src/ring/zones.rs /work/main/crates/hypercache_core/src/token.rs

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libhypercache_core-a971e7c76b1beb34.rmeta: /work/main/crates/hypercache_core/src/lib.rs /work/main/crates/hypercache_core/src/error.rs /work/main/crates/hypercache_core/src/hash.rs /work/main/crates/hypercache_core/src/in_flight.rs /work/main/crates/hypercache_core/src/lru/mod.rs /work/main/crates/hypercache_core/src/lru/key.rs /work/main/crates/hypercache_core/src/lru/order.rs /work/main/crates/hypercache_core/src/node.rs /work/main/crates/hypercache_core/src/ring/mod.rs /work/main/crates/hypercache_core/src/ring/bounded.rs /work/main/crates/hypercache_core/src/ring/checksum.rs /work/main/crates/hypercache_core/src/ring/copies.rs /work/main/crates/hypercache_core/src/ring/distribution.rs /work/main/crates/hypercache_core/src/ring/draft.rs /work/main/crates/hypercache_core/src/ring/explain.rs /work/main/crates/hypercache_core/src/ring/flows.rs /work/main/crates/hypercache_core/src/ring/handle.rs /work/main/crates/hypercache_core/src/ring/metrics.rs /work/main/crates/hypercache_core/src/ring/movement.rs /work/main/crates/hypercache_core/src/ring/numbers.rs /work/main/crates/hypercache_core/src/ring/options.rs /work/main/crates/hypercache_core/src/ring/ownership.rs /work/main/crates/hypercache_core/src/ring/placement.rs /work/main/crates/hypercache_core/src/ring/plan.rs /work/main/crates/hypercache_core/src/ring/points.rs /work/main/crates/hypercache_core/src/ring/points/splice.rs /work/main/crates/hypercache_core/src/ring/reader.rs /work/main/crates/hypercache_core/src/ring/serialize.rs /work/main/crates/hypercache_core/src/ring/snapshot.rs /work/main/crates/hypercache_core/src/ring/stretches.rs /work/main/crates/hypercache_core/src/ring/table.rs /work/main/crates/hypercache_core/src/ring/watch.rs /work/main/crates/hypercache_core/src/ring/zones.rs /work/main/crates/hypercache_core/src/token.rs

/work/main/crates/hypercache_core/src/lib.rs:
/work/main/crates/hypercache_core/src/error.rs:
/work/main/crates/hypercache_core/src/hash.rs:
/work/main/crates/hypercache_core/src/in_flight.rs:
/work/main/crates/hypercache_core/src/lru/mod.rs:
/work/main/crates/hypercache_core/src/lru/key.rs:
/work/main/crates/hypercache_core/src/lru/order.rs:
/work/main/crates/hypercache_core/src/node.rs:
/work/main/crates/hypercache_core/src/ring/mod.rs:
/work/main/crates/hypercache_core/src/ring/bounded.rs:
/work/main/crates/hypercache_core/src/ring/checksum.rs:
/work/main/crates/hypercache_core/src/ring/copies.rs:
/work/main/crates/hypercache_core/src/ring/distribution.rs:
/work/main/crates/hypercache_core/src/ring/draft.rs:
/work/main/crates/hypercache_core/src/ring/explain.rs:
/work/main/crates/hypercache_core/src/ring/flows.rs:
/work/main/crates/hypercache_core/src/ring/handle.rs:
/work/main/crates/hypercache_core/src/ring/metrics.rs:
/work/main/crates/hypercache_core/src/ring/movement.rs:
/work/main/crates/hypercache_core/src/ring/numbers.rs:
/work/main/crates/hypercache_core/src/ring/options.rs:
/work/main/crates/hypercache_core/src/ring/ownership.rs:
/work/main/crates/hypercache_core/src/ring/placement.rs:
/work/main/crates/hypercache_core/src/ring/plan.rs:
/work/main/crates/hypercache_core/src/ring/points.rs:
/work/main/crates/hypercache_core/src/ring/points/splice.rs:
/work/main/crates/hypercache_core/src/ring/reader.rs:
/work/main/crates/hypercache_core/src/ring/serialize.rs:
/work/main/crates/hypercache_core/src/ring/snapshot.rs:
/work/main/crates/hypercache_core/src/ring/stretches.rs:
/work/main/crates/hypercache_core/src/ring/table.rs:
/work/main/crates/hypercache_core/src/ring/watch.rs:
/work/main/crates/hypercache_core/src/ring/zones.rs:
/work/main/crates/hypercache_core/src/token.rs:
