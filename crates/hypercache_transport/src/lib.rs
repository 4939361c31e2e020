//! How messages travel between nodes, whatever they say: sealed in envelopes, each once, within bounds.
//!
//! Everything but the streams of the feature `tokio` does no I/O, so that engines and simulators use it too.

mod bounds;
mod envelope;
mod replay;
#[cfg(feature = "tokio")]
pub mod streams;
mod target;
mod window;

pub use bounds::{DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX};
pub use envelope::{ENVELOPE_BYTES_MAX, KEYS_MAX, Purpose, Refused, Sealer};
pub use replay::ReplayGuard;
pub use target::Target;
pub use window::ReceiveWindow;
