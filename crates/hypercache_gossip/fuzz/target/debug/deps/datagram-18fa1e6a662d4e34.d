/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/datagram-18fa1e6a662d4e34.d: datagram.rs common.rs

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libdatagram-18fa1e6a662d4e34.rmeta: datagram.rs common.rs

datagram.rs:
common.rs:
