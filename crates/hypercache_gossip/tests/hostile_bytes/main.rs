//! Bytes from outside: from strangers they change nothing and are counted; from members gone mad they make
//! nobody panic.

mod bounds;
mod costs;
mod forge;
mod identities;
mod memory;
mod network;
mod storms;

/// The seed of this run: that of the environment, or another one each time. Says how to run it again.
fn seed() -> u64 {
    const NAME: &str = "HYPERCACHE_SEED";
    let seed = std::env::var(NAME).map_or_else(|_| fastrand::u64(..), |text| text.parse().expect(NAME));
    println!("again: {NAME}={seed} cargo test -p hypercache_gossip --test hostile_bytes");
    seed
}
