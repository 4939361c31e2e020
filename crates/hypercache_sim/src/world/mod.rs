//! The world of a run: hosts, processes, a network, and one clock.

mod act;
mod finale;
mod follow;
mod state;
mod stream;
mod traffic;

pub use state::World;
