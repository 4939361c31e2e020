/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/chacha20poly1305-8032e89660713abd.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/cipher.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/../README.md

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libchacha20poly1305-8032e89660713abd.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/cipher.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/../README.md

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/cipher.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/chacha20poly1305-0.11.0/src/../README.md:
