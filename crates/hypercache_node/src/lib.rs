//! A node that runs: one task that owns the engine of gossip, and gives it sockets, time and the application.

mod error;
mod events;
mod gossip;
mod locked;

pub use error::Error;
pub use gossip::{Gossip, Sockets, random_seed};
