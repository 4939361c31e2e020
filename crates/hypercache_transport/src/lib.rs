//! What travels between nodes, whatever it says: sealed, framed, and heeded once.
//!
//! * [`Sealer`] puts messages into envelopes that only the cluster opens.
//! * [`ReplayGuard`] knows which datagrams have come.
//! * With the feature `driver`, [`streams`] asks over TCP and answers. Nothing else does I/O.

mod envelope;
mod heard;
mod replay;
#[cfg(feature = "driver")]
pub mod streams;
mod target;

pub use envelope::{ENVELOPE_BYTES_MAX, KEYS_MAX, Purpose, Refused, Sealer};
pub use heard::Heard;
pub use replay::ReplayGuard;
pub use target::Target;

/// Most bytes of a message over a stream.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of a datagram: no fragments on any common network.
pub const DATAGRAM_BYTES_MAX: usize = 1_400;
