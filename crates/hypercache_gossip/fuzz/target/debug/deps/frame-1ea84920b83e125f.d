/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/frame-1ea84920b83e125f.d: frame.rs common.rs

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libframe-1ea84920b83e125f.rmeta: frame.rs common.rs

frame.rs:
common.rs:
