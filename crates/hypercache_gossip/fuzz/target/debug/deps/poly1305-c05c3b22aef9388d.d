/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/poly1305-c05c3b22aef9388d.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2/helpers.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/autodetect.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/soft.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/../README.md

/work/main/crates/hypercache_gossip/fuzz/target/debug/deps/libpoly1305-c05c3b22aef9388d.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2/helpers.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/autodetect.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/soft.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/../README.md

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/avx2/helpers.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/autodetect.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/backend/soft.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/poly1305-0.9.1/src/../README.md:
