/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/hypercache_gossip-bc55732bd95b4434.d: /work/main/crates/hypercache_gossip/src/lib.rs /work/main/crates/hypercache_gossip/src/checked.rs /work/main/crates/hypercache_gossip/src/driver/mod.rs /work/main/crates/hypercache_gossip/src/driver/events.rs /work/main/crates/hypercache_gossip/src/driver/streams.rs /work/main/crates/hypercache_gossip/src/engine/mod.rs /work/main/crates/hypercache_gossip/src/engine/carrier.rs /work/main/crates/hypercache_gossip/src/engine/codec.rs /work/main/crates/hypercache_gossip/src/engine/effects.rs /work/main/crates/hypercache_gossip/src/engine/exchange.rs /work/main/crates/hypercache_gossip/src/engine/joining.rs /work/main/crates/hypercache_gossip/src/engine/learning.rs /work/main/crates/hypercache_gossip/src/engine/leaving.rs /work/main/crates/hypercache_gossip/src/engine/lives.rs /work/main/crates/hypercache_gossip/src/engine/notices.rs /work/main/crates/hypercache_gossip/src/engine/options.rs /work/main/crates/hypercache_gossip/src/engine/outbox.rs /work/main/crates/hypercache_gossip/src/engine/peer.rs /work/main/crates/hypercache_gossip/src/engine/replay.rs /work/main/crates/hypercache_gossip/src/engine/seeds.rs /work/main/crates/hypercache_gossip/src/engine/time.rs /work/main/crates/hypercache_gossip/src/engine/view.rs /work/main/crates/hypercache_gossip/src/envelope.rs /work/main/crates/hypercache_gossip/src/error.rs /work/main/crates/hypercache_gossip/src/heard.rs /work/main/crates/hypercache_gossip/src/identity.rs /work/main/crates/hypercache_gossip/src/message.rs /work/main/crates/hypercache_gossip/src/record.rs /work/main/crates/hypercache_gossip/src/timing.rs

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libhypercache_gossip-bc55732bd95b4434.rmeta: /work/main/crates/hypercache_gossip/src/lib.rs /work/main/crates/hypercache_gossip/src/checked.rs /work/main/crates/hypercache_gossip/src/driver/mod.rs /work/main/crates/hypercache_gossip/src/driver/events.rs /work/main/crates/hypercache_gossip/src/driver/streams.rs /work/main/crates/hypercache_gossip/src/engine/mod.rs /work/main/crates/hypercache_gossip/src/engine/carrier.rs /work/main/crates/hypercache_gossip/src/engine/codec.rs /work/main/crates/hypercache_gossip/src/engine/effects.rs /work/main/crates/hypercache_gossip/src/engine/exchange.rs /work/main/crates/hypercache_gossip/src/engine/joining.rs /work/main/crates/hypercache_gossip/src/engine/learning.rs /work/main/crates/hypercache_gossip/src/engine/leaving.rs /work/main/crates/hypercache_gossip/src/engine/lives.rs /work/main/crates/hypercache_gossip/src/engine/notices.rs /work/main/crates/hypercache_gossip/src/engine/options.rs /work/main/crates/hypercache_gossip/src/engine/outbox.rs /work/main/crates/hypercache_gossip/src/engine/peer.rs /work/main/crates/hypercache_gossip/src/engine/replay.rs /work/main/crates/hypercache_gossip/src/engine/seeds.rs /work/main/crates/hypercache_gossip/src/engine/time.rs /work/main/crates/hypercache_gossip/src/engine/view.rs /work/main/crates/hypercache_gossip/src/envelope.rs /work/main/crates/hypercache_gossip/src/error.rs /work/main/crates/hypercache_gossip/src/heard.rs /work/main/crates/hypercache_gossip/src/identity.rs /work/main/crates/hypercache_gossip/src/message.rs /work/main/crates/hypercache_gossip/src/record.rs /work/main/crates/hypercache_gossip/src/timing.rs

/work/main/crates/hypercache_gossip/src/lib.rs:
/work/main/crates/hypercache_gossip/src/checked.rs:
/work/main/crates/hypercache_gossip/src/driver/mod.rs:
/work/main/crates/hypercache_gossip/src/driver/events.rs:
/work/main/crates/hypercache_gossip/src/driver/streams.rs:
/work/main/crates/hypercache_gossip/src/engine/mod.rs:
/work/main/crates/hypercache_gossip/src/engine/carrier.rs:
/work/main/crates/hypercache_gossip/src/engine/codec.rs:
/work/main/crates/hypercache_gossip/src/engine/effects.rs:
/work/main/crates/hypercache_gossip/src/engine/exchange.rs:
/work/main/crates/hypercache_gossip/src/engine/joining.rs:
/work/main/crates/hypercache_gossip/src/engine/learning.rs:
/work/main/crates/hypercache_gossip/src/engine/leaving.rs:
/work/main/crates/hypercache_gossip/src/engine/lives.rs:
/work/main/crates/hypercache_gossip/src/engine/notices.rs:
/work/main/crates/hypercache_gossip/src/engine/options.rs:
/work/main/crates/hypercache_gossip/src/engine/outbox.rs:
/work/main/crates/hypercache_gossip/src/engine/peer.rs:
/work/main/crates/hypercache_gossip/src/engine/replay.rs:
/work/main/crates/hypercache_gossip/src/engine/seeds.rs:
/work/main/crates/hypercache_gossip/src/engine/time.rs:
/work/main/crates/hypercache_gossip/src/engine/view.rs:
/work/main/crates/hypercache_gossip/src/envelope.rs:
/work/main/crates/hypercache_gossip/src/error.rs:
/work/main/crates/hypercache_gossip/src/heard.rs:
/work/main/crates/hypercache_gossip/src/identity.rs:
/work/main/crates/hypercache_gossip/src/message.rs:
/work/main/crates/hypercache_gossip/src/record.rs:
/work/main/crates/hypercache_gossip/src/timing.rs:
