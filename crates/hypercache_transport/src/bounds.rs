//! How large what travels may be.

/// Most bytes of a message over a stream.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of a datagram: no fragments on any common network.
pub const DATAGRAM_BYTES_MAX: usize = 1_400;
